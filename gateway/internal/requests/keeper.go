package requests

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/pause"
	"github.com/waymark-ledger/waymark/gateway/internal/share"
	"go.uber.org/zap"
)

// Bounds of what is brought to its end.
const (
	maxRecoveries = 64 // at once
	maxOrphans    = 10000
	resolveWithin = 30 * time.Second // then the others have their turn
	pruneAtOnce   = 500
)

// pace is how often a process shows that it lives, and looks after the others.
type pace struct {
	beat time.Duration
	// dead is how long a process may not have beaten before its requests are taken over.
	// One that is only slow loses them and notices, so this need not be safe.
	dead    time.Duration
	recover time.Duration
	prune   time.Duration
	// barred is how long a transaction must have been refused by the ordering service, and be
	// in no block, to count as one that will be in none. It is longer than orderers keep what
	// they have taken and no block has (under BFT RequestAutoRemoveTimeout, 3 minutes).
	barred time.Duration
}

func usualPace() pace {
	return pace{beat: 2 * time.Second, dead: 10 * time.Second, recover: time.Second, prune: time.Minute, barred: 10 * time.Minute}
}

// Start shows the other processes that this one lives, and brings to an end what they or it
// left behind, until the runner is closed.
func (r *Runner) Start() {
	ctx, cancel := context.WithCancel(context.Background())
	r.running.Go(func() {
		<-r.stop
		cancel()
	})
	w := watch{patience: r.pace.dead, since: make(map[string]sighting)}
	r.running.Go(func() { r.every(ctx, r.pace.beat, "beat", func(ctx context.Context) error { return r.beat(ctx, w) }) })
	for what, loop := range map[string]struct {
		interval time.Duration
		do       func(context.Context) error
	}{
		"recover": {r.pace.recover, r.recoverAll},
		"prune":   {r.pace.prune, r.prune},
		"ledger":  {r.pace.prune, func(ctx context.Context) error { r.store.AskLedger(ctx); return nil }},
	} {
		r.running.Go(func() {
			select {
			case <-r.alive:
				r.every(ctx, loop.interval, what, loop.do)
			case <-ctx.Done():
			}
		})
	}
}

// every does something until ctx is done, and logs when it begins to fail, at most once a minute that
// it fails otherwise, and when it works again.
func (r *Runner) every(ctx context.Context, interval time.Duration, what string, do func(context.Context) error) {
	var failing string
	var said time.Time
	for {
		err := do(ctx)
		if ctx.Err() != nil {
			return
		}
		switch {
		case err == nil && failing != "":
			r.log.Info("looking after kept requests works again", zap.String("task", what))
			failing, said = "", time.Time{}
		case err != nil && err.Error() != failing && time.Since(said) > time.Minute:
			r.log.Warn("looking after kept requests fails", zap.String("task", what), zap.Error(err))
			failing, said = err.Error(), time.Now()
		}
		if !pause.For(ctx, interval) {
			return
		}
	}
}

// watch is how long each process has shown the same beat, by this process's own clock.
type watch struct {
	patience time.Duration
	since    map[string]sighting
}

type sighting struct {
	beat int64
	at   time.Time
}

// dead returns the processes that have not beaten for so long that they count as dead.
func (w watch) dead(beats map[string]int64, now time.Time) []string {
	var dead []string
	for gateway, beat := range beats {
		seen, known := w.since[gateway]
		if !known || seen.beat != beat {
			w.since[gateway] = sighting{beat: beat, at: now}
		} else if now.Sub(seen.at) >= w.patience {
			dead = append(dead, gateway)
		}
	}
	for gateway := range w.since {
		if _, there := beats[gateway]; !there {
			delete(w.since, gateway)
		}
	}
	return dead
}

// beat shows that this process lives, and takes the requests of those that do not. Where that
// fails the others may have failed too, so what was seen of them before says nothing.
func (r *Runner) beat(ctx context.Context, w watch) (err error) {
	defer func() {
		if err != nil {
			clear(w.since)
		}
		r.beaten.ended(err)
	}()
	if err := r.store.Prepare(ctx); err != nil {
		return err
	}
	if err := r.store.Beat(ctx, r.gateway); err != nil {
		return err
	}
	r.beaten.written()
	if err := r.kept.ask(ctx, r.store); err != nil {
		return err
	}
	gone, err := r.gone(ctx, w)
	if err != nil {
		return err
	}
	for _, gateway := range gone {
		if err := r.store.Adopt(ctx, gateway, r.gateway); err != nil {
			return err
		}
		r.log.Info("another process is gone: took its requests over", zap.String("gateway", gateway))
	}
	if !r.onRoster() {
		close(r.alive)
	}
	return nil
}

