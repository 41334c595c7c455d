package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/waymark-ledger/waymark/test/internal/usage"
)

// load is what devices publish, and how.
type load struct {
	devices  int
	messages int // of a device, at most
	readings int // of a message
	window   int // messages of a device under way; without a rate
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
	return nil
}

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
