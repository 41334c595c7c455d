package fleet

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"
)

// Options say which bridge of which fleet this is.
type Options struct {
	Fleet  string        // names its leases and sessions; the same at all of its bridges
	ID     string        // of this bridge, and of no other
	Shards int           // the same at all bridges, or they are of two fleets
	Lease  time.Duration // how long a bridge that died keeps what it had; whole seconds
	Settle time.Duration // between having a shard and its session
	// Reached is closed once the broker has let this bridge in. Before, it takes nothing from those that it lets in. If it is nil the bridge begins at once.
	Reached <-chan struct{}
	Signer  string // whom devices know by what this bridge signs; the same at all bridges, or devices pass over what some say
}

// Open makes the session of a client id. What arrives goes to r. anew is called each time that the broker turns out not to have it,
// before anything arrives; subscribed each time that its subscription stands, when Subscribed says so.
type Open func(clientID string, r Receiver, anew, subscribed func()) Session

// Move says why a bridge has a shard or has it no more.
type Move string

// The moves.
const (
	Taken Move = "taken"
	Given Move = "given" // up, to the bridge that should have it, or since this one ends
	Lost  Move = "lost"  // since the lease could not be renewed in time
)

// Observer is told what happens.
type Observer interface {
	Moved(m Move)
}

// Fleet is one bridge's part in a fleet.
type Fleet struct {
	options  Options
	names    names
	holder   string // of its leases: this process, and no other that calls itself by the same id
	leases   Leases
	open     Open
	next     Receiver
	standing *standing
	observer Observer
	log      *zap.Logger

	mu      sync.Mutex
	held    map[int]*tenure // changed by Run alone
	entered bool            // a round has succeeded, so that this bridge has what it should
	failure error           // of the last round
	strange []string        // bridges that sign as another than this one
}

// New makes a Fleet, which has nothing before Run.
func New(o Options, leases Leases, open Open, next Receiver, observer Observer, log *zap.Logger) *Fleet {
	return &Fleet{
		options: o, names: names{o.Fleet, o.Shards}, holder: o.ID + ":" + rand.Text()[:holderBytes], leases: leases, open: open, next: next,
		standing: newStanding(o.Shards), observer: observer, log: log, held: make(map[int]*tenure),
	}
}

// holderBytes is how much of a holder's name tells two processes of one id apart.
const holderBytes = 8

// maxAtOnce is how many leases are asked for at a time, so that a round takes a small part of a lease, with many shards too.
const maxAtOnce = 16

// itself stands for the lease of the bridge itself among shards.
const itself = -1

var errNotReached = errors.New("the broker has not let this bridge in yet")

// leaveTimeout bounds how long giving up leases may take at the end. What is not given up ends by itself.
const leaveTimeout = 2 * time.Second

// Run has part in the fleet until ctx ends: then it disconnects and gives up what it has.
func (f *Fleet) Run(ctx context.Context) {
	if f.options.Reached != nil {
		f.note(ctx, errNotReached)
		select {
		case <-f.options.Reached:
		case <-ctx.Done():
			return
		}
	}
	for ctx.Err() == nil {
		f.note(ctx, f.round(ctx))
		select {
		case <-time.After(f.options.Lease / 3):
		case <-ctx.Done():
		}
	}
	leaving, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTimeout)
	defer cancel()
	f.give(leaving, slices.Collect(maps.Keys(f.held)))
	_ = f.leases.Release(leaving, f.own()) // or it ends by itself
}

// round renews what this bridge has, and gives up and takes what it should.
func (f *Fleet) round(ctx context.Context) error {
	if err := f.renew(ctx); err != nil { // first of all: others wait for these to end
		if errors.Is(err, ErrHeld) {
			f.give(ctx, slices.Collect(maps.Keys(f.held)))
			err = fmt.Errorf("another process is bridge %s of this fleet, or was until a moment ago", f.options.ID)
		}
		return err
	}
	asking, cancel := f.within(ctx)
	defer cancel()
	all, err := f.leases.List(asking, f.names.prefix())
	if err != nil {
		return err
	}
	return f.move(ctx, f.names.read(all))
}

// renew renews at once the lease by which the others know of this bridge, and those of the shards that it has. Each session ends before
// its lease does. It fails with ErrHeld if another is this bridge.
func (f *Fleet) renew(ctx context.Context) error {
	held := slices.Sorted(maps.Keys(f.held))
	lost, another := make([]bool, f.options.Shards), false
	err := f.atOnce(ctx, append([]int{itself}, held...), func(ctx context.Context, shard int) (err error) {
		if shard == itself {
			err = f.take(ctx, f.own())
			another = errors.Is(err, ErrHeld)
			return err
		}
		lost[shard], err = f.renewShard(ctx, shard)
		return err
	})
	if ctx.Err() != nil { // all ends, and is given up in order
		return ctx.Err()
	}
	f.lose(slices.DeleteFunc(held, func(shard int) bool { return !lost[shard] }))
	if another { // whatever else failed
		return ErrHeld
	}
	return err
}

// renewShard renews the lease of a shard, and reports whether that is lost.
func (f *Fleet) renewShard(ctx context.Context, shard int) (bool, error) {
	t, began := f.held[shard], time.Now()
	if t.ended() {
		return true, nil
	}
	f.standing.heard(shard, t.session.Heard())
	switch err := f.take(ctx, f.leaseOf(shard)); {
	case errors.Is(err, ErrHeld):
		return true, nil
	case err != nil:
		return false, err
	}
	return !t.extend(f.until(began)), nil
}

