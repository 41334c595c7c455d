package model

import (
	"context"
	"slices"
	"sync"

	"github.com/waymark-ledger/waymark/gateway/internal/database"
	"github.com/waymark-ledger/waymark/gateway/internal/share"
)

// maxTail bounds the events that are held.
const maxTail = 2000

// tail holds the last events, for all who follow: a block is read once, however many streams there are.
type tail struct {
	mu     sync.Mutex
	begun  bool
	from   Position // all events from here on up to height are held
	height uint64
	events []Event
}

// find returns the events from a position on that are asked for, at most maxEvents, of a model that has so many blocks or more.
// False if it does not hold all of them.
func (t *tail) find(ctx context.Context, m *Model, height uint64, f EventFilter, from Position) (all stretch, ok bool, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.load(ctx, m, height); err != nil {
		return all, false, err
	}
	if from.compare(t.from) < 0 {
		return all, false, nil
	}
	all.next, all.height = End(t.height), t.height
	first, _ := slices.BinarySearchFunc(t.events, from, func(e Event, p Position) int { return e.compare(p) })
	for _, e := range t.events[first:] {
		if !f.fits(e) {
			continue
		}
		if all.events = append(all.events, e); len(all.events) == maxEvents {
			all.next = e.after()
			break
		}
	}
	return all, true, nil
}

// load reads what was added since a model had fewer blocks. It needs the lock.
func (t *tail) load(ctx context.Context, m *Model, height uint64) error {
	if !t.begun {
		t.begun, t.from, t.height = true, End(height), height
	}
	if height <= t.height {
		return nil
	}
	var added stretch
	ctx = share.As(ctx, "") // it is for all who wait, whoever asks
	err := m.snapshot(ctx, func(ctx context.Context, s database.Statements, last uint64) (err error) {
		added, err = eventsFrom(ctx, s, EventFilter{}, End(t.height), last+1, bounds{maxTail + 1, maxTail + 1})
		return err
	})
	if err != nil {
		return err
	}
	t.height = added.height
	if len(added.events) > maxTail { // more than can be held: whoever follows reads the database until here
		t.events, t.from = nil, End(t.height)
		return nil
	}
	t.events = append(t.events, added.events...)
	if over := len(t.events) - maxTail; over > 0 {
		t.from = t.events[over-1].after()
		t.events = append([]Event(nil), t.events[over:]...)
	}
	return nil
}
