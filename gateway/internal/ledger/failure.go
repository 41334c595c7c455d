package ledger

import "errors"

// Failure is an error that concerns a transaction with an id. Its fate may be
// unknown: the code of Err tells (waymark.Unavailable), and the caller can ask
// for the transaction by its id.
type Failure struct {
	TxID string
	Err  error
}

// Error returns the cause's text with the transaction id.
func (f *Failure) Error() string { return "transaction " + f.TxID + ": " + f.Err.Error() }

// Unwrap returns the cause, which holds a waymark.Error.
func (f *Failure) Unwrap() error { return f.Err }

// ErrBarred says that the ordering service refuses a copy of a transaction, and that no block has
// an earlier one. Such a one may still be on its way, for as long as orderers keep what they
// have taken: minutes.
var ErrBarred = errors.New("the ordering service refuses the transaction, and no block has it yet")
