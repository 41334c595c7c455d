// Package conformance runs the cases of the ledger port (vectors/ledger.json) on
// a real Fabric network of their own, with the suite's chaincode in the place of
// the real one. The same cases run on the ledger in memory in the chaincode's
// module: the rules' tests are worth what that fake is worth.
package conformance
