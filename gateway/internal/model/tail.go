package model

import (
	"context"
	"sync"

	rules "github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/database"
)

// maxTail bounds the events that are held.
const maxTail = 2000

// tail holds the last events, and what was decided about them, for all who follow: a block is read once, and
// decided about once for each identity, however many streams there are.
type tail struct {
	mu     sync.Mutex
	begun  bool
	from   Position // all events from here on up to height are held
	height uint64
	events []Event

	decidedAt uint64 // the height of the model that decided is of
	decided   map[decision]bool
}

// decision is one of whether a caller may know of an event.
type decision struct {
	caller  rules.Caller
	purpose string
	of      Position
}

// find returns the events from a position on that are asked for, at most maxEvents; false if it does not
// hold all of them.
func (t *tail) find(ctx context.Context, db *database.DB, height uint64, f EventFilter, from Position) (found []Event, ok bool, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.load(ctx, db, height); err != nil {
		return nil, false, err
	}
	if from.compare(t.from) < 0 {
		return nil, false, nil
	}
	for _, e := range t.events {
		if e.compare(from) >= 0 && f.fits(e) {
			if found = append(found, e); len(found) == maxEvents {
				break
			}
		}
	}
	return found, true, nil
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
		added, err = eventsFrom(ctx, s, EventFilter{}, End(t.height), maxTail+1)
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
	for n := range added {
		if added[n].Block >= height { // of a block that was added since: next time
			added = added[:n]
			break
		}
	}
	t.events = append(t.events, added...)
	if over := len(t.events) - maxTail; over > 0 {
		t.from = t.events[over-1].behind()
		t.events = append([]Event(nil), t.events[over:]...)
	}
	return nil
}

// decide returns what was decided at the same height, or decides.
func (t *tail) decide(d decision, height uint64, anew func() (bool, error)) (bool, error) {
	t.mu.Lock()
	if height != t.decidedAt || len(t.decided) >= 10*maxTail {
		t.decidedAt, t.decided = height, map[decision]bool{}
	}
	known, is := t.decided[d]
	t.mu.Unlock()
	if is {
		return known, nil
	}
	known, err := anew()
	if err != nil {
		return false, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if height == t.decidedAt {
		t.decided[d] = known
	}
	return known, nil
}