// onRoster reports whether this process has beaten.
func (r *Runner) onRoster() bool {
	select {
	case <-r.alive:
		return true
	default:
		return false
	}
}

// gone returns the processes whose requests nobody works on: that left, that are dead, or,
// when this one finds itself alone, all others.
func (r *Runner) gone(ctx context.Context, w watch) ([]string, error) {
	beats, err := r.store.Beats(ctx)
	if err != nil {
		return nil, err
	}
	delete(beats, r.gateway)
	if !r.onRoster() {
		alone, err := r.store.Exclusive()
		if err != nil {
			return nil, err
		}
		if alone {
			return slices.Collect(maps.Keys(beats)), nil
		}
	}
	_, left := beats[nobody]
	delete(beats, nobody)
	found := w.dead(beats, time.Now())
	if left {
		found = append(found, nobody)
	}
	return found, nil
}

// recoverAll brings the requests of this process that no operation works on to their end. It goes
// on without those for which that fails, until the store takes no ends at all.
func (r *Runner) recoverAll(ctx context.Context) error {
	ids, err := r.store.Pending(ctx, r.gateway, maxOrphans)
	if err != nil {
		return err
	}
	r.forgetOthers(ids)
	w := recovery{places: make(chan struct{}, maxRecoveries)}
	defer w.running.Wait()
	for _, id := range ids {
		if r.operation(id) != nil {
			continue
		}
		select {
		case w.places <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
		if w.stopped() {
			break
		}
		w.running.Go(func() {
			defer func() { <-w.places }()
			w.note(r.recover(ctx, id))
		})
	}
	w.running.Wait()
	return w.err()
}

// recovery is one round of it.
type recovery struct {
	places  chan struct{}
	running sync.WaitGroup

	mu     sync.Mutex
	failed int
	first  error // of those that failed
	lost   int   // of those, whose end the store did not take
}

func (w *recovery) note(err error) {
	if err == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.failed++; w.first == nil {
		w.first = err
	}
	if errors.Is(err, errUnnoted) {
		w.lost++
	}
}

func (w *recovery) stopped() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.lost >= maxRecoveries
}

func (w *recovery) err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.first == nil {
		return nil
	}
	return fmt.Errorf("%d requests could not be brought to their end yet, of which the first: %w", w.failed, w.first)
}

// errUnnoted is that the store takes no end.
var errUnnoted = errors.New("the end could not be noted")

// recover brings one request to its end. One that fails here is tried again.
func (r *Runner) recover(ctx context.Context, id string) error {
	kept, tx, err := r.store.Open(ctx, id, r.gateway)
	if errors.Is(err, ErrLost) {
		return nil
	}
	if err == nil {
		err = r.settle(ctx, kept, tx)
	}
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("transaction %s: %w", kept.TxID, err)
	}
	return nil
}

// settle resolves the last transaction of a request: its answer follows, or its key is free.
func (r *Runner) settle(ctx context.Context, kept Record, tx ledger.Endorsed) error {
	within, cancel := context.WithTimeout(share.As(ctx, kept.Caller), resolveWithin)
	defer cancel()
	fate, err := r.resolve(within, kept.ID, tx)
	if err != nil {
		return err
	}
	end := End{State: Failed, Fate: &fate}
	if fate.Status == ledger.Valid && kept.Whole {
		end.State, end.Answer = Done, Answer{Commit: commitOf(fate), Result: tx.Result}
	} else {
		end.Error = told(ineffective(fate))
	}
	r.tellOnce(kept.ID, Ended{Caller: kept.Caller, Operation: kept.Operation, TxID: fate.TxID, Status: fate.Status, Error: end.Error})
	err = r.store.Finish(ctx, kept.ID, r.gateway, end)
	if err != nil && !errors.Is(err, ErrLost) {
		return fmt.Errorf("%w: %w", errUnnoted, err)
	}
	r.forget(kept.ID)
	if err == nil {
		r.metrics.recovered.WithLabelValues(string(end.State)).Inc()
	}
	return nil
}

// prune forgets what was kept long enough.
func (r *Runner) prune(ctx context.Context) error {
	for {
		n, err := r.store.Prune(ctx, r.limits.Keep, pruneAtOnce)
		if err != nil || n < pruneAtOnce {
			return err
		}
	}
}
