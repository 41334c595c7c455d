// Package gatewaytest is a gateway for tests: it keeps a registry and a ledger in
// memory, answers as the real one does, and fails on demand.
package gatewaytest
