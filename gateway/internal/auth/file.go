package auth

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// File authenticates tokens of ours against a file of entries and follows its changes:
// a token that is taken out of the file is refused from the next request on. It
// is safe for concurrent use.
type File struct {
	path string
	now  func() time.Time

	mu      sync.Mutex
	version os.FileInfo // of the content in tokens; nil before the first load
	read    time.Time   // when it was read
	tokens  map[hash]Entry
	changed func([]Change) // told of each change; nil at first
}

type hash = [sha256.Size]byte

// Open reads the tokens file at path. It fails when the file is missing or has
// an entry that is not valid.
func Open(path string) (*File, error) {
	f := &File{path: path, now: time.Now}
	if _, err := f.current(); err != nil {
		return nil, err
	}
	return f, nil
}

// Authenticate returns the caller whose token this is.
//
// Codes: Unauthenticated for a token that is not in the file, or that has expired;
// Unavailable when the file cannot be read, since then nobody can be let in.
func (f *File) Authenticate(text string) (Caller, error) {
	tokens, err := f.current()
	if err != nil {
		return Caller{}, unreadable(err)
	}
	e, ok := tokens[sha256.Sum256([]byte(text))] // how long a look-up of a hash takes tells nothing of a token
	if !ok {
		return Caller{}, unknown()
	}
	if !f.now().Before(e.Expires) {
		return Caller{}, waymark.Errorf(waymark.Unauthenticated, "the token has expired")
	}
	return Caller{ID: e.CallerID(), Identity: ledger.Identity(e.Identity)}, nil
}

// settled is how old a file must be before an equal time and size mean that it
// has not changed: a second write within one tick of the clock leaves both. One of the
// future cannot be of the tick in which it was read either.
const settled = time.Second

// current returns the tokens of the file as it is now.
func (f *File) current() (map[hash]Entry, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	info, err := os.Stat(f.path)
	if err != nil {
		return nil, fmt.Errorf("tokens file: %w", err)
	}
	if f.unchanged(info) {
		return f.tokens, nil
	}
	now := time.Now()
	tokens, err := load(f.path)
	if err != nil {
		f.version = nil
		return nil, err
	}
	changes := compare(f.tokens, tokens)
	f.version, f.read, f.tokens = info, now, tokens
	if f.changed != nil && len(changes) > 0 {
		f.changed(changes)
	}
	return tokens, nil
}

func (f *File) unchanged(info os.FileInfo) bool {
	v := f.version
	return v != nil && os.SameFile(v, info) && v.Size() == info.Size() && v.ModTime().Equal(info.ModTime()) &&
		f.read.Sub(info.ModTime()).Abs() > settled
}

func load(path string) (map[hash]Entry, error) {
	entries, err := readEntries(path)
	if err != nil {
		return nil, err
	}
	tokens := make(map[hash]Entry, len(entries))
	for i, e := range entries {
		var sum hash
		if _, err := hex.Decode(sum[:], []byte(e.SHA256)); err != nil {
			return nil, fmt.Errorf("tokens file %s: entry %d: %w", path, i, err)
		}
		tokens[sum] = e
	}
	return tokens, nil
}

// maxFile bounds the tokens file, in bytes: some 20,000 tokens.
const maxFile = 4 << 20

func readEntries(path string) ([]Entry, error) {
	file, err := os.Open(path) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, fmt.Errorf("tokens file: %w", err)
	}
	data, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, fmt.Errorf("tokens file: %w", err)
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("tokens file %s: is larger than %d bytes", path, maxFile)
	}
	entries, err := parseEntries(data)
	if err != nil {
		return nil, fmt.Errorf("tokens file %s: %w", path, err)
	}
	return entries, nil
}

func parseEntries(data []byte) ([]Entry, error) {
	var entries []Entry
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&entries); err != nil {
		return nil, fmt.Errorf("decode: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is something after the list")
	}
	seen := make(map[string]bool, 2*len(entries))
	for i, e := range entries {
		if err := e.Validate(); err != nil {
			return nil, fmt.Errorf("entry %d: %w", i, err)
		}
		if seen[e.Name] || seen[e.SHA256] {
			return nil, fmt.Errorf("entry %d: the name %q or its hash is there twice", i, e.Name)
		}
		seen[e.Name], seen[e.SHA256] = true, true
	}
	return entries, nil
}
