// Package window makes and checks the Merkle tree of a window's readings
// (RFC 6962, clause 2.1), so that whoever holds the messages of a window can
// prove one reading to whoever holds only its root. It needs no Fabric.
package window
