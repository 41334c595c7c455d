// Package inquiry answers devices that ask what became of a message: what the ledger has of it, or why
// it is in quarantine. Nothing of it is kept: a device whose answer is lost asks again, any bridge.
package inquiry
