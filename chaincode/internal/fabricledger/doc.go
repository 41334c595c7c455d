// Package fabricledger adapts the ledger port to Fabric's chaincode shim.
package fabricledger
