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
	"github.com/waymark-ledger/waymark/test/internal/command"
	"github.com/waymark-ledger/waymark/test/internal/timing"
	"github.com/waymark-ledger/waymark/test/internal/usage"
)

// stalled is how long nothing at all may be recorded.
const stalled = 30 * time.Second

// through measures the whole way: devices in a process of their own, the embedded broker, the bridge, the
// gateway, the ledger. A device publishes more as its messages are recorded, so that the spool does not grow,
// and what is measured can go on for ever. Every message that was published has to be recorded in the end.
func (b *bench) through(ctx context.Context, readings, window int) (r row, err error) {
	name := "through_single"
	if readings > 1 {
		name = fmt.Sprintf("through_packs_of_%d", readings)
	}
	r = row{name: name, inFlight: b.amounts.devices * window, readings: readings}
	command.Progress(fmt.Sprintf("%s, %d in flight", name, r.inFlight))
	prefix := fmt.Sprintf("bench-%d-%d-", readings, window)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	f, err := b.startFleet(ctx, prefix, readings, window)
	if err != nil {
		return r, err
	}
	defer f.end()
	b.meter.processes[devices] = []usage.Process{usage.Process(f.pid())}
	defer delete(b.meter.processes, devices)
	l, err := b.follow(ctx, cancel, prefix, f)
	if err != nil {
		return r, err
	}
	defer l.stop()
	if err := f.begin(); err != nil {
		return r, err
	}
	during, err := b.steadily(ctx, l, r)
	if err != nil {
		return r, fmt.Errorf("%s: %w", name, err)
	}
	r.add(during, timing.Cell{})
	published, err := f.finish()
	if err != nil {
		return r, fmt.Errorf("%s: %w", name, err)
	}
	if err := l.await(ctx, published); err != nil {
		return r, fmt.Errorf("%s: of %d messages that were published %d are recorded: %w", name, published, l.recorded(), err)
	}
	return r, nil
}

// steadily measures once so many messages are recorded that devices send as they are let.
func (b *bench) steadily(ctx context.Context, l *ledger, r row) (spent, error) {
	if err := l.await(ctx, 2*r.inFlight); err != nil {
		return spent{}, err
	}
	return b.during(ctx, r.id(), b.amounts.each, l.recorded)
}

// ledger is what is recorded of the devices of a fleet.
type ledger struct {
	prefix string
	stop   func() // ends following

	mu    sync.Mutex
	count int
	more  chan struct{} // closed, and made anew, when more is recorded
}

// follow counts what a peer records of devices with a prefix from now on, and tells the fleet. What fails
// ends all with fail.
func (b *bench) follow(ctx context.Context, fail context.CancelCauseFunc, prefix string, f *fleet) (*ledger, error) {
	p, err := audit.ConnectAs(b.network, follower, waymark.Viewer)
	if err != nil {
		return nil, err
	}
	height, err := p.Height(ctx)
	if err != nil {
		return nil, errors.Join(err, p.Close())
	}
	ctx, end := context.WithCancel(ctx)
	l := &ledger{prefix: prefix, more: make(chan struct{})}
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
	return l, nil
}

// add notes what a block has, and returns how many messages of each device, by its place.
func (l *ledger) add(recorded []audit.Recorded) map[string]int {
	counts := map[string]int{}
	n := 0
	for _, r := range recorded {
		if place, is := strings.CutPrefix(r.Device, l.prefix); is {
			counts[place]++
			n++
		}
	}
	if n == 0 {
		return counts
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.count += n
	close(l.more)
	l.more = make(chan struct{})
	return counts
}

// recorded is how many messages are recorded.
func (l *ledger) recorded() int {
	n, _ := l.now()
	return n
}

func (l *ledger) now() (int, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.count, l.more
}

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
