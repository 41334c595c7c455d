// Package transaction is what an application signs to act on the ledger with a key of its
// own: a proposal, and then the transaction that peers endorsed. It builds and takes apart
// Fabric's messages, and refuses bytes that say more, or other, than what it tells.
package transaction
