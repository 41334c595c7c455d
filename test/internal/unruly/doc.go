// Package unruly is a chaincode without rules: it writes what it is told. With it the
// upgrade test restores a ledger, and a member lies in the end-to-end tests.
package unruly
