// Package client is a Go client of a member's gateway. It gives every write an
// Idempotency-Key, repeats what may be repeated, waits as the gateway asks, and follows
// writes that are under way to their end. Read, Ask and Write reach every operation of the
// OpenAPI document by its path, with the types of the vocabulary.
//
// Package signing acts with keys that no gateway holds, and package verify checks receipts.
package client
