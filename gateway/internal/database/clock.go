package database

import "github.com/pressly/goose/v3"

// Now is an expression in SQL: the time by the database's own clock, in milliseconds since 1970. Of
// gateways that share a database each has a clock of its own, and one may be wrong.
func (d *DB) Now() string {
	if d.dialect == goose.DialectPostgres {
		return "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)"
	}
	return "CAST(unixepoch('subsec') * 1000 AS INTEGER)"
}
