// Package upgrade tests that a ledger which an earlier version made goes on under the
// present one. It restores such a ledger on a real network, upgrades the chaincode by
// definition as operators do, and works on the old records through the gateways. Its
// tests need the build tag e2e, because they start processes.
package upgrade
