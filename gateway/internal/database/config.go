package database

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// Kind is what a database is for, by which it has its schema.
type Kind string

// The kinds.
const (
	// Requests are what callers were told, which is nowhere else: a commit is on the disk.
	Requests Kind = "requests"
	// Model is made from the ledger: what a crash takes of it is read again. On PostgreSQL it has
	// a schema of its own, so that it can share a database with Requests.
	Model Kind = "model"
)

// Config names the database: exactly one of the two.
type Config struct {
	Kind         Kind
	SQLite       string // path of the file, which is made if there is none
	PostgresFile string // a file with the connection string (URL or key=value)
	Owner        Owner
	// CallerPercent is how many of the snapshots there can be at once one caller (share.As) can have; half of them if it is 0.
	CallerPercent int
}

// Bounds of the pools, and of every wait.
const (
	maxConns     = 16
	maxIdleConns = 4
	maxSnapshots = 4 // at once of SQLite
	maxOnServer  = 8 // and of PostgreSQL: the other connections are for what is written, and short
	connLifetime = 30 * time.Minute
	connTimeout  = 3 * time.Second
	// timeout bounds one transaction or query, the wait for a connection included.
	timeout = 5 * time.Second
	// clearTimeout bounds how long the tables of an old read model are dropped, by SQLite page by page.
	clearTimeout = 5 * time.Minute
	// ledgerTimeout bounds the question which ledger this is.
	ledgerTimeout = 3 * time.Second
)

// openSQLite opens a file twice: for the one writer, and for those who read beside it. For both
// it is the time of the clock.
func openSQLite(path string, kind Kind, c *clock) (write, read *sql.DB, err error) {
	synchronous := "synchronous(FULL)" // a commit that is acknowledged survives a power loss
	if kind == Model {
		synchronous = "synchronous(NORMAL)" // the last ones do not, and no half of one does
	}
	values := url.Values{"_txlock": {"immediate"}, "_pragma": {
		fmt.Sprintf("busy_timeout(%d)", timeout.Milliseconds()),
		"journal_mode(WAL)",
		synchronous,
		"foreign_keys(1)",
	}}
	opened, err := newConnector(dsnOf(path, values), c)
	if err != nil {
		return nil, nil, fmt.Errorf("open %s: %w", path, err)
	}
	write, read = sql.OpenDB(opened), sql.OpenDB(opened)
	write.SetMaxOpenConns(2)                              // the writer's, and one for what is done seldom
	read.SetMaxOpenConns(1 + maxIdleConns + maxSnapshots) // one is held
	read.SetMaxIdleConns(maxIdleConns)
	return write, read, nil
}

// dsnOf escapes the path, which keeps what is in a name from becoming a parameter.
func dsnOf(path string, values url.Values) string {
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: values.Encode()}).String()
}

// openPostgres makes the pool; it does not connect. The connection string is a secret, so no
// error repeats it.
func openPostgres(file string, kind Kind) (*sql.DB, error) {
	secret, err := os.ReadFile(file) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, fmt.Errorf("read connection string: %w", err)
	}
	c, err := pgx.ParseConfig(strings.TrimSpace(string(secret)))
	if err != nil {
		return nil, fmt.Errorf("%s holds no connection string of PostgreSQL", file)
	}
	c.ConnectTimeout = connTimeout
	c.RuntimeParams["application_name"] = "waymark-gateway"
	c.RuntimeParams["statement_timeout"] = fmt.Sprint(timeout.Milliseconds())
	c.RuntimeParams["synchronous_commit"] = "on" // whatever the server's or the role's is
	if kind == Model {
		c.RuntimeParams["synchronous_commit"], c.RuntimeParams["search_path"] = "off", modelSchema
	}
	c.RuntimeParams["idle_in_transaction_session_timeout"] = fmt.Sprint(timeout.Milliseconds())
	db := stdlib.OpenDB(*c, stdlib.OptionAfterConnect(func(ctx context.Context, conn *pgx.Conn) error {
		if kind == Model {
			_, err := conn.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS "+modelSchema)
			return err
		}
		return durableBy(conn.QueryRow(ctx, durabilityQuery))
	}))
	db.SetMaxOpenConns(maxConns)
	db.SetMaxIdleConns(maxIdleConns)
	db.SetConnMaxLifetime(connLifetime)
	return db, nil
}

// modelSchema is that of Model.
const modelSchema = "waymark_model"

const durabilityQuery = `SELECT current_setting('synchronous_commit'), current_setting('fsync'), current_setting('full_page_writes')`

// durable refuses a server that acknowledges what a crash may undo.
func (d *DB) durable(ctx context.Context) error {
	if d.kind == Model {
		return nil
	}
	return durableBy(d.read.QueryRowContext(ctx, durabilityQuery))
}

func durableBy(row interface{ Scan(into ...any) error }) error {
	var commit, sync, pages string
	if err := row.Scan(&commit, &sync, &pages); err != nil {
		return fmt.Errorf("ask for durability: %w", err)
	}
	if commit == "off" || sync == "off" || pages == "off" {
		return faultOf("the database may forget what it has acknowledged: nothing can be kept",
			fmt.Errorf("synchronous_commit is %s, fsync %s, full_page_writes %s", commit, sync, pages))
	}
	return nil
}
