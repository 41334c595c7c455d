// Package artifact writes the files that the processes of a local consortium
// read: Fabric's configuration, the genesis block, the external builder, the
// chaincode packages, and the configuration of gateways and bridge.
package artifact
