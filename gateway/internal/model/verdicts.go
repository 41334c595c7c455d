package model

import (
	"context"
	"fmt"
	"sync"
	"time"

	rules "github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/database"
)

const (
	// maxDecided bounds what is held of what was decided.
	maxDecided = 20_000
	// decidedFor is how long that is taken for what it was: policies can ask what time it is.
	decidedFor = time.Second
)

// judged is what was decided about events, for all who follow, at one height of the model: about each once for each asker.
type judged struct {
	mu     sync.Mutex
	height uint64
	since  time.Time
	n      int
	by     map[asker]*verdicts
}

// asker is who asks, and what for.
type asker struct {
	caller  rules.Caller
	purpose string
}

// verdicts are whether an asker may know of events. Whoever needs more of them keeps the others of the asker waiting, who then find
// them.
type verdicts struct {
	mu sync.Mutex
	of map[Position]bool
}

// of returns what was decided for an asker at a height, which may be nothing yet.
func (d *judged) of(who asker, height uint64, now time.Time) *verdicts {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.by == nil || height > d.height || now.Sub(d.since) > decidedFor || d.n >= maxDecided {
		d.height, d.since, d.n, d.by = max(height, d.height), now, 0, map[asker]*verdicts{}
	}
	v := d.by[who]
	if v == nil {
		d.n++
		v = &verdicts{of: map[Position]bool{}}
		d.by[who] = v
	}
	return v
}

// add counts what was decided.
func (d *judged) add(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.n += n
}

// missing are those that are not decided about. It needs the lock.
func (v *verdicts) missing(found []Event) (all []Event) {
	for _, e := range found {
		if _, is := v.of[e.Position]; !is {
			all = append(all, e)
		}
	}
	return all
}

// mayKnow leaves out what a caller may not know of, by the model at a height or a later one.
func (m *Model) mayKnow(ctx context.Context, by rules.Tx, purpose string, height uint64, found []Event) (shown []Event, err error) {
	if len(found) == 0 {
		return nil, nil
	}
	v := m.judged.of(asker{by.Caller, purpose}, height, time.Now())
	v.mu.Lock()
	defer v.mu.Unlock()
	if missing := v.missing(found); len(missing) > 0 {
		if err := m.decide(ctx, by, purpose, missing, v.of); err != nil {
			return nil, err
		}
	}
	for _, e := range found {
		if v.of[e.Position] {
			shown = append(shown, e)
		}
	}
	return shown, nil
}

// decide asks the rules about events.
func (m *Model) decide(ctx context.Context, by rules.Tx, purpose string, events []Event, into map[Position]bool) error {
	m.judged.add(len(events))
	return m.snapshot(ctx, func(ctx context.Context, s database.Statements, _ uint64) error {
		v := view{records{ctx, s}, by}
		for _, e := range events {
			ok, err := visible(v, e, purpose)
			if err != nil {
				return fmt.Errorf("event %s: %w", e.Position, err)
			}
			into[e.Position] = ok
		}
		return nil
	})
}
