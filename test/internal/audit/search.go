package audit

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"google.golang.org/protobuf/proto"
)

// minNeedle is the fewest bytes that a planted value may have: with fewer it, or what is
// left of it in base64, could be somewhere by chance. No form of it is shorter.
const minNeedle = 6

// Needle is a planted value in every form in which it could stand somewhere.
type Needle struct {
	Name  string
	forms [][]byte
}

// NewNeedle returns the needle of some bytes: as they are, in hex, and within base64 of
// either alphabet, of whatever they may be part of, also when that is base64 once more.
func NewNeedle(name string, value []byte) (Needle, error) {
	n := Needle{Name: name}
	if err := n.add(value); err != nil {
		return n, err
	}
	within := inBase64(value)
	for _, form := range within {
		if err := n.add(form); err != nil {
			return n, err
		}
		n.forms = append(n.forms, inBase64(form)...)
	}
	return n, nil
}

// add takes bytes and their hex.
func (n *Needle) add(value []byte) error {
	if len(value) < minNeedle {
		return fmt.Errorf("the needle %s has a form of %d bytes: plant something longer", n.Name, len(value))
	}
	text := hex.EncodeToString(value)
	n.forms = append(n.forms, value, []byte(text), []byte(strings.ToUpper(text)))
	return nil
}

// inBase64 is what there is of the value in base64 of anything that holds it, wherever in
// it the value begins: the digits that depend on the value alone.
func inBase64(value []byte) [][]byte {
	var forms [][]byte
	for shift := range 3 {
		padded := append(make([]byte, shift), value...)
		for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			text := encoding.EncodeToString(padded)
			first, last := (shift*8+5)/6, len(padded)*8/6
			forms = append(forms, []byte(text[first:last]))
		}
	}
	return forms
}

// Searcher looks for many needles at once.
type Searcher struct {
	begins map[[minNeedle]byte][]candidate // by the first bytes of a form
	first  [1 << 16]bool                   // the first two of those, to pass over most places fast
}

type candidate struct {
	name string
	form []byte
}

// NewSearcher returns a searcher for the needles.
func NewSearcher(needles []Needle) *Searcher {
	s := &Searcher{begins: map[[minNeedle]byte][]candidate{}}
	for _, n := range needles {
		for _, form := range n.forms {
			key := [minNeedle]byte(form)
			s.begins[key] = append(s.begins[key], candidate{n.Name, form})
			s.first[int(form[0])<<8|int(form[1])] = true
		}
	}
	return s
}

// Find returns the names of the needles that are in content, sorted, each once. The race detector,
// which would take most of the time of a search through gigabytes, has nothing to find in it: all
// that it reads is nobody's to change.
//
//go:norace
func (s *Searcher) Find(content []byte) []string {
	var found []string
	for at := 0; at+minNeedle <= len(content); at++ {
		if !s.first[int(content[at])<<8|int(content[at+1])] {
			continue
		}
		for _, c := range s.begins[[minNeedle]byte(content[at:])] {
			if bytes.HasPrefix(content[at:], c.form) {
				found = append(found, c.name)
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// RawBlocks calls visit with the bytes of each block of the peer, as it delivers them:
// all arguments, results, events, read sets and write sets are in there.
func (p *Peer) RawBlocks(ctx context.Context, visit func(number uint64, raw []byte) error) error {
	height, err := p.Height(ctx)
	if err != nil {
		return err
	}
	return p.Blocks(ctx, height, func(b *common.Block) error {
		raw, err := proto.Marshal(b)
		if err != nil {
			return fmt.Errorf("encode block %d of %s: %w", b.GetHeader().GetNumber(), p.Member, err)
		}
		return visit(b.GetHeader().GetNumber(), raw)
	})
}

// FindInFiles searches every regular file below dir but those that skip names, by their
// path from dir, and returns what is found by that path. searched counts the files.
func (s *Searcher) FindInFiles(dir string, skip func(path string) bool) (found map[string][]string, searched int, err error) {
	found = map[string][]string{}
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		relative, _ := filepath.Rel(dir, path)
		switch {
		case os.IsNotExist(err): // the processes go on working
			return nil
		case err != nil:
			return err
		case skip(relative) && entry.IsDir():
			return fs.SkipDir
		case skip(relative) || !entry.Type().IsRegular():
			return nil
		}
		content, err := os.ReadFile(path) //nolint:gosec // below the network's own folder
		if os.IsNotExist(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("search %s: %w", relative, err)
		}
		searched++
		if names := s.Find(content); len(names) > 0 {
			found[relative] = names
		}
		return nil
	})
	return found, searched, err
}
