package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/waymark-ledger/waymark/test/internal/command"
	"github.com/waymark-ledger/waymark/test/internal/timing"
)

// ingested is a row of ingest, with the most memory that a process of each kind had, in MiB.
type ingested struct {
	row
	anchored bool
	runs     runs // in the measurement
	peaks    map[kind]int
	recorded int // messages, before and after the measurement too
}

// measureIngest measures the whole way with messages of each kind, as fast as it takes them.
func measureIngest(ctx context.Context, b *bench, r *report) error {
	for _, p := range b.amounts.packs {
		measured, err := b.ingest(ctx, p)
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		r.ingest = append(r.ingest, measured)
	}
	return nil
}

// ingest measures the whole way: devices in a process of their own, the embedded broker, the bridge, the
// gateway, the ledger. A device publishes more as its messages are recorded, so that the spool does not grow,
// and what is measured can go on for ever. A message is timed from when it is published. Every message that was published has to be recorded in the end.
func (b *bench) ingest(ctx context.Context, p pack) (i ingested, err error) {
	l, came := b.loadOf(p), &arrivals{}
	l.told = came.note
	atOnce := l.devices * l.window
	i.row, i.anchored = row{name: p.name, at: inFlight(atOnce), alone: true, readings: p.readings}, p.anchored
	command.Progress(p.name + ", " + i.at)
	var all *underway
	var from time.Time
	err = b.published(ctx, l, func(ctx context.Context, u *underway) error {
		all = u
		if err := u.ledger.await(ctx, 2*atOnce); err != nil {
			return err
		}
		if err := b.meter.forget(); err != nil {
			return err
		}
		before := u.ledger.anchored()
		from = time.Now()
		during, err := b.during(ctx, i.id(), b.amounts.each, u.ledger.recorded)
		if err != nil {
			return err
		}
		i.add(during, timing.Cell{})
		i.runs = u.ledger.anchored().less(before)
		i.peaks, err = b.meter.peaks()
		return err
	})
	if err != nil {
		return i, err
	}
	if i.anchored && i.runs.messages == 0 {
		return i, errors.New("nothing was anchored: the log of the gateway and what the ledger refused say why")
	}
	came.due = all.sent.during(from, from.Add(b.amounts.each))
	i.cell.Latencies, i.recorded = came.latencies(), all.ledger.recorded()
	return i, nil
}

// loadOf is what devices publish as fast as it is recorded.
func (b *bench) loadOf(p pack) load {
	l := load{devices: b.amounts.devices, readings: p.readings, window: p.window, anchored: p.anchored, timed: true, of: follower}
	if p.devices > 0 {
		l.devices = p.devices
	}
	l.messages = int((b.amounts.each+warmUp).Seconds())*p.ceiling/l.devices + p.window
	return l
}
