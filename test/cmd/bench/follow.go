package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/test/internal/audit"
)

// ledger is what is recorded of the devices of a fleet.
type ledger struct {
	prefix string
	told   func(place string, number uint64, at time.Time) // of each message, as its block comes; may be nil
	stop   func()                                          // ends following

	mu    sync.Mutex
	count int
	runs  runs          // of those
	more  chan struct{} // closed, and made anew, when more is recorded
}

// follow counts what a member's peer records of devices with a prefix from now on, and tells the fleet. What fails
// ends all with fail.
func (b *bench) follow(ctx context.Context, fail context.CancelCauseFunc, of string, f *fleet, l *ledger) error {
	p, err := audit.ConnectAs(b.network, of, waymark.Viewer)
	if err != nil {
		return err
	}
	height, err := p.Height(ctx)
	if err != nil {
		return errors.Join(err, p.Close())
	}
	ctx, end := context.WithCancel(ctx)
	l.more = make(chan struct{})
	var following sync.WaitGroup
	following.Go(func() {
		err := p.Follow(ctx, height, func(recorded []audit.Recorded) {
			if err := f.tell(l.add(recorded)); err != nil {
				fail(err)
			}
		})
		if err != nil {
			fail(err)
		}
	})
	l.stop = func() {
		end()
		following.Wait()
		_ = p.Close() // it was only read from
	}
	return nil
}

// add notes what a block has, and returns how many messages of each device, by its place.
func (l *ledger) add(recorded []audit.Recorded) map[string]int {
	counts, now := map[string]int{}, time.Now()
	n, found := 0, runs{}
	for _, r := range recorded {
		if place, is := strings.CutPrefix(r.Device, l.prefix); is {
			counts[place]++
			n++
			found.add(r)
			if l.told != nil {
				l.told(place, r.Sequence, now)
			}
		}
	}
	if n == 0 {
		return counts
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.count += n
	l.runs.messages, l.runs.windows = l.runs.messages+found.messages, l.runs.windows+found.windows
	close(l.more)
	l.more = make(chan struct{})
	return counts
}

// recorded is how many messages are recorded.
func (l *ledger) recorded() int {
	n, _ := l.now()
	return n
}

// anchored is what came of those that are anchored.
func (l *ledger) anchored() runs {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.runs
}

func (l *ledger) now() (int, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.count, l.more
}

// stalled is how long nothing at all may be recorded.
const stalled = 30 * time.Second

// errStalled is a way on which nothing moves.
var errStalled = fmt.Errorf("nothing was recorded for %s", stalled)

// await waits until so many messages are recorded.
func (l *ledger) await(ctx context.Context, want int) error {
	for {
		n, more := l.now()
		if n >= want {
			return nil
		}
		select {
		case <-more:
		case <-time.After(stalled):
			return errStalled
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
