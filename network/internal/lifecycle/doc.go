// Package lifecycle joins nodes to the channel and deploys the chaincode on it,
// with Fabric's own commands, as the members' administrators would.
package lifecycle
