package model

import (
	"context"
	"slices"
	"sync"

	"github.com/waymark-ledger/waymark/gateway/internal/database"
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

// find returns the events from a position on that are asked for, at most maxEvents, and how many blocks it has looked at: as many
// as are asked for, or more. False if it does not hold all of them.
func (t *tail) find(ctx context.Context, db *database.DB, height uint64, f EventFilter, from Position) (found []Event, to uint64, ok bool, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.load(ctx, db, height); err != nil {
		return nil, height, false, err
	}
	if from.compare(t.from) < 0 {
		return nil, height, false, nil
	}
	first, _ := slices.BinarySearchFunc(t.events, from, func(e Event, p Position) int { return e.compare(p) })
	for _, e := range t.events[first:] {
		if f.fits(e) {
			if found = append(found, e); len(found) == maxEvents {
				break
			}
		}
	}
	return found, t.height, true, nil
}

// load reads what was added up to a height. It needs the lock.
func (t *tail) load(ctx context.Context, db *database.DB, height uint64) error {
	if !t.begun {
		t.begun, t.from, t.height = true, End(height), height
	}
	if height <= t.height {
		return nil
	}
	var added []Event
	err := db.View(ctx, func(ctx context.Context, s database.Statements) (err error) {
		added, err = eventsFrom(ctx, s, EventFilter{}, End(t.height), height, maxTail+1)
		return err
	})
	if err != nil {
		return err
	}
	t.height = height
	if len(added) > maxTail { // more than can be held: whoever follows reads the database until here
		t.events, t.from = nil, End(height)
		return nil
	}
	t.events = append(t.events, added...)
	if over := len(t.events) - maxTail; over > 0 {
		t.from = t.events[over-1].after()
		t.events = append([]Event(nil), t.events[over:]...)
	}
	return nil
}
