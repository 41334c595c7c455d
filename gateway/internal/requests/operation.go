package requests

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// operation is a write that runs, and the journal of its transactions.
type operation struct {
	id      string
	gateway string
	request Request
	store   Writes
	beaten  *pulse // of the runner
	cancel  context.CancelFunc

	promised bool          // it was asked to be kept
	done     chan struct{} // closed once the operation can be answered with its end

	// Set by conclude, before done is closed, and not changed after.
	outcome Outcome
	err     error

	mu        sync.Mutex
	shown     chan struct{} // closed while the operation can be answered as Pending
	keep      bool          // the next transaction is to be kept before it is submitted
	stored    bool          // there is a row of this operation, which it must end
	unsure    bool          // whether the row has the next transaction or the last one
	taken     bool          // its key turned out to be that of another request
	submitted bool
	tx        *ledger.Endorsed // the last one; nil before the first
	fate      *ledger.Fate     // of tx, once it is known
	elsewhere *View            // of the request of the same that is kept instead, and that others work on
	referred  bool             // somebody was told of elsewhere
	concluded bool             // outcome and err are set
	owed      bool             // somebody was answered without the end
}

var _ ledger.Journal = (*operation)(nil)

// Endorsed keeps the transaction, if the request is kept or to be kept. The lock is held
// meanwhile, so that whoever wants to know or change how the operation stands waits.
func (o *operation) Endorsed(ctx context.Context, tx ledger.Endorsed) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := ctx.Err(); err != nil { // abandoned meanwhile
		return fmt.Errorf("%w: %w", errGone, err)
	}
	var err error
	switch {
	case o.stored && o.fate == nil:
		return errors.New("a further transaction before the fate of the one before is known")
	case o.unsure:
		return unkept("", errUnsure)
	case o.stored:
		err = o.store.Next(ctx, o.id, o.gateway, *o.fate, o.step(tx))
		o.unsure = err != nil && !errors.Is(err, ErrLost)
	case o.keep:
		err = o.begin(ctx, tx)
	}
	if err != nil {
		return unkeptStep(tx.TxID, err)
	}
	o.tx, o.fate, o.submitted = &tx, nil, false
	return nil
}

// begin makes the row of the operation.
func (o *operation) begin(ctx context.Context, tx ledger.Endorsed) error {
	q := o.request
	err := o.store.Begin(ctx, Record{ID: o.id, Caller: q.Caller, Operation: q.Operation, Key: q.Key, Digest: q.Digest, Gateway: o.gateway,
		Answer: Answer{Status: q.Status}}, o.step(tx))
	o.beaten.kept(err)
	switch {
	case err == nil:
		o.stored = true
		o.show()
	case errors.Is(err, ErrKept): // its row is followed; the same bytes have one effect, whoever sends them
		o.elsewhere = &View{TxID: tx.TxID, Caller: q.Caller}
		o.show()
		return nil
	}
	o.taken = o.taken || errors.Is(err, ErrTaken)
	return err
}

// keepMoot keeps the answer of an operation with a key that had nothing to change, before it is told: no block
// has it.
func (o *operation) keepMoot(ctx context.Context, out Outcome) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	q := o.request
	if q.Key == "" || o.tx != nil || out.unfinished {
		return nil
	}
	err := o.store.Keep(ctx, Record{ID: o.id, Caller: q.Caller, Operation: q.Operation, Key: q.Key, Digest: q.Digest, Answer: out.Answer})
	if err == nil {
		return nil
	}
	o.taken = o.taken || errors.Is(err, ErrTaken)
	return unkeptStep("", err)
}

func (o *operation) step(tx ledger.Endorsed) Step {
	s := Step{Endorsed: tx, Whole: !tx.Partial}
	if s.Whole && o.request.Location != nil {
		s.Location = o.request.Location(tx.Result)
	}
	return s
}

// Submitted notes that the last transaction was handed over.
func (o *operation) Submitted(txID string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.submitted = o.submitted || o.tx != nil && o.tx.TxID == txID
}

// Resolved notes what became of the last transaction.
func (o *operation) Resolved(fate ledger.Fate) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.tx != nil && o.tx.TxID == fate.TxID {
		o.fate = &fate
	}
}

// Refused notes that the last transaction can be in no block.
func (o *operation) Refused(txID string) {
	o.Resolved(ledger.Fate{TxID: txID, Status: ledger.Unordered})
}

// ensureKept keeps the request as soon as there is what to keep: at once if a transaction is
// under way, else with the next one.
func (o *operation) ensureKept(ctx context.Context) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.stored {
		return nil
	}
	if o.tx != nil && o.fate == nil {
		if err := o.begin(ctx, *o.tx); err != nil {
			return unknown(o.tx.TxID, err)
		}
	}
	o.keep = true
	return nil
}

// abandon ends an operation that nobody waits for any more, if nothing was promised and
// nothing is under way.
func (o *operation) abandon() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.keep && o.tx == nil {
		o.cancel()
	}
}

// open returns the last transaction if its fate is not known.
func (o *operation) open() (ledger.Endorsed, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.tx == nil || o.fate != nil {
		return ledger.Endorsed{}, false
	}
	return *o.tx, true
}

// standing is whether there is a row to end, and the last fate. A row
// of which it is not sure how it stands is followed as those of dead processes are.
func (o *operation) standing() (stored bool, fate *ledger.Fate) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.stored && !o.unsure, o.fate
}

// lostKey reports, once, whether the key turned out to be that of another request.
func (o *operation) lostKey() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	lost := o.taken
	o.taken = false
	return lost
}

// refer lets the operation be answered as Pending with what another process works on.
func (o *operation) refer(v *View) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.elsewhere = v
	o.show()
}

// alone forgets what another process worked on, since that has failed. It reports false if
// somebody was told of that: then it was the request, and nothing may be done in its place.
func (o *operation) alone() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.referred {
		return false
	}
	if o.elsewhere != nil {
		o.elsewhere, o.shown = nil, make(chan struct{})
	}
	return true
}

// show needs the lock.
func (o *operation) show() {
	select {
	case <-o.shown:
	default:
		close(o.shown)
	}
}

// showing is closed when the operation can be answered as Pending, if it still can be then.
func (o *operation) showing() <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.shown
}

// pending is what is told of the operation while it runs and is kept; nil while it is not.
func (o *operation) pending() *View {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.stored {
		o.referred = o.referred || o.elsewhere != nil
		return o.elsewhere
	}
	return &View{TxID: o.tx.TxID, Caller: o.request.Caller, Submitted: o.submitted}
}
