// Package e2e runs scenarios and faults on a real network of its own: real
// peers, orderers, chaincode, gateways, bridge and broker. Its tests need the
// build tag e2e, because they start processes.
package e2e
