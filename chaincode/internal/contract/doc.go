// Package contract is the layer that Fabric calls: one line for each
// transaction, and around all of them the same guards.
package contract
