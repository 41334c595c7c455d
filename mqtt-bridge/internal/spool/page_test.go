package spool

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// FuzzFile looks at, salvages and then opens whatever a file may hold: nothing of it may end the process.
func FuzzFile(f *testing.F) {
	dir := f.TempDir()
	s, err := Open(dir, roomy())
	if err != nil {
		f.Fatal(err)
	}
	if _, err := s.Append([]Message{message(1, "a"), message(2, string(make([]byte, 5000)))}); err != nil {
		f.Fatal(err)
	}
	if err := s.Close(); err != nil {
		f.Fatal(err)
	}
	raw, err := os.ReadFile(s.path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw, 100, []byte{1})
	f.Add(raw[:5000], 0, []byte{})
	f.Add([]byte{}, 0, []byte{})
	f.Add(raw, 3*4096+8, []byte{2, 0, 255, 255, 255, 255, 255, 255})
	f.Fuzz(func(t *testing.T, raw []byte, at int, change []byte) {
		dir, changed := t.TempDir(), bytes.Clone(raw)
		if at >= 0 && at < len(changed) {
			copy(changed[at:], change)
		}
		if err := os.WriteFile(filepath.Join(dir, fileName), changed, 0o600); err != nil {
			t.Fatal(err)
		}
		if s, err := Open(dir, roomy()); err == nil {
			_ = s.Close()
		}
		if _, _, err := Salvage(dir, time.Unix(1, 0)); err != nil {
			t.Fatal(err)
		}
		s, err := Open(dir, roomy())
		if err != nil {
			t.Fatalf("what was salvaged cannot be opened: %v", err)
		}
		_ = s.Close()
	})
}
