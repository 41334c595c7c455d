// Package uplink publishes what an outbox has to the consortium's broker, each device over a connection of its own, as
// a device that signs for itself would: so no broker needs to know what an edge is.
package uplink
