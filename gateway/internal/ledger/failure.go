package ledger

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
