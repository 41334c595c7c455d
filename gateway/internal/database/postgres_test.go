//go:build postgres

package database_test

import (
	"bytes"
	"context"
	"database/sql"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/waymark-ledger/waymark/gateway/internal/database"
	"github.com/waymark-ledger/waymark/gateway/internal/database/databasetest"
)

func TestPostgres(t *testing.T) {
	conform(t, databasetest.Postgres)
	belongs(t, databasetest.PostgresConfig)
}

// A server, database, role or connection string that has commits wait for nothing is overruled.
func TestCommitsAreSynchronous(t *testing.T) {
	c := databasetest.PostgresConfig(t)
	dsn, err := os.ReadFile(c.PostgresFile)
	if err != nil {
		t.Fatal(err)
	}
	dsn = append(bytes.TrimSpace(dsn), " synchronous_commit=off"...)
	if err := os.WriteFile(c.PostgresFile, dsn, 0o600); err != nil {
		t.Fatal(err)
	}
	raw, err := sql.Open("pgx", string(dsn))
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	off := func(db database.Statements) (setting string) {
		if err := db.QueryRowContext(t.Context(), "SHOW synchronous_commit").Scan(&setting); err != nil {
			t.Fatal(err)
		}
		return setting
	}
	_, err = raw.ExecContext(t.Context(), `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); END $$`)
	if err != nil || off(raw) != "off" {
		t.Fatalf("it is not off: %v", err)
	}
	db := prepared(t, c)
	err = db.View(t.Context(), func(_ context.Context, db database.Statements) error {
		if setting := off(db); setting != "on" {
			t.Errorf("it is %s", setting)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// A database that gateways of two members come to at once is of one of them.
func TestADatabaseIsWhoseComesFirst(t *testing.T) {
	c := databasetest.PostgresConfig(t)
	var mu sync.Mutex
	var group sync.WaitGroup
	won := make(map[string]bool)
	for i := range 6 {
		member := []string{"producer", "carrier"}[i%2]
		db := opened(t, owned(c, member, "waymark", "aa"))
		group.Go(func() {
			err := db.Prepare(t.Context())
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won[member] = true
			} else if !strings.Contains(err.Error(), "it is of member") {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if len(won) != 1 {
		t.Errorf("it is of %v", won)
	}
}
