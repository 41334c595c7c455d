// Package shipment puts together what the ledger holds of a shipment now: whom it
// concerns, what holds it, and who must endorse what changes about it.
package shipment
