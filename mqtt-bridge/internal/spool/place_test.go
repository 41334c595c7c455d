package spool_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/boltfile/boltfiletest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
)

// A file that loses its name while it is open takes nothing more, since that would be gone with the process. What it has
// goes on, and all of it once the file is back.
func TestAFileThatIsReplacedTakesNothingMore(t *testing.T) {
	for name, replace := range boltfiletest.Displacements() {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "spool")
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			s, path := open(t, dir, roomy()), filepath.Join(dir, "spool.db")
			appendAll(t, s, messages("a", "1", "2"))
			if err := errors.Join(s.InPlace(), replace(path)); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if n, err := s.Append(messages("a", "3")); n != 0 || !errors.Is(err, spool.ErrReplaced) || !errors.Is(s.InPlace(), spool.ErrReplaced) {
					t.Fatalf("stored %d: %v", n, err)
				}
			}
			entries := oldest(t, s, "a")
			if err := s.Settle(spool.ShardOf("a"), []spool.Settlement{{Number: entries[0].Number}}); err != nil || len(entries) != 2 {
				t.Errorf("of %d what waits does not go on: %v", len(entries), err)
			}
			if name != "moved" {
				return
			}
			if err := os.Rename(path+".moved", path); err != nil {
				t.Fatal(err)
			}
			appendAll(t, s, messages("a", "3"))
			if got := payloads(oldest(t, s, "a")); got != "2 3 " {
				t.Errorf("back in its place: %s", got)
			}
		})
	}
}

// Where there was a spool none is made in silence.
func TestAFileThatIsGoneIsMissed(t *testing.T) {
	dir := t.TempDir()
	path, mark := filepath.Join(dir, "spool.db"), filepath.Join(dir, "spool.made")
	for _, step := range []struct {
		name   string
		remove []string
		want   error
		made   bool
	}{
		{"a first start", nil, nil, true},
		{"a second", nil, nil, false},
		{"of a version that did not mark it", []string{mark}, nil, false},
		{"the file is gone", []string{path}, spool.ErrGone, false},
		{"and still", nil, spool.ErrGone, false},
		{"the operator begins anew", []string{mark}, nil, true},
	} {
		for _, name := range step.remove {
			if err := os.Remove(name); err != nil {
				t.Fatal(err)
			}
		}
		s, err := spool.Open(dir, roomy())
		if !errors.Is(err, step.want) {
			t.Fatalf("%s: %v, want %v", step.name, err, step.want)
		}
		if err != nil {
			continue
		}
		if found := s.Found(); found.Made != step.made || found.Unmarked != nil {
			t.Errorf("%s: %+v", step.name, found)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// A mark that cannot be made keeps nobody from starting.
func TestAMarkThatCannotBeMade(t *testing.T) {
	dir := t.TempDir()
	if err := open(t, dir, roomy()).Close(); err != nil {
		t.Fatal(err)
	}
	mark := filepath.Join(dir, "spool.made")
	if err := errors.Join(os.Remove(mark), os.Symlink(filepath.Join(dir, "nowhere", "spool.made"), mark)); err != nil {
		t.Fatal(err)
	}
	s := open(t, dir, roomy())
	if s.Found().Unmarked == nil {
		t.Error("it is not told")
	}
	appendAll(t, s, messages("a", "1"))
}
