package spool

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/boltfile/boltfiletest"
)

// history is the file after each commit, and how many messages were acknowledged then.
type history struct {
	files [][]byte
	acks  []int
}

func record(t *testing.T) history {
	t.Helper()
	s := mustOpen(t, t.TempDir())
	var h history
	note := func(acks int) {
		raw, err := os.ReadFile(s.path)
		if err != nil {
			t.Fatal(err)
		}
		h.files, h.acks = append(h.files, raw), append(h.acks, acks)
	}
	note(0)
	for i := range 60 {
		m := message(1, fmt.Sprintf("message %03d", i))
		if i%9 == 4 {
			m.Payload = append(m.Payload, make([]byte, 9000)...)
		}
		if _, err := s.Append([]Message{m, message(2, fmt.Sprintf("other %03d", i))}); err != nil {
			t.Fatal(err)
		}
		note(i + 1)
		if i%4 != 3 {
			continue
		}
		entries, err := s.Oldest(ShardOf("logger-2"), 3, 1<<20, nil) // makes pages free
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if err := s.Settle(ShardOf("logger-2"), []Settlement{{Number: e.Number}}); err != nil {
				t.Fatal(err)
			}
			note(i + 1)
		}
	}
	return h
}

func TestPowerLossAtAnyWrite(t *testing.T) {
	h := record(t)
	dir := t.TempDir()
	random := rand.New(rand.NewPCG(3, 4))
	torn := 0
	for i := range len(h.files) - 1 {
		for range 4 {
			if err := os.WriteFile(filepath.Join(dir, fileName), boltfiletest.Lose(random, h.files[i], h.files[i+1]), 0o600); err != nil {
				t.Fatal(err)
			}
			s, err := Open(dir, roomy())
			if err != nil {
				t.Fatalf("commit %d: %v", i, err)
			}
			if s.Found().Torn {
				torn++
			}
			entries, err := s.Oldest(ShardOf("logger-1"), 1000, 1<<20, nil)
			if err != nil || len(entries) < h.acks[i] || len(entries) > h.acks[i+1] {
				t.Fatalf("commit %d: %d of %d acknowledged are there: %v", i, len(entries), h.acks[i], err)
			}
			for n, e := range entries {
				if want := fmt.Sprintf("message %03d", n); e.Corrupt || string(e.Payload[:len(want)]) != want {
					t.Fatalf("commit %d: entry %d is %.20q", i, n, e.Payload)
				}
			}
			if _, err := s.Append([]Message{message(1, "more")}); err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if torn == 0 {
		t.Error("no meta page was torn")
	}
}

// A power loss while the first file is made leaves none, or a whole one.
func TestHalfAFileOfItsOtherName(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, fileName+".new"), make([]byte, 5000), 0o600); err != nil {
		t.Fatal(err)
	}
	s := mustOpen(t, dir)
	if _, err := s.Append([]Message{message(1, "a")}); err != nil {
		t.Fatal(err)
	}
}
