// Package settlement holds the rules for what a shipment is paid: terms that only its
// parties know, an escrow that all can see, what is due by what the ledger found, and
// disputes.
package settlement
