package main

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/waymark-ledger/waymark/test/internal/command"
	"github.com/waymark-ledger/waymark/test/internal/timing"
)

// steady is what was measured with messages at a rate: the time of each is from when its device meant to publish it, whatever came
// before it, to when the block with it is at the peer of the member whose bridge it is.
type steady struct {
	row
	wanted  float64 // messages a second
	backlog [2]int  // messages that were due and not recorded, as the measurement began and ended
	peaks   map[kind]int
}

// measureLatency measures at each of the rates, and at a part of the best one if that is known.
func measureLatency(ctx context.Context, b *bench, r *report) error {
	measure := func(rate float64, at string) error {
		measured, err := b.steadily(ctx, row{name: "latency", at: at, readings: 1}, b.amounts.devices, rate)
		if err != nil {
			return fmt.Errorf("%s: %w", at, err)
		}
		r.latency = append(r.latency, measured)
		return nil
	}
	for _, rate := range b.amounts.rates {
		if err := measure(rate, aSecond(rate)); err != nil {
			return err
		}
	}
	if len(r.ingest) == 0 {
		return nil
	}
	return measure(math.Round(r.ingest[0].rate()*bestPart), fmt.Sprintf("%.0f percent of the best", bestPart*100))
}

// steadily measures devices that publish at a rate, one reading a message.
func (b *bench) steadily(ctx context.Context, r row, devices int, rate float64) (s steady, err error) {
	command.Progress(fmt.Sprintf("%s, %s: %.0f messages a second of %d devices", r.name, r.at, rate, devices))
	came := &arrivals{}
	s = steady{row: r, wanted: rate}
	err = b.published(ctx, steadyLoad(devices, rate, b.amounts.ramp+b.amounts.each, came.note), func(ctx context.Context, u *underway) error {
		from := u.start.Add(b.amounts.ramp)
		if err := pause(ctx, time.Until(from)); err != nil {
			return err
		}
		if err := b.meter.forget(); err != nil {
			return err
		}
		s.backlog[0] = u.backlog()
		during, err := b.during(ctx, r.id(), b.amounts.each, u.ledger.recorded)
		if err != nil {
			return err
		}
		s.backlog[1] = u.backlog()
		s.add(during, timing.Cell{})
		came.due = u.within(from, from.Add(b.amounts.each))
		s.peaks, err = b.meter.peaks()
		return err
	})
	if err != nil {
		return s, err
	}
	s.cell.Latencies = came.latencies()
	return s, nil
}

// steadyLoad is of one reading a message at a rate, for so long and a while more.
func steadyLoad(devices int, rate float64, long time.Duration, told func(place string, number uint64, at time.Time)) load {
	messages := (long+warmUp).Seconds()*rate/float64(devices) + 2
	return load{devices: devices, messages: int(messages), readings: 1, rate: rate, of: member, told: told}
}

// held reports whether as much was recorded as was due, so that the spool did not grow.
func (s steady) held() bool {
	return keepsUp(s.backlog[1]-s.backlog[0], s.wanted, s.spent.took)
}

// arrivals is when messages were there.
type arrivals struct {
	due func(arrival) (late time.Duration, counts bool) // known once devices publish

	mu  sync.Mutex
	all []arrival
}

type arrival struct {
	place  string
	number uint64
	at     time.Time
}

func (a *arrivals) note(place string, number uint64, at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.all = append(a.all, arrival{place, number, at})
}

// latencies are those of all messages that count.
func (a *arrivals) latencies() (all []time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, one := range a.all {
		if late, counts := a.due(one); counts {
			all = append(all, max(late, 0))
		}
	}
	return all
}
