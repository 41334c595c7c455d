// Package window makes and checks the Merkle tree of a window's readings
// (RFC 6962, clause 2.1), so that whoever holds the messages of a window can
// prove one reading to whoever holds only its root; and it has the form in which
// the ledger stores windows. It needs no Fabric.
package window
