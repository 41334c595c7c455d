// Package relay takes messages from the spool to the ledger: one batch in flight
// for each shard, oldest first, so that a device's messages stay in order. What
// the ledger recorded leaves the spool, what it can never record goes into
// quarantine with the reason, and everything else waits and is tried again. What is
// recorded but not disclosed to all who are to have it is in quarantine, too, and is
// offered again from there.
package relay
