// Package altered puts a chaincode that lies in the place of a member's own: under the
// same package id, at the same address, with the same certificate. No other member can
// tell but by what it endorses.
package altered
