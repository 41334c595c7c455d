package main

import (
	"context"
	"fmt"

	"github.com/waymark-ledger/waymark/test/internal/command"
	"github.com/waymark-ledger/waymark/test/internal/timing"
)

// ingested is a row of ingest, with the most memory that a process of each kind had, in MiB.
type ingested struct {
	row
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
// and what is measured can go on for ever. Every message that was published has to be recorded in the end.
func (b *bench) ingest(ctx context.Context, p pack) (i ingested, err error) {
	atOnce := b.amounts.devices * p.window
	i.row = row{name: p.name, at: inFlight(atOnce), alone: true, readings: p.readings}
	command.Progress(p.name + ", " + i.at)
	messages := int((b.amounts.each+warmUp).Seconds())*p.ceiling/b.amounts.devices + p.window
	var all *ledger
	err = b.published(ctx, load{devices: b.amounts.devices, messages: messages, readings: p.readings, window: p.window, of: follower},
		func(ctx context.Context, u *underway) error {
			all = u.ledger
			if err := u.ledger.await(ctx, 2*atOnce); err != nil {
				return err
			}
			if err := b.meter.forget(); err != nil {
				return err
			}
			during, err := b.during(ctx, i.id(), b.amounts.each, u.ledger.recorded)
			if err != nil {
				return err
			}
			i.add(during, timing.Cell{})
			i.peaks, err = b.meter.peaks()
			return err
		})
	if err != nil {
		return i, err
	}
	i.recorded = all.recorded()
	return i, nil
}
