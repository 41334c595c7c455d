package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	"github.com/waymark-ledger/waymark/test/internal/usage"
)

// load is what devices publish, and how.
type load struct {
	devices  int
	messages int  // of a device, at most
	readings int  // of a message
	window   int  // messages of a device under way; without a rate
	anchored bool // but for the first of each device
	timed    bool // it is told in the end when each was published
	rate     float64
	of       string                                          // the member by whose peer what is recorded is followed
	told     func(place string, number uint64, at time.Time) // of each message, as its block comes; may be nil
}

// underway is a load while devices publish it.
type underway struct {
	load
	prefix string
	ledger *ledger
	start  time.Time // when the first message is due; with a rate alone
	sent   published // known in the end, if it is timed
}

// published has devices publish a load while measure does its work, and fails unless each message that was published is recorded in the end.
func (b *bench) published(ctx context.Context, l load, measure func(context.Context, *underway) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	u := &underway{load: l, prefix: b.newPrefix()}
	f, err := b.startFleet(ctx, u)
	if err != nil {
		return err
	}
	defer f.end()
	b.meter.processes[devices] = []usage.Process{usage.Process(f.pid())}
	defer delete(b.meter.processes, devices)
	u.ledger = &ledger{prefix: u.prefix, told: l.told}
	if err := b.follow(ctx, cancel, l.of, f, u.ledger); err != nil {
		return err
	}
	defer u.ledger.stop()
	if u.start, err = f.begin(l.rate > 0); err != nil {
		return err
	}
	if l.anchored {
		if err := b.anchors(ctx, u, f); err != nil {
			return err
		}
	}
	if err := measure(ctx, u); err != nil {
		return err
	}
	published, err := f.finish()
	if err != nil {
		return err
	}
	if err := u.ledger.await(ctx, published); err != nil {
		return fmt.Errorf("of %d messages that were published %d are recorded: %w", published, u.ledger.recorded(), err)
	}
	if l.timed {
		u.sent, err = readPublished(b.times(u.prefix))
	}
	return err
}

// times is where a fleet says when it published what.
func (b *bench) times(prefix string) string { return filepath.Join(b.site.Work, prefix+"times.json") }

// due is when the message of a device, by its place, is: devices take turns.
func (u *underway) due(place string, number uint64) time.Time {
	nth, _ := strconv.Atoi(place) // the bench's own device
	turn := float64(number-1)*float64(u.devices) + float64(nth)
	return u.start.Add(time.Duration(turn / u.rate * float64(time.Second)))
}

// within says of a message how late it was, and whether it was due in a time.
func (u *underway) within(from, to time.Time) func(arrival) (time.Duration, bool) {
	return func(a arrival) (time.Duration, bool) {
		due := u.due(a.place, a.number)
		return a.at.Sub(due), !due.Before(from) && due.Before(to)
	}
}

// dueBy is how many messages were due at a time.
func (u *underway) dueBy(at time.Time) int { return int(at.Sub(u.start).Seconds() * u.rate) }

// backlog is how many messages were due by now, and are not recorded.
func (u *underway) backlog() int { return u.dueBy(time.Now()) - u.ledger.recorded() }

// mayLag is how much of what is due may be added to the backlog by a way that holds a rate: blocks come in steps.
const mayLag = 0.02

// keepsUp reports whether a backlog that grew by so many messages did not, at a rate for so long.
func keepsUp(grew int, rate float64, took time.Duration) bool {
	return float64(grew) <= mayLag*rate*took.Seconds()
}
