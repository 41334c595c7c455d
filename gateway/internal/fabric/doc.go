// Package fabric is the gateway's client of its member's Fabric peer. It turns a
// request into a committed transaction, or into an error with a stable code, and
// decides by one table (retry.go) what a failure means for the transaction.
package fabric
