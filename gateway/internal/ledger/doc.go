// Package ledger holds the words that the REST side, the recorder of messages and the
// Fabric side of the gateway share: what a call is, what a committed transaction is known
// by, and how a failure says which transaction it concerns. It imports neither Gin nor
// Fabric.
package ledger
