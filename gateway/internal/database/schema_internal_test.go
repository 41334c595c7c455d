package database

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// TestAnOldModelIsMadeAnew: with any migration that it has not, also one between others, and with any version, if it is the owner's; and
// one of a later version is left as it is.
func TestAnOldModelIsMadeAnew(t *testing.T) {
	c := Config{Kind: Model, SQLite: filepath.Join(t.TempDir(), "model.db"), Owner: Owner{Member: "producer"}}
	prepared := func(c Config) (*DB, error) {
		db := opened(t, c)
		return db, db.Prepare(t.Context())
	}
	blocks := func(db *DB) (n int) {
		t.Helper()
		if err := db.read.QueryRowContext(t.Context(), "SELECT height FROM checkpoint").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	const fewer = "DELETE FROM goose_db_version WHERE version_id = 3; DROP TABLE hours; DROP TABLE readings; DROP TABLE series; DROP TABLE measurements"
	for _, tt := range []struct {
		change string
		want   int
		code   waymark.Code
	}{
		{change: "SELECT 1", want: 7},
		{change: fewer},
		{change: "UPDATE checkpoint SET version = version - 1"},
		{change: fmt.Sprintf("UPDATE checkpoint SET version = %d", ModelVersion+1), want: 7, code: waymark.Unavailable},
	} {
		db, err := prepared(c)
		if err != nil {
			t.Fatal(err)
		}
		for _, statement := range []string{"UPDATE checkpoint SET height = 7", tt.change} {
			if _, err := db.write.ExecContext(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
		if tt.want == 0 {
			if db, err := prepared(Config{Kind: Model, SQLite: c.SQLite, Owner: Owner{Member: "carrier"}}); err == nil || blocks(db) != 7 {
				t.Errorf("another's is taken: %v", err)
			}
		}
		again, err := prepared(c)
		if waymark.CodeOf(err) != tt.code || err != nil && tt.code == "" || blocks(again) != tt.want {
			t.Errorf("%s: %d blocks, %v", tt.change, blocks(again), err)
		}
	}
}

// TestEmpty: a model of SQLite is made anew whatever is in its files, unless another uses or owns them.
func TestEmpty(t *testing.T) {
	for name, tt := range map[string]struct {
		do   func(t *testing.T, path string)
		by   string // member
		want bool
	}{
		"there is none":              {do: func(*testing.T, string) {}, by: "producer", want: true},
		"a whole one":                {do: whole, by: "producer", want: true},
		"another's":                  {do: whole, by: "carrier"},
		"a torn one":                 {do: torn, by: "producer", want: true},
		"not of SQLite":              {do: scribbled, by: "producer", want: true},
		"a whole one that is in use": {do: func(t *testing.T, path string) { whole(t, path); used(t, path) }, by: "producer", want: true},
		"a torn one that is in use":  {do: func(t *testing.T, path string) { torn(t, path); used(t, path) }, by: "producer"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "model.db")
			tt.do(t, path)
			db := opened(t, Config{Kind: Model, SQLite: path, Owner: Owner{Member: tt.by}})
			if err := db.Empty(t.Context()); (err == nil) != tt.want {
				t.Fatalf("got %v", err)
			}
			if !tt.want {
				return
			}
			var height, version int64
			err := db.View(t.Context(), func(ctx context.Context, s Statements) error {
				return s.QueryRowContext(ctx, "SELECT height, version FROM checkpoint").Scan(&height, &version)
			})
			if err != nil || height != 0 || version != ModelVersion {
				t.Errorf("%d blocks of version %d, %v", height, version, err)
			}
		})
	}
	db := opened(t, Config{Kind: Requests, SQLite: filepath.Join(t.TempDir(), "requests.db")})
	if err := db.Empty(t.Context()); err == nil {
		t.Error("what callers were told is gone")
	}
}

func opened(t *testing.T, c Config) *DB {
	t.Helper()
	db, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// whole leaves a model of 7 blocks.
func whole(t *testing.T, path string) {
	t.Helper()
	db := opened(t, Config{Kind: Model, SQLite: path, Owner: Owner{Member: "producer"}})
	if err := db.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := db.write.ExecContext(t.Context(), "UPDATE checkpoint SET height = 7"); err != nil {
		t.Fatal(err)
	}
}

// torn leaves the file of a model, of which a crash took all but the first page.
func torn(t *testing.T, path string) {
	t.Helper()
	from := filepath.Join(t.TempDir(), "whole.db")
	db, err := Open(Config{Kind: Model, SQLite: from, Owner: Owner{Member: "producer"}})
	if err == nil {
		err = errors.Join(db.Prepare(t.Context()), db.Close())
	}
	content, errRead := os.ReadFile(from)
	if err := errors.Join(err, errRead); err != nil || len(content) < 10_000 {
		t.Fatalf("%d bytes, %v", len(content), err)
	}
	if err := os.WriteFile(path, content[:5000], 0o600); err != nil {
		t.Fatal(err)
	}
}

func scribbled(t *testing.T, path string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// used holds the file as a gateway does that runs.
func used(t *testing.T, path string) {
	t.Helper()
	if alone, err := opened(t, Config{Kind: Model, SQLite: path}).Exclusive(); err != nil || !alone {
		t.Fatalf("%t, %v", alone, err)
	}
}
