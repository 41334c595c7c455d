// Package audit reads the ledger of every peer, block by block, past the gateways:
// what was recorded, in which transaction, and whether all peers hold the same.
package audit
