// Command network runs a local consortium as plain processes: four members,
// each with a peer, an orderer, a chaincode process and a gateway, and one
// mqtt-bridge. See network/README.md.
package main
