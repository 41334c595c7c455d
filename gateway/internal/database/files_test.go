package database_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/database"
	"github.com/waymark-ledger/waymark/gateway/internal/database/databasetest"
)

// TestNothingIsKeptInFilesThatAreGone: who writes to a file that has no name any more, or is not
// the one of that name, is told so, and what was acknowledged before is saved where it can be.
func TestNothingIsKeptInFilesThatAreGone(t *testing.T) {
	tests := []struct {
		name    string
		do      func(t *testing.T, path string)
		checked bool // before anything is written
		saved   bool
	}{
		{name: "the log is removed", do: func(t *testing.T, path string) { remove(t, path+"-wal") }, saved: true},
		{name: "the log is removed, and looked for first", do: func(t *testing.T, path string) { remove(t, path+"-wal") }, checked: true, saved: true},
		{name: "the log and its index are removed", do: func(t *testing.T, path string) { remove(t, path+"-wal", path+"-shm") }, saved: true},
		{name: "the log is another", do: func(t *testing.T, path string) { swap(t, path+"-wal") }},
		{name: "the database is removed", do: func(t *testing.T, path string) { remove(t, path) }},
		{name: "the database is another", do: func(t *testing.T, path string) { swap(t, path) }},
		{name: "the database is another, and looked for first", do: func(t *testing.T, path string) { swap(t, path) }, checked: true},
		{name: "all are removed", do: func(t *testing.T, path string) { remove(t, path, path+"-wal", path+"-shm") }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := databasetest.SQLiteConfig(t)
			db := prepared(t, c)
			if err := beat(db, t.Context(), "acknowledged", 1, false); err != nil {
				t.Fatal(err)
			}
			tt.do(t, c.SQLite)
			if tt.checked {
				_ = db.Prepare(t.Context()) // looked at below
			}
			if err := beat(db, t.Context(), "late", 1, false); err == nil {
				t.Error("acknowledged what is lost")
			}
			if err := db.Prepare(t.Context()); waymark.CodeOf(err) != waymark.Unavailable {
				t.Errorf("told %v", err)
			}
			if err := beat(db, t.Context(), "later", 1, false); waymark.CodeOf(err) != waymark.Unavailable {
				t.Errorf("told %v", err)
			}
			if tt.saved {
				if found := ids(t, prepared(t, database.Config{Kind: database.Requests, SQLite: copyOf(t, c.SQLite)})); found["acknowledged"] != 1 {
					t.Errorf("after a crash there is %v", found)
				}
			}
		})
	}
}

// TestFilesThatAreBack are used again.
func TestFilesThatAreBack(t *testing.T) {
	c := databasetest.SQLiteConfig(t)
	db := prepared(t, c)
	for _, suffix := range []string{"", "-wal"} {
		away := filepath.Join(filepath.Dir(c.SQLite), "away")
		if err := os.Rename(c.SQLite+suffix, away); err != nil {
			t.Fatal(err)
		}
		if err := db.Prepare(t.Context()); waymark.CodeOf(err) != waymark.Unavailable {
			t.Errorf("%q away: %v", suffix, err)
		}
		if err := os.Rename(away, c.SQLite+suffix); err != nil {
			t.Fatal(err)
		}
		if err := db.Prepare(t.Context()); err != nil {
			t.Errorf("%q back: %v", suffix, err)
		}
		if err := beat(db, t.Context(), "back"+suffix, 1, false); err != nil {
			t.Errorf("%q back: %v", suffix, err)
		}
	}
}

func remove(t *testing.T, paths ...string) {
	t.Helper()
	for _, path := range paths {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	}
}

// swap puts a copy of a file in its place.
func swap(t *testing.T, path string) {
	t.Helper()
	if err := os.Rename(copyOf(t, path), path); err != nil {
		t.Fatal(err)
	}
}

func copyOf(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "copy")
	if err := os.WriteFile(to, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return to
}
