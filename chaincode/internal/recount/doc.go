// Package recount comes to the verdict of an acceptance again, from the messages that
// the ledger recorded. What lies in no message it takes as the record has it: that a device
// was suspended, what was released, that a device signed two messages of one number, which windows of anchored
// messages were checked, and whether the acceptor's own blocks said so.
package recount
