package database

import (
	"context"
	"database/sql/driver"
	"time"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
)

// Now is an expression in SQL: the time by the database's own clock, in milliseconds since 1970. Of
// gateways that share a database each has a clock of its own, and one may be wrong. SQLite has
// none but its host's: there it is what that said when the database was opened, and what has
// passed since, which setting the host's clock does not change.
func (d *DB) Now() string {
	if d.dialect == goose.DialectPostgres {
		return "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)"
	}
	return "waymark_now()"
}

// clock goes on from the time at its start.
type clock struct {
	start  time.Time // by its monotonic part alone
	millis int64     // since 1970, at the start
}

func newClock() *clock {
	start := time.Now()
	return &clock{start: start, millis: start.UnixMilli()}
}

func (c *clock) now() int64 { return c.millis + time.Since(c.start).Milliseconds() }

// connector makes connections to a file of SQLite that have waymark_now.
type connector struct {
	driver *sqlite.Driver
	dsn    string
}

func newConnector(dsn string, c *clock) (connector, error) {
	d := new(sqlite.Driver)
	return connector{d, dsn}, d.RegisterScalarFunction("waymark_now", 0, func(*sqlite.FunctionContext, []driver.Value) (driver.Value, error) {
		return c.now(), nil
	})
}

func (c connector) Connect(context.Context) (driver.Conn, error) { return c.driver.Open(c.dsn) }

func (c connector) Driver() driver.Driver { return c.driver }
