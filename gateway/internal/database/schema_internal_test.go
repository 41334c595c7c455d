package database

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/pressly/goose/v3"
)

// TestAnOldModelIsMadeAnew: with any migration that it has not, also one between others, and if it is the owner's alone.
func TestAnOldModelIsMadeAnew(t *testing.T) {
	c := Config{Kind: Model, SQLite: filepath.Join(t.TempDir(), "model.db"), Owner: Owner{Member: "producer"}}
	prepared := func(c Config) (*DB, error) {
		db, err := Open(c)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
		return db, db.Prepare(t.Context())
	}
	blocks := func(db *DB) (n int) {
		t.Helper()
		if err := db.read.QueryRowContext(t.Context(), "SELECT height FROM checkpoint").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, forget := range []string{"", "DELETE FROM goose_db_version WHERE version_id = 3; DROP TABLE hours; DROP TABLE readings; DROP TABLE series; DROP TABLE measurements", "older"} {
		db, err := prepared(c)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.write.ExecContext(t.Context(), "UPDATE checkpoint SET height = 7"); err != nil {
			t.Fatal(err)
		}
		if forget == "older" {
			err = db.migrateBy(t.Context(), func(p *goose.Provider) error {
				_, err := p.DownTo(context.Background(), 2)
				return err
			})
		} else {
			_, err = db.write.ExecContext(t.Context(), forget)
		}
		if err != nil {
			t.Fatal(err)
		}
		if forget == "older" {
			if db, err := prepared(Config{Kind: Model, SQLite: c.SQLite, Owner: Owner{Member: "carrier"}}); err == nil || blocks(db) != 7 {
				t.Errorf("another's is taken: %v", err)
			}
		}
		again, err := prepared(c)
		if want := map[bool]int{true: 7}[forget == ""]; err != nil || blocks(again) != want {
			t.Errorf("%s: %d blocks, %v", forget, blocks(again), err)
		}
	}
}
