// Package messages records what devices signed, and gives what their sealed readings stand
// for to the members that may hold it and to nobody else: the disclosures travel beside
// their message and never become part of a block. It imports neither Gin nor Fabric.
package messages
