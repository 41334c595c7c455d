// Package handoffs times handoffs of shipments in parallel, through the gateways of a network, and counts the conflicts on the way.
package handoffs
