package fleet

import (
	"context"
	"time"
)

// Session keeps the session of a shard at the broker.
type Session interface {
	// Run keeps it, connecting again for ever, until ctx ends. Then it disconnects, within a second.
	Run(ctx context.Context)
	// Subscribed reports whether messages can arrive now, as far as is known: a connection can be gone for a while before that shows.
	Subscribed() bool
	// Heard returns when something was sent that the broker has answered over the connection that the session has, at most a short
	// time ago while that is good; zero if it has answered nothing.
	Heard() time.Time
	// InDoubt reports whether the connection was lost, so that the broker may have lost the session too, and is not made again.
	InDoubt() bool
}

// tenure is a shard while this bridge has it.
type tenure struct {
	session Session
	cancel  context.CancelFunc
	timer   *time.Timer     // ends it before the lease does
	over    <-chan struct{} // closed when it is to end
	done    chan struct{}   // closed once the session has disconnected
}

// newTenure keeps the session of a shard until a time, unless it is extended. It waits for settle first: the broker is to have given up
// the holder before, and to send again what that one did not acknowledge.
func newTenure(ctx context.Context, s Session, settle time.Duration, until time.Time) *tenure {
	ctx, cancel := context.WithCancel(ctx)
	t := &tenure{session: s, cancel: cancel, timer: time.AfterFunc(time.Until(until), cancel), over: ctx.Done(), done: make(chan struct{})}
	go func() {
		defer close(t.done)
		select {
		case <-time.After(settle):
			s.Run(ctx)
		case <-ctx.Done():
		}
	}()
	return t
}

// extend lets it last until a later time, and reports whether it had not ended by then.
func (t *tenure) extend(until time.Time) bool {
	return t.timer.Reset(time.Until(until)) && !t.ended()
}

func (t *tenure) ended() bool {
	select {
	case <-t.over:
		return true
	default:
		return false
	}
}

// end disconnects, and waits for that.
func (t *tenure) end() {
	t.timer.Stop()
	t.cancel()
	<-t.done
}