// move does what the leases of all say.
func (f *Fleet) move(ctx context.Context, v view) error {
	for _, shard := range v.stood {
		f.standing.told(shard)
	}
	f.compare(v.living)
	var others, mine []int
	for shard, home := range homesOf(f.options.Shards, slices.Collect(maps.Keys(v.living))) {
		ours, holder := home == f.options.ID, v.held[shard]
		switch {
		case f.held[shard] != nil && !ours:
			others = append(others, shard)
		case f.held[shard] == nil && ours && (holder == "" || holder == f.holder):
			mine = append(mine, shard)
		}
	}
	err := f.begin(ctx, mine)
	f.give(ctx, others)
	return err
}

// begin takes shards that nobody has, but for those at which somebody is faster.
func (f *Fleet) begin(ctx context.Context, shards []int) error {
	asked := make([]time.Time, f.options.Shards) // of those that it has now
	err := f.atOnce(ctx, shards, func(ctx context.Context, shard int) error {
		began := time.Now()
		err := f.take(ctx, f.leaseOf(shard))
		if err == nil {
			asked[shard] = began
		} else if errors.Is(err, ErrHeld) {
			err = nil
		}
		return err
	})
	for shard, began := range asked {
		if began.IsZero() {
			continue
		}
		var session Session
		session = f.open(f.names.session(shard), &receiver{next: f.next, shard: shard, standing: f.standing}, f.lostStore,
			func() { f.standing.heard(shard, session.Heard()) })
		f.keep(shard, newTenure(ctx, session, f.options.Settle, f.until(began)))
		f.observer.Moved(Taken)
		f.log.Info("shard taken", zap.Int("shard", shard))
	}
	return err
}

// lostStore is told that the broker did not have a session of this bridge's.
func (f *Fleet) lostStore() { f.standing.lost(f.options.Lease, f.fresh()) }

// lose ends sessions whose leases are another's, or may be.
func (f *Fleet) lose(shards []int) {
	f.end(shards, Lost, f.log.Warn, "shard lost: its lease could not be renewed in time")
}

// give disconnects the sessions of shards, and then lets others have them.
func (f *Fleet) give(ctx context.Context, shards []int) {
	f.end(shards, Given, f.log.Info, "shard given up")
	_ = f.atOnce(ctx, shards, func(ctx context.Context, shard int) error {
		asking, cancel := f.within(ctx)
		defer cancel()
		_ = f.leases.Release(asking, f.leaseOf(shard)) // or it ends by itself
		return nil
	})
}

// end disconnects the sessions of shards, all at once, and says why.
func (f *Fleet) end(shards []int, why Move, say func(string, ...zap.Field), text string) {
	for _, shard := range shards {
		f.held[shard].cancel()
	}
	for _, shard := range shards {
		f.held[shard].end()
		f.keep(shard, nil)
		f.observer.Moved(why)
		say(text, zap.Int("shard", shard))
	}
}

func (f *Fleet) keep(shard int, t *tenure) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if t == nil {
		delete(f.held, shard)
	} else {
		f.held[shard] = t
	}
}

// own is the lease by which the others know that this bridge lives.
func (f *Fleet) own() Lease {
	return Lease{Name: f.names.bridge(f.options.ID), Holder: f.holder, Note: f.options.Signer}
}

func (f *Fleet) leaseOf(shard int) Lease {
	l := Lease{Name: f.names.shard(shard), Holder: f.holder}
	if f.stands(shard) {
		l.Note = stands
	}
	return l
}

// atOnce asks about shards, some at a time, and returns the first error. That one fails says nothing of the others; together they take
// no longer than is between two rounds.
func (f *Fleet) atOnce(ctx context.Context, shards []int, ask func(ctx context.Context, shard int) error) error {
	ctx, cancel := context.WithTimeout(ctx, f.options.Lease/3)
	defer cancel()
	var asking errgroup.Group
	asking.SetLimit(maxAtOnce)
	for _, shard := range shards {
		asking.Go(func() error { return ask(ctx, shard) })
	}
	return asking.Wait()
}

func (f *Fleet) take(ctx context.Context, l Lease) error {
	ctx, cancel := f.within(ctx)
	defer cancel()
	return f.leases.Take(ctx, l, f.options.Lease)
}

// within bounds one question, so that there is time for several while a lease lasts.
func (f *Fleet) within(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, f.options.Lease/6)
}

// until is when a session ends whose lease was asked for at a time: early enough to have disconnected before the lease ends.
func (f *Fleet) until(asked time.Time) time.Time { return asked.Add(f.options.Lease * 4 / 5) }

// note keeps why a round failed, and says when that begins and ends.
func (f *Fleet) note(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	f.mu.Lock()
	before := f.failure
	f.failure, f.entered = err, f.entered || err == nil
	f.mu.Unlock()
	switch {
	case err != nil && (before == nil || before.Error() != err.Error()):
		f.log.Warn("the bridges of the fleet cannot agree", zap.Error(err))
	case err == nil && before != nil:
		f.log.Info("the bridges of the fleet agree again")
	}
}
