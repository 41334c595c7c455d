package requests

import "github.com/waymark-ledger/waymark/chaincode/waymark"

// Ended is how a write ended that may not have been answered with its end.
type Ended struct {
	Caller, Operation string
	TxID              string         // its last transaction; empty if it had none
	Status            string         // of that: ledger.Valid, ledger.Unordered or Fabric's code; empty if it is not known
	Error             *waymark.Error // nil if the write took effect
}

// owe notes that a caller is answered without the end of its write.
func (r *Runner) owe(o *operation) {
	if o.owe() {
		r.tell(o)
	}
}

// tell tells of the end of a concluded operation, if it has one.
func (r *Runner) tell(o *operation) {
	if e, ended := o.ending(); ended {
		r.ended(e)
	}
}

// conclude sets how the operation ended, and reports whether somebody was answered without that.
func (o *operation) conclude(out Outcome, err error) (owed bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.outcome, o.err, o.concluded = out, err, true
	return o.owed
}

// owe notes that somebody is answered without the end, and reports whether that was there
// already, so that nobody else will tell of it.
func (o *operation) owe() (concluded bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	first := !o.owed
	o.owed = true
	return first && o.concluded
}

// ending is how a concluded operation ended; false for one that did not: what is kept and open, or
// of which that is not sure, is brought to its end by the keeper, and what others work on by them.
func (o *operation) ending() (Ended, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	open := o.tx != nil && o.fate == nil
	if o.outcome.Pending != nil || o.stored && (open || o.unsure) {
		return Ended{}, false
	}
	e := Ended{Caller: o.request.Caller, Operation: o.request.Operation, Error: told(o.err)}
	switch commit := o.outcome.Answer.Commit; {
	case commit.TxID != "":
		e.TxID, e.Status = commit.TxID, commit.Status
	case o.tx != nil:
		e.TxID = o.tx.TxID
		if o.fate != nil {
			e.Status = o.fate.Status
		}
	case o.elsewhere != nil:
		e.TxID = o.elsewhere.TxID
	}
	return e, true
}

// tellOnce tells of the end of a request before it is noted, once, however often that fails.
func (r *Runner) tellOnce(id string, e Ended) {
	r.mu.Lock()
	u := r.unended[id]
	before := u.told
	u.told = true
	r.remember(id, u)
	r.mu.Unlock()
	if !before {
		r.ended(e)
	}
}
