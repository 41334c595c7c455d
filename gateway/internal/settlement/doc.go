// Package settlement carries the private terms of shipments: to the peers of their two
// parties, and to nobody else.
package settlement
