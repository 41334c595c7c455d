package requests

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Transaction returns what is known of a transaction of a kept request; false if it is of none.
//
// Codes: Unavailable without the database.
func (r *Runner) Transaction(ctx context.Context, txID string) (View, bool, error) {
	t, found, err := r.store.Transaction(ctx, txID)
	if err != nil {
		return View{}, false, unkept("", err)
	}
	o := r.operation(t.Request.ID)
	if found && t.Fate == nil && t.Request.Gateway == r.gateway && o == nil {
		// It ended after the first look. That was noted before it was left.
		if t, found, err = r.store.Transaction(ctx, txID); err != nil {
			return View{}, false, unkept("", err)
		}
	}
	if !found {
		return View{}, false, nil
	}
	v := viewOf(t)
	if v.Fate == nil && o != nil {
		o.update(&v)
	}
	return v, true, nil
}

// update adds to what is kept what is known here and not noted yet.
func (o *operation) update(v *View) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.tx == nil || o.tx.TxID != v.TxID {
		return
	}
	v.Submitted = o.submitted
	select {
	case <-o.done:
	default:
		return
	}
	if o.fate != nil && o.err == nil { // it took effect: a failure is noted before it is told
		v.Fate, v.Answer = o.fate, &o.outcome.Answer
	}
}

// viewOf is what is told of a transaction as it is kept.
func viewOf(t Transaction) View {
	v := View{TxID: t.TxID, Caller: t.Request.Caller, Fate: t.Fate, ReplacedBy: t.ReplacedBy}
	if t.Fate == nil {
		return v
	}
	// Of a request of several the answer names one, and another may be the last.
	named := t.Request.State == Done && t.Request.Answer.Commit.TxID == t.TxID
	if t.Request.TxID != t.TxID && !named {
		return v
	}
	switch t.Request.State {
	case Done:
		v.Answer = &t.Request.Answer
	case Failed:
		v.Error = t.Request.Error
	case Pending:
	}
	return v
}

// Check returns Unavailable while the database does not answer, or does not take what is
// written: each beat of the runner writes.
func (r *Runner) Check(ctx context.Context) error {
	err := r.store.Prepare(ctx)
	var told *waymark.Error
	switch {
	case errors.As(err, &told):
		return err
	case err != nil:
		return fmt.Errorf("%w: %w", waymark.Errorf(waymark.Unavailable, "the database does not answer: nothing can be kept"), err)
	}
	if err := r.beaten.failed(time.Now().Add(-r.pace.dead)); err != nil {
		return fmt.Errorf("%w: %w", waymark.Errorf(waymark.Unavailable, "the database cannot be written: nothing can be kept"), err)
	}
	return nil
}

// pulse is how the last beat went, and the last write of a request.
type pulse struct {
	mu       sync.Mutex
	at       time.Time // when the beat ended; zero before the first
	err      error
	unkept   error // why the last request was not kept; nil if it was
	unkeptAt time.Time
	wrote    bool // anything
}

// written notes that a beat was written.
func (p *pulse) written() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wrote = true
}

// left reports whether the database may have something of this process: a beat, or a request.
func (p *pulse) left() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.wrote
}

func (p *pulse) ended(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at, p.err = time.Now(), err
}

// kept notes how a request was kept. A beat changes one row in its place: it can succeed where there is
// no room for another.
func (p *pulse) kept(err error) {
	for _, told := range []error{ErrTaken, ErrKept, ErrDisplaced} { // which the database said
		if errors.Is(err, told) {
			err = nil
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.unkept, p.unkeptAt, p.wrote = err, time.Now(), p.wrote || err == nil
}

var errStill = errors.New("nothing was written for long")

// failed is why the last beat failed, or that there was none since then, or why a request was not kept since
// then: what nobody tries again cannot be known to fail still.
func (p *pulse) failed(since time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.err == nil && !p.at.IsZero() && p.at.Before(since):
		return errStill
	case p.err == nil && p.unkeptAt.After(since):
		return p.unkept
	}
	return p.err
}
