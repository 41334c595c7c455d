// Package memledger is a ledger in memory with Fabric's semantics, for tests of
// the rules: reads do not see the transaction's own writes, scans are lexical,
// there is one event, and a transaction whose reads have changed is invalid.
package memledger
