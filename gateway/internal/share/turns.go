package share

import (
	"context"
	"fmt"
	"slices"
	"sync"
)

type callerKey struct{}

// As returns a context of what is done for a caller.
func As(ctx context.Context, caller string) context.Context {
	return context.WithValue(ctx, callerKey{}, caller)
}

// CallerOf tells for whom something is done: empty for the gateway itself.
func CallerOf(ctx context.Context) string {
	caller, _ := ctx.Value(callerKey{}).(string)
	return caller
}

// Turns are places that callers take in turn: whoever waits, and does not hold its part already, gets
// one after each other caller has got at most one more; a caller's own wait in the order in which they came. One
// caller holds a part of the places at most, also while nobody else waits. It is safe for concurrent use. A wait is bounded by its context; how many there are, by what the gateway serves at once.
type Turns struct {
	most int // that one caller can hold

	mu    sync.Mutex
	free  int
	lines map[string]*line // of callers who hold a place or wait
	order []string         // the callers who wait, the next first
}

// line is what one caller has of Turns.
type line struct {
	held    int
	waiting []*Turn
}

// Turn is a place, or the wait for one.
type Turn struct {
	turns  *Turns
	caller string
	come   chan struct{}
	held   bool
	left   bool
}

// NewTurns returns places, one at least, of which a caller can hold percent, though always one.
func NewTurns(places, percent int) *Turns {
	return &Turns{most: max(1, places*percent/100), free: places, lines: make(map[string]*line)}
}

// Take waits for a place until ctx is done, for the caller of whom ctx is.
func (t *Turns) Take(ctx context.Context) (*Turn, error) {
	turn := t.Join(ctx)
	select {
	case <-turn.Come():
		return turn, nil
	case <-ctx.Done():
		turn.Leave()
		return nil, fmt.Errorf("wait for a turn: %w", ctx.Err())
	}
}

// Join begins to wait for a place, for the caller of whom ctx is. Leave it.
func (t *Turns) Join(ctx context.Context) *Turn {
	t.mu.Lock()
	defer t.mu.Unlock()
	turn := &Turn{turns: t, caller: CallerOf(ctx), come: make(chan struct{})}
	mine, known := t.lines[turn.caller]
	if !known {
		mine = new(line)
		t.lines[turn.caller] = mine
	}
	if len(mine.waiting) == 0 {
		t.order = append(t.order, turn.caller)
	}
	mine.waiting = append(mine.waiting, turn)
	t.next()
	return turn
}

// Come is closed when there is a place.
func (t *Turn) Come() <-chan struct{} { return t.come }

// Leave gives the place back, or ends the wait. Only the first does anything.
func (t *Turn) Leave() {
	all := t.turns
	all.mu.Lock()
	defer all.mu.Unlock()
	if t.left {
		return
	}
	t.left = true
	mine := all.lines[t.caller]
	if t.held {
		mine.held--
		all.free++
	} else if mine.waiting = slices.DeleteFunc(mine.waiting, func(w *Turn) bool { return w == t }); len(mine.waiting) == 0 {
		all.order = slices.DeleteFunc(all.order, func(caller string) bool { return caller == t.caller })
	}
	if mine.held == 0 && len(mine.waiting) == 0 {
		delete(all.lines, t.caller)
	}
	all.next()
}

// next gives free places to those whose turn it is. It needs the lock.
func (t *Turns) next() {
	for t.free > 0 {
		at := slices.IndexFunc(t.order, func(caller string) bool { return t.lines[caller].held < t.most })
		if at < 0 {
			return
		}
		caller := t.order[at]
		t.order = slices.Delete(t.order, at, at+1)
		mine := t.lines[caller]
		turn := mine.waiting[0]
		if mine.waiting = mine.waiting[1:]; len(mine.waiting) > 0 {
			t.order = append(t.order, caller)
		}
		t.free--
		mine.held++
		turn.held = true
		close(turn.come)
	}
}
