package requests

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/share"
	"go.uber.org/zap"
)

// Resolver brings a transaction that was endorsed to its end.
type Resolver interface {
	// Resolve looks the transaction up, and sends the same bytes again where it is missing,
	// until it is in a block or ctx is done. ledger.ErrBarred if they are refused.
	Resolve(ctx context.Context, tx ledger.Endorsed) (ledger.Fate, error)
}

// Options is what a Runner is made of. All are required.
type Options struct {
	Store    Store
	Resolver Resolver
	Limits   Limits
	// Ended is told of each write that ended otherwise than in its answer, as after a 202 or
	// when its caller was gone, and of each that was brought to its end for a dead process,
	// whatever that had answered. It is told once, and again after a crash or a failure
	// of the database in that moment. It must not wait long.
	Ended    func(Ended)
	Logger   *zap.Logger
	Registry prometheus.Registerer
}

// Limits bound what a Runner holds, and for how long.
type Limits struct {
	Pending       int           // writes that are under way at once
	Bytes         int64         // of their bodies together
	CallerPercent int           // of Pending and Bytes that one caller can have; 1 to 100
	Answer        time.Duration // the longest that a caller waits before it is told that a write is under way
	Keep          time.Duration // at least so long an answer is kept
	KeptBytes     int64         // that ended writes take in the database, at which no more is promised; a tenth of it one caller's
}

// Runner runs writes. It is safe for concurrent use. Close it when done.
type Runner struct {
	store    Store
	resolver Resolver
	ended    func(Ended)
	limits   Limits
	log      *zap.Logger
	metrics  *metrics
	pace     pace
	gateway  string // the name of this process among those of the member's gateways

	running sync.WaitGroup // operations, and the keeper's loops
	stop    chan struct{}  // closed when the keeper is to end
	alive   chan struct{}  // closed after the first beat
	beaten  pulse
	kept    usage

	mu       sync.Mutex
	stopping bool
	room     *share.Room
	byID     map[string]*operation
	byKey    map[slot]*operation
	followed map[string]followed // by request
}

// slot is what operations of one process can join: same caller, key and request.
type slot struct {
	caller, key string
	digest      Digest
}

// NewRunner returns a runner. Start it so that it looks after what other processes left.
func NewRunner(o Options) *Runner { return newRunner(o, usualPace()) }

func newRunner(o Options, p pace) *Runner {
	r := &Runner{
		store: o.Store, resolver: o.Resolver, ended: o.Ended, limits: o.Limits, log: o.Logger, pace: p, gateway: newID(),
		stop: make(chan struct{}), alive: make(chan struct{}),
		byID: make(map[string]*operation), byKey: make(map[slot]*operation), followed: make(map[string]followed),
		room: share.NewRoom(share.Limits{Requests: o.Limits.Pending, Bytes: o.Limits.Bytes, CallerPercent: o.Limits.CallerPercent}),
	}
	r.metrics = newMetrics(o.Registry, r)
	return r
}

func newID() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails: it ends the process instead
	return hex.EncodeToString(id[:])
}

// Do runs a write, or joins the one that runs or ran under the same key, and returns when it
// has an end or, as the wish says, when it is kept. The write goes on when ctx ends, unless
// nothing is under way yet and no key or wish asks for it.
//
// Codes: what Run answers; FailedPrecondition with ReasonKeyReused; ResourceExhausted past
// Limits; Unavailable without the database, and while the runner closes. A ledger.Failure
// with Unavailable: the fate is not known and could not be kept.
func (r *Runner) Do(ctx context.Context, q Request, w Wish) (Outcome, error) {
	o, joined, err := r.enter(ctx, q, w)
	if err != nil {
		return Outcome{}, err
	}
	timer := time.NewTimer(r.patience(w))
	defer timer.Stop()
	select {
	case <-o.done:
		return o.end(joined)
	case <-ctx.Done():
		o.abandon()
		r.tell(o.owe())
		return Outcome{}, errGone
	case <-timer.C:
	}
	if err := o.ensureKept(context.WithoutCancel(ctx)); err != nil {
		r.tell(o.owe())
		return Outcome{}, err
	}
	return r.shownOrDone(ctx, o, joined)
}

