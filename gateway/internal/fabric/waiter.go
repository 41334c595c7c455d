package fabric

import (
	"context"
	"slices"
	"time"
)

// waiter waits for the block of one transaction.
type waiter struct {
	stream *stream
	txID   string
	fates  chan fate // holds the first
	// covered says that no block with the transaction can have gone by unseen. It is for
	// whoever waits to say, who knows when the transaction was submitted first.
	covered bool
}

// join begins to wait for a transaction, which is covered if it was in no block before. Leave when done.
func (s *stream) join(txID string) *waiter {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := &waiter{stream: s, txID: txID, fates: make(chan fate, 1), covered: s.begun}
	s.waiting[txID] = append(s.waiting[txID], w)
	return w
}

func (w *waiter) leave() {
	s := w.stream
	s.mu.Lock()
	defer s.mu.Unlock()
	left := slices.DeleteFunc(s.waiting[w.txID], func(other *waiter) bool { return other == w })
	if len(left) == 0 {
		delete(s.waiting, w.txID)
		return
	}
	s.waiting[w.txID] = left
}

// tell is called by the stream, and does not block.
func (w *waiter) tell(f fate) {
	select {
	case w.fates <- f:
	default:
	}
}

// sound reports whether the stream alone would have shown the transaction.
func (w *waiter) sound() bool { return w.covered && w.stream.now().Connected }

// wait returns the fate as the stream tells it, unless that takes too long or ctx is done.
func (w *waiter) wait(ctx context.Context, long time.Duration) (fate, bool) {
	timer := time.NewTimer(long)
	defer timer.Stop()
	select {
	case f := <-w.fates:
		return f, true
	case <-timer.C:
	case <-ctx.Done():
	}
	return fate{}, false
}
