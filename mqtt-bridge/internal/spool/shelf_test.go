package spool_test

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
)

func shelf(t *testing.T, s *spool.Spool, of spool.Shelf) (map[string]string, int) {
	t.Helper()
	all := map[string]string{}
	damaged, err := s.Each(of, func(key string, value []byte) error {
		all[key] = string(value)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all, damaged
}

func TestShelvesOutliveTheProcess(t *testing.T) {
	dir := t.TempDir()
	s, err := spool.Open(dir, roomy())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Write([]spool.Change{
		{Shelf: spool.ShelfCommands, Key: "a", Value: []byte("one")},
		{Shelf: spool.ShelfCommands, Key: "b", Value: []byte("a value of some length")},
		{Shelf: spool.ShelfFollowed, Key: "a", Value: []byte("17:0:0")},
		{Shelf: spool.ShelfCommands, Key: "a"},
		{Shelf: spool.ShelfCommands, Key: "never there"},
	}); err != nil {
		t.Fatal(err)
	}
	if err := s.Write([]spool.Change{{Shelf: spool.ShelfPresence, Key: "p", Value: []byte("x")}, {Shelf: spool.ShelfPresence, Key: "", Value: []byte("x")}}); err == nil {
		t.Error("a change without a key was made")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "spool.db")
	for _, step := range []struct {
		spoil   bool
		want    map[string]string
		damaged int
	}{
		{false, map[string]string{"b": "a value of some length"}, 0},
		{true, map[string]string{}, 1},
	} {
		if step.spoil {
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, bytes.ReplaceAll(raw, []byte("some length"), []byte("sume length")), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if s, err = spool.Open(dir, roomy()); err != nil {
			t.Fatal(err)
		}
		if got, damaged := shelf(t, s, spool.ShelfCommands); !maps.Equal(got, step.want) || damaged != step.damaged {
			t.Errorf("commands %v, %d damaged", got, damaged)
		}
		if got, _ := shelf(t, s, spool.ShelfPresence); len(got) != 0 {
			t.Errorf("half of a change was made: %v", got)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
