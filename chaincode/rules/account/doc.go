// Package account holds the rules for money: notes of an issuer that are issued, spent
// whole and redeemed, so that in every transaction as much comes out as goes in.
package account
