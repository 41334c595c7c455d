package requests

import "github.com/waymark-ledger/waymark/chaincode/waymark"

// Ended is how a write ended that may not have been answered with its end.
type Ended struct {
	Caller, Operation string
	TxID              string         // its last transaction; empty if it had none
	Status            string         // of that: ledger.Valid, ledger.Unordered or Fabric's code; empty if it is not known
	Error             *waymark.Error // nil if the write took effect
}

// tell tells of an end that is due to be told.
func (r *Runner) tell(e Ended, due bool) {
	if due {
		r.ended(e)
	}
}

// conclude sets how the operation ended. That is to be told if somebody was answered before.
func (o *operation) conclude(out Outcome, err error) (_ Ended, due bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.outcome, o.err, o.concluded = out, err, true
	if !o.owed {
		return Ended{}, false
	}
	return o.ending()
}

// owe notes that somebody is answered without the end, which is to be told when it comes: now, if
// it came meanwhile and nobody else was owed it.
func (o *operation) owe() (_ Ended, due bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	before := o.owed
	o.owed = true
	if before || !o.concluded {
		return Ended{}, false
	}
	return o.ending()
}

// ending is how a concluded operation ended; false for one that did not: what is kept and open, or
// of which that is not sure, is brought to its end by the keeper, and what others work on by them.
// It needs the lock.
func (o *operation) ending() (Ended, bool) {
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
	u := r.followed[id]
	before := u.told
	u.told = true
	r.remember(id, u)
	r.mu.Unlock()
	if !before {
		r.ended(e)
	}
}
