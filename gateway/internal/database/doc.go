// Package database opens what a gateway keeps: a SQLite file of its own, or a PostgreSQL
// database that the gateways of one member share. It bounds every wait, brings the schema up to
// date, and makes one disk sync serve all writes that arrive together.
package database
