//go:build postgres

package database_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/gateway/internal/database"
	"github.com/waymark-ledger/waymark/gateway/internal/database/databasetest"
)

func TestPostgres(t *testing.T) { conform(t, databasetest.Postgres) }

// A server that acknowledges what it may lose is refused.
func TestPostgresMustBeDurable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "dsn")
	if err := os.WriteFile(file, []byte(os.Getenv(databasetest.Server)+" dbname=postgres synchronous_commit=off"), 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := database.Open(database.Config{PostgresFile: file})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Prepare(t.Context()); err == nil || !strings.Contains(err.Error(), "synchronous_commit") {
		t.Errorf("got %v", err)
	}
}
