// Package stub is a peer in memory as a chaincode sees it, one transaction at a
// time: for tests of what stands between Fabric's shim and the rules.
package stub
