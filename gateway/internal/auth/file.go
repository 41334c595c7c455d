package auth

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
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

// File authenticates tokens against a file of entries and follows its changes:
// a token that is taken out of the file is refused from the next request on. It
// is safe for concurrent use.
type File struct {
	path string

	mu      sync.Mutex
	version os.FileInfo // of the content in tokens; nil before the first load
	read    time.Time   // when it was read
	tokens  []token
}

type token struct {
	sum    [sha256.Size]byte
	caller Caller
}

// Open reads the tokens file at path. It fails when the file is missing or has
// an entry that is not valid.
func Open(path string) (*File, error) {
	f := &File{path: path}
	if _, err := f.current(); err != nil {
		return nil, err
	}
	return f, nil
}

// Authenticate returns the caller whose token this is.
//
// Codes: Unauthenticated for a token that is not in the file; Unavailable when
// the file cannot be read, since then nobody can be let in.
func (f *File) Authenticate(text string) (Caller, error) {
	tokens, err := f.current()
	if err != nil {
		return Caller{}, fmt.Errorf("%w (%w)", waymark.Errorf(waymark.Unavailable, "callers cannot be authenticated now"), err)
	}
	sum := sha256.Sum256([]byte(text))
	var caller Caller
	found := 0
	for _, t := range tokens { // all of them, so that the time tells nothing
		if subtle.ConstantTimeCompare(sum[:], t.sum[:]) == 1 {
			caller, found = t.caller, 1
		}
	}
	if found == 0 {
		return Caller{}, waymark.Errorf(waymark.Unauthenticated, "the token is not known here")
	}
	return caller, nil
}

// settled is how old a file must be before an equal time and size mean that it
// has not changed: a second write within one tick of the clock leaves both.
const settled = time.Second

// current returns the tokens of the file as it is now.
func (f *File) current() ([]token, error) {
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
	f.version, f.read, f.tokens = info, now, tokens
	return tokens, nil
}

func (f *File) unchanged(info os.FileInfo) bool {
	v := f.version
	return v != nil && os.SameFile(v, info) && v.Size() == info.Size() && v.ModTime().Equal(info.ModTime()) &&
		f.read.Sub(info.ModTime()) > settled
}

func load(path string) ([]token, error) {
	data, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, fmt.Errorf("tokens file: %w", err)
	}
	entries, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("tokens file %s: %w", path, err)
	}
	tokens := make([]token, len(entries))
	for i, e := range entries {
		tokens[i].caller = Caller{ID: e.ID, Identity: ledger.Identity(e.Role)}
		if _, err := hex.Decode(tokens[i].sum[:], []byte(e.SHA256)); err != nil {
			return nil, fmt.Errorf("tokens file %s: entry %d: %w", path, i, err)
		}
	}
	return tokens, nil
}

func parse(data []byte) ([]Entry, error) {
	var entries []Entry
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&entries); err != nil {
		return nil, fmt.Errorf("decode: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is something after the list")
	}
	seen := make(map[string]bool, len(entries))
	for i, e := range entries {
		if err := e.Validate(); err != nil {
			return nil, fmt.Errorf("entry %d: %w", i, err)
		}
		if seen[e.ID] {
			return nil, fmt.Errorf("entry %d: the id %q is there twice", i, e.ID)
		}
		seen[e.ID] = true
	}
	return entries, nil
}
