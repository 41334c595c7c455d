// Package reference holds what the API's document says in words: comments of Go types, and the
// rules and examples of the ledger's transactions. All of that is kept elsewhere, and words.json is
// generated of it; own.json has examples that are of no one
// transaction, as a local network answered them.
package reference
