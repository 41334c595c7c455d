// Package relay takes messages from the spool to the ledger: one batch in flight
// for each shard, oldest first, so that a device's messages stay in order. What
// the ledger recorded leaves the spool, what it can never record goes into
// quarantine with the reason, and everything else waits and is tried again.
package relay
