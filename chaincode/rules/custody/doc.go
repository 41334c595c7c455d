// Package custody holds the rules for shipments and their handoffs: custody moves
// only by an offer of the custodian and an acceptance of the other member.
package custody