// shownOrDone returns as soon as there is something to tell.
func (r *Runner) shownOrDone(ctx context.Context, o *operation, joined bool) (Outcome, error) {
	for {
		select {
		case <-o.done:
			return o.end(joined)
		case <-ctx.Done():
			r.tell(o.owe())
			return Outcome{}, errGone
		case <-o.showing():
			if v := o.pending(); v != nil {
				r.tell(o.owe())
				return Outcome{Pending: v}, nil
			}
		}
	}
}

// end is the outcome of an operation that is done.
func (o *operation) end(joined bool) (Outcome, error) {
	out := o.outcome
	out.Replayed = out.Pending == nil && (out.Replayed || joined)
	return out, o.err
}

// patience is how long a caller waits for the end.
func (r *Runner) patience(w Wish) time.Duration {
	switch {
	case w.Wait > 0:
		return min(w.Wait, r.limits.Answer)
	case w.Async:
		return 0
	}
	return r.limits.Answer
}

// enter returns the operation that runs under the same key, or starts one.
func (r *Runner) enter(ctx context.Context, q Request, w Wish) (o *operation, joined bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := slot{q.Caller, q.Key, q.Digest}
	if o, ok := r.byKey[s]; ok && q.Key != "" {
		return o, true, nil
	}
	if r.stopping {
		return nil, false, errStopping
	}
	if err := r.room.Take(q.Caller, q.held()); err != nil {
		return nil, false, err
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	o = r.newOperation(q, cancel)
	o.keep = q.Key != "" || w.Async
	o.promised = o.keep || w.Wait > 0
	if q.Key != "" {
		r.byKey[s] = o
	}
	r.running.Go(func() {
		defer cancel()
		r.run(ctx, o)
	})
	return o, false, nil
}

// newOperation needs the lock.
func (r *Runner) newOperation(q Request, cancel context.CancelFunc) *operation {
	o := &operation{
		id: newID(), gateway: r.gateway, request: q, store: r.store, beaten: &r.beaten, cancel: cancel,
		shown: make(chan struct{}), done: make(chan struct{}),
	}
	r.byID[o.id] = o
	return o
}

// leave forgets an operation: from here on its key is looked up in the store.
func (r *Runner) leave(o *operation) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.byID, o.id)
	delete(r.followed, o.id)
	r.room.Give(o.request.Caller, o.request.held())
	if s := (slot{o.request.Caller, o.request.Key, o.request.Digest}); r.byKey[s] == o {
		delete(r.byKey, s)
	}
}

// operation returns the one that works on a request here, or nil.
func (r *Runner) operation(id string) *operation {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.byID[id]
}

func (r *Runner) pending() float64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return float64(r.room.Held().Requests)
}

// Close takes no more writes, and waits for those under way until ctx is done; the rest is
// left to another process, or to this one when it is started again.
func (r *Runner) Close(ctx context.Context) {
	r.mu.Lock()
	r.stopping = true
	close(r.stop)
	r.mu.Unlock()
	ended := make(chan struct{})
	go func() {
		r.running.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-ctx.Done():
		r.cancelAll()
		<-ended
	}
	r.signOff(ctx)
}

// signOff takes this process off the roster, and leaves its requests to the others, if it ever wrote anything.
func (r *Runner) signOff(ctx context.Context) {
	if !r.beaten.left() {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTimeout)
	defer cancel()
	if err := r.store.Leave(ctx, r.gateway); err != nil { // the others find out by themselves
		r.log.Warn("could not leave the other gateways in order", zap.Error(err))
	}
}

const leaveTimeout = 5 * time.Second

func (r *Runner) cancelAll() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, o := range r.byID {
		o.cancel()
	}
}
