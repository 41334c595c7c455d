// Package client is a Go client of a member's gateway.
//
// A Client has a method for every operation of the API, generated from the gateway's own table
// of routes: what it takes and returns are the types of the vocabulary (chaincode/waymark). A
// write returns a Written, which has where the transaction is beside the result, and takes
// WriteOptions; what is answered in pages can be iterated over by a method that starts with All.
//
// Every write has an Idempotency-Key. What may be repeated is repeated, as the gateway asks, and
// writes that are under way are followed to their end. Do, Read, Ask and Write reach operations
// by their paths, with types of one's own.
//
// Errors are a *Problem, with a code to decide by, or say that no answer came: see Read and
// Write. Any operation can fail with the codes invalid, unauthenticated, resource_exhausted,
// unavailable and internal; the methods name the others that theirs can, and the transactions
// whose rules (docs/rules.md, and the OpenAPI document) say who may and what is needed.
//
// Package signing acts with keys that no gateway holds, and package verify checks receipts.
package client

//go:generate sh -c "cd .. && go run -tags clientgen ./internal/clientgen --output client"
