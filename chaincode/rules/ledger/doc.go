// Package ledger is the port the rules are written against: the records they
// read and write, and the transaction they run in. fabricledger adapts it to
// Fabric; memledger is a fake with Fabric's semantics.
package ledger
