//go:build postgres

package requests_test

import (
	"database/sql"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/gateway/internal/database"
	"github.com/waymark-ledger/waymark/gateway/internal/database/databasetest"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/requests"
)

func TestStoreInPostgres(t *testing.T) { conform(t, databasetest.Postgres) }

// TestPostgresClockSaysWhatIsOld, and no gateway's: that of this test's server is two days behind, and
// then it is not.
func TestPostgresClockSaysWhatIsOld(t *testing.T) {
	c := databasetest.PostgresConfig(t)
	dsn, err := os.ReadFile(c.PostgresFile)
	must(t, err)
	server, err := sql.Open("pgx", strings.TrimSpace(string(dsn)))
	must(t, err)
	defer server.Close()
	clock := func(behind string) {
		t.Helper()
		_, err := server.ExecContext(t.Context(), `CREATE OR REPLACE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS
			$$ SELECT pg_catalog.clock_timestamp() - interval '`+behind+`' $$`)
		must(t, err)
	}
	clock("48 hours")
	_, err = server.ExecContext(t.Context(), `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = public, pg_catalog', current_database()); END $$`)
	must(t, err)
	db, err := database.Open(c)
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	must(t, db.Prepare(t.Context()))
	s := requests.NewSQL(db)
	must(t, s.Begin(t.Context(), record("r1", "g1", "k"), step(1)))
	f := fate(1, ledger.Valid)
	must(t, s.Finish(t.Context(), "r1", "g1", requests.End{State: requests.Done, Fate: &f}))
	must(t, s.Keep(t.Context(), record("r2", "", "l")))
	if n, err := s.Prune(t.Context(), 24*time.Hour, 10); n != 0 || err != nil {
		t.Errorf("what ended a moment ago was forgotten: %d, %v", n, err)
	}
	clock("0 hours")
	if n, err := s.Prune(t.Context(), 24*time.Hour, 10); n != 2 || err != nil {
		t.Errorf("forgot %d, %v", n, err)
	}
}
