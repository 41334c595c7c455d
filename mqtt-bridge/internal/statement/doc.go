// Package statement takes what devices say apart from their streams to the ledger: receipts of commands and
// presences. Each has a request of its own, so that it waits for no reading and no reading for it.
package statement
