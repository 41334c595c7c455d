package database_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/waymark-ledger/waymark/gateway/internal/database"
	"github.com/waymark-ledger/waymark/gateway/internal/database/databasetest"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestSQLite(t *testing.T) {
	conform(t, databasetest.SQLite)
	belongs(t, databasetest.SQLiteConfig)
}

// conform holds a database to what it promises.
func conform(t *testing.T, open databasetest.Opener) {
	t.Run("what arrives together is written, each by itself", func(t *testing.T) { together(t, open(t)()) })
	t.Run("several processes", func(t *testing.T) { several(t, open(t)) })
	t.Run("what an older version wrote is kept", func(t *testing.T) { upgraded(t, open(t)) })
	t.Run("nobody waits without end", func(t *testing.T) { cancelled(t, open(t)()) })
	t.Run("statements are queued", func(t *testing.T) { queued(t, open(t)()) })
}

var errOdd = errors.New("odd")

// beat writes a row, and fails after it if it is told to.
func beat(db *database.DB, ctx context.Context, id string, n int, failing bool) error {
	return db.Update(ctx, func(ctx context.Context, tx database.Statements) error {
		if _, err := tx.ExecContext(ctx, "INSERT INTO gateways (id, beat) VALUES ($1, $2)", id, n); err != nil {
			return err
		}
		if failing {
			return errOdd
		}
		return nil
	})
}

func ids(t *testing.T, db *database.DB) map[string]int {
	t.Helper()
	found := make(map[string]int)
	err := db.View(t.Context(), func(ctx context.Context, db database.Statements) error {
		rows, err := db.QueryContext(ctx, "SELECT id, beat FROM gateways")
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id string
			var n int
			if err := rows.Scan(&id, &n); err != nil {
				return err
			}
			found[id] = n
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func together(t *testing.T, db *database.DB) {
	const n = 100
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() {
			err := beat(db, t.Context(), fmt.Sprint(i), i, i%2 == 1)
			if odd := errors.Is(err, errOdd); odd != (i%2 == 1) || err != nil && !odd {
				t.Errorf("%d: %v", i, err)
			}
		})
	}
	group.Wait()
	if found := ids(t, db); len(found) != n/2 || found["42"] != 42 {
		t.Errorf("%d rows: %v", len(found), found)
	}
	if err := beat(db, t.Context(), "42", 0, false); err == nil {
		t.Error("the same row twice")
	}
}

func several(t *testing.T, open func() *database.DB) {
	dbs := []*database.DB{open(), open(), open()}
	var group sync.WaitGroup
	for i, db := range dbs {
		for j := range 20 {
			group.Go(func() {
				if err := beat(db, t.Context(), fmt.Sprint(i, "-", j), j, false); err != nil {
					t.Error(err)
				}
			})
		}
	}
	group.Wait()
	if found := ids(t, dbs[0]); len(found) != 60 {
		t.Errorf("%d rows", len(found))
	}
}

// upgraded opens a database as the first version left it, with a request in it.
func upgraded(t *testing.T, open func() *database.DB) {
	err := open().Update(t.Context(), func(ctx context.Context, tx database.Statements) error {
		for _, statement := range []string{
			"DROP TABLE owner",
			"DROP TABLE kept",
			"DROP TABLE dead_letters",
			"DROP TABLE webhooks",
			"DROP TABLE leases",
			"DROP TABLE cursor_key",
			"DROP TABLE caller_leases",
			"ALTER TABLE requests DROP COLUMN operation",
			"ALTER TABLE transactions DROP COLUMN signed",
			"DELETE FROM goose_db_version WHERE version_id > 1",
			`INSERT INTO requests (id, caller, digest, gateway, state, tx_id, whole, status, location, answer_tx, answer_block, ended_at)
				VALUES ('r1', 'erp', '\x00', 'g1', 'pending', 't1', 1, 201, '/v1/things/1', '', 0, 0)`,
			`INSERT INTO requests (id, caller, digest, gateway, state, tx_id, whole, status, location, answer_tx, answer_block, ended_at)
				VALUES ('r2', 'erp', '\x00', '', 'done', 't2', 1, 201, '/v1/things/2', 't2', 7, 1)`,
		} {
			if _, err := tx.ExecContext(ctx, statement); err != nil {
				return fmt.Errorf("%s: %w", statement, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var location, operation string
	var kept int
	err = open().View(t.Context(), func(ctx context.Context, db database.Statements) error {
		return db.QueryRowContext(ctx, "SELECT location, operation, bytes FROM requests r JOIN kept k ON k.caller = r.caller WHERE id = 'r1'").
			Scan(&location, &operation, &kept)
	})
	if err != nil || location != "/v1/things/1" || operation != "" || kept != 1024+len(location) {
		t.Errorf("got %q %q %d %v", location, operation, kept, err)
	}
}

// cancelled holds the writer, so that the next one cannot begin.
func cancelled(t *testing.T, db *database.DB) {
	held, release, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- db.Update(t.Context(), func(context.Context, database.Statements) error {
			close(held)
			<-release
			return nil
		})
	}()
	<-held
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := beat(db, ctx, "late", 1, false); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	close(release)
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if found := ids(t, db); len(found) != 0 {
		t.Errorf("what was given up was written: %v", found)
	}
}

func TestUnprepared(t *testing.T) {
	db, err := database.Open(database.Config{Kind: database.Requests, SQLite: filepath.Join(t.TempDir(), "none", "x.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Prepare(t.Context()); err == nil {
		t.Error("a folder that is not there")
	}
	if err := beat(db, t.Context(), "x", 1, false); err == nil {
		t.Error("written into nothing")
	}
	if err := db.View(t.Context(), func(context.Context, database.Statements) error { return nil }); err == nil {
		t.Error("read from nothing")
	}
}

// Who asks whether a server that hangs is there waits no longer than it will, also while
// another waits for the same.
func TestPrepareKeepsToItsContext(t *testing.T) {
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	file := filepath.Join(t.TempDir(), "dsn")
	if err := os.WriteFile(file, []byte("postgres://me@"+listener.Addr().String()+"/x?sslmode=disable"), 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := database.Open(database.Config{Kind: database.Requests, PostgresFile: file})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	first, giveUp := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- db.Prepare(first) }()
	conn, err := listener.Accept() // and not a word to it
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := db.Prepare(gone); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	select {
	case err := <-ended:
		t.Fatalf("the first had ended before: %v", err)
	default:
	}
	giveUp()
	if err := <-ended; err == nil {
		t.Error("prepared by a server that says nothing")
	}
}

// The connection string is a secret: what is wrong with it must not show it (ASVS 5.0: 16.5.1).
func TestConnectionStringIsNotTold(t *testing.T) {
	file := filepath.Join(t.TempDir(), "dsn")
	for _, content := range []string{"postgres://me:hunter2@host:port/x", "hunter2", "host=x port=hunter2"} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := database.Open(database.Config{Kind: database.Requests, PostgresFile: file})
		if err == nil || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), file) {
			t.Errorf("got %v", err)
		}
	}
	if _, err := database.Open(database.Config{Kind: database.Requests, PostgresFile: file + "x"}); err == nil {
		t.Error("no file")
	}
}

// What callers were answered is nobody else's to read.
func TestTheFileIsItsOwnersAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gateway.db")
	db, err := database.Open(database.Config{Kind: database.Requests, SQLite: path})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(path + "*")
	if err != nil || len(files) < 2 { // the file, and at least its log
		t.Fatalf("found %v, %v", files, err)
	}
	for _, f := range files {
		if info, err := os.Stat(f); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s is %v, %v", f, info.Mode(), err)
		}
	}
}
