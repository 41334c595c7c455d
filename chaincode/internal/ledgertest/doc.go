// Package ledgertest is the conformance suite of the ledger port: cases written
// in JSON, run on the ledger in memory and, through a chaincode of its own, on a
// real peer, so that the rules meet the same ledger in their tests and in life.
package ledgertest
