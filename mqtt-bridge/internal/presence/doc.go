// Package presence is what the bridge sees of devices: since when it knows them, when each was last there, and how its
// connections came and ended. It is for the operator: the ledger is told only what a device itself has signed.
package presence
