// Package databasetest opens databases for tests.
package databasetest

import (
	"crypto/rand"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"github.com/waymark-ledger/waymark/gateway/internal/database"
)

// Opener opens a database of its own for a test: each call of what it returns opens the same
// one, as several gateways would. It is prepared, and closed when the test ends.
type Opener func(t *testing.T) func() *database.DB

// Of opens databases of a kind as open would.
func Of(kind database.Kind, config func(*testing.T) database.Config) Opener {
	return func(t *testing.T) func() *database.DB {
		t.Helper()
		c := config(t)
		c.Kind = kind
		return reopen(t, c)
	}
}

// SQLite makes a file.
func SQLite(t *testing.T) func() *database.DB { return reopen(t, SQLiteConfig(t)) }

// SQLiteConfig names a file that is not there yet.
func SQLiteConfig(t *testing.T) database.Config {
	t.Helper()
	return database.Config{Kind: database.Requests, SQLite: filepath.Join(t.TempDir(), "a file?x=1&mode=memory.db")}
}

// Server is the variable that names a PostgreSQL server in which databases may be made.
const Server = "WAYMARK_POSTGRES"

// Postgres makes a database in the server that WAYMARK_POSTGRES names (.ci/postgres starts one).
func Postgres(t *testing.T) func() *database.DB { return reopen(t, PostgresConfig(t)) }

// PostgresConfig makes a database as Postgres does.
func PostgresConfig(t *testing.T) database.Config {
	t.Helper()
	server := os.Getenv(Server)
	if server == "" {
		t.Fatalf("%s is not set: run make postgres", Server)
	}
	admin, err := sql.Open("pgx", server)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	name := "t" + rand.Text()
	if _, err := admin.ExecContext(t.Context(), fmt.Sprintf("CREATE DATABASE %q", name)); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "dsn")
	if err := os.WriteFile(file, []byte(server+" dbname="+name+"\n"), 0o600); err != nil { //nolint:gosec // a file of the test
		t.Fatal(err)
	}
	return database.Config{Kind: database.Requests, PostgresFile: file}
}

func reopen(t *testing.T, c database.Config) func() *database.DB {
	return func() *database.DB {
		t.Helper()
		db, err := database.Open(c)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
		if err := db.Prepare(t.Context()); err != nil {
			t.Fatal(err)
		}
		return db
	}
}
