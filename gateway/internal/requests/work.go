package requests

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/pause"
	"go.uber.org/zap"
)

// Bounds of what an operation does besides its transactions.
const (
	maxContests = 8 // how often one request is made anew because others under its key failed
	firstPoll   = 20 * time.Millisecond
	maxPoll     = 500 * time.Millisecond
)

// run takes an operation to its end. What took effect is told first and noted afterwards,
// since the row and the block say the same; what is to be asked for again, as a failure is, is
// noted first, so that whoever is told of it finds the key free.
func (r *Runner) run(ctx context.Context, o *operation) {
	out, err := r.work(ctx, o)
	r.tell(o.conclude(out, err))
	switch _, open := o.open(); {
	case err == nil && !out.unfinished:
		close(o.done)
		r.note(ctx, o, End{State: Done, Answer: out.Answer, Answered: true})
		r.leave(o)
		return
	case err == nil:
		r.note(ctx, o, End{State: Done, Answer: out.Answer, Free: true})
	case !open:
		r.note(ctx, o, End{State: Failed, Error: told(err)})
	}
	r.leave(o)
	close(o.done)
}

// note ends the row of an operation, if it has one. Where that fails the row stays pending,
// and is brought to its end as those of dead processes are.
func (r *Runner) note(ctx context.Context, o *operation, end End) {
	stored, fate := o.standing()
	if !stored {
		return
	}
	end.Fate = fate
	err := r.store.Finish(context.WithoutCancel(ctx), o.id, r.gateway, end)
	if err != nil && !errors.Is(err, ErrLost) {
		r.log.Warn("the end of a request could not be noted yet", zap.Error(err))
	}
}

// work answers from what is kept under the key, or does it.
func (r *Runner) work(ctx context.Context, o *operation) (Outcome, error) {
	for range maxContests {
		out, found, err := r.recall(ctx, o)
		if found || err != nil {
			return out, err
		}
		if err := r.roomFor(o); err != nil {
			return Outcome{}, err
		}
		out, err = r.attempt(ctx, o)
		if err == nil || !o.lostKey() {
			return out, err
		}
	}
	return Outcome{}, errContest
}

// recall answers from the request that is kept under the key. If that is under way elsewhere
// it waits for its end, as long as its caller would have; if that fails there is none.
func (r *Runner) recall(ctx context.Context, o *operation) (out Outcome, found bool, err error) {
	if o.request.Key == "" {
		return Outcome{}, false, nil
	}
	patience, cancel := context.WithTimeout(ctx, r.limits.Answer)
	defer cancel()
	for wait := firstPoll; ; wait = min(2*wait, maxPoll) {
		kept, found, err := r.store.Find(ctx, o.request.Caller, o.request.Key)
		switch {
		case err != nil:
			return Outcome{}, false, unkept("", err)
		case !found && !o.alone():
			return Outcome{}, false, errFailed
		case !found:
			return Outcome{}, false, nil
		case kept.Digest != o.request.Digest:
			return Outcome{}, true, errKeyReused()
		case kept.State == Done:
			r.metrics.replayed.Inc()
			return Outcome{Answer: kept.Answer, Replayed: true}, true, nil
		}
		v := &View{TxID: kept.TxID, Caller: kept.Caller}
		o.refer(v)
		if !pause.For(patience, wait) {
			return Outcome{Pending: v}, true, nil
		}
	}
}

// attempt does it. When that ends, well or not, while a transaction is under way, that is
// followed to its end: nothing is told of it before.
func (r *Runner) attempt(ctx context.Context, o *operation) (Outcome, error) {
	done, err := r.perform(ctx, o)
	tx, open := o.open()
	switch {
	case open:
		return r.follow(ctx, o, tx, done, err)
	case err != nil:
		return Outcome{}, err
	}
	out := r.outcome(o, done)
	if err := o.keepMoot(ctx, out); err != nil {
		return Outcome{}, err
	}
	return out, nil
}

// follow brings the transaction to its end that was under way when the request had done or
// failed with err. What it had done stands, whatever becomes of the transaction.
func (r *Runner) follow(ctx context.Context, o *operation, tx ledger.Endorsed, done ledger.Committed, err error) (Outcome, error) {
	if kept := o.ensureKept(context.WithoutCancel(ctx)); kept != nil {
		r.log.Warn("a transaction is under way that could not be kept", zap.String("tx_id", tx.TxID), zap.Error(kept))
	}
	fate, resolveErr := r.fateOf(ctx, o.id, tx)
	if resolveErr != nil {
		return Outcome{}, unknown(tx.TxID, errors.Join(err, resolveErr))
	}
	o.Resolved(fate)
	switch {
	case err == nil:
		return r.outcome(o, done), nil
	case fate.Status != ledger.Valid || tx.Partial:
		return Outcome{}, ineffective(fate)
	}
	return r.outcome(o, ledger.Committed{Commit: commitOf(fate), Result: tx.Result}), nil
}

// perform runs the request. A panic is its failure, and not that of all others.
func (r *Runner) perform(ctx context.Context, o *operation) (done ledger.Committed, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			r.log.Error("panic", zap.ByteString("stack", debug.Stack()))
			err = fmt.Errorf("panic: %v", cause)
		}
	}()
	return o.request.Run(ctx, o)
}

func commitOf(fate ledger.Fate) ledger.Commit {
	return ledger.Commit{TxID: fate.TxID, BlockNumber: fate.BlockNumber, Status: fate.Status}
}

func (r *Runner) outcome(o *operation, done ledger.Committed) Outcome {
	a := Answer{Status: o.request.Status, Commit: done.Commit, Result: done.Result}
	if o.request.Location != nil {
		a.Location = o.request.Location(done.Result)
	}
	return Outcome{Answer: a, unfinished: done.Unfinished}
}
