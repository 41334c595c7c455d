package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/test/internal/device"
	"github.com/waymark-ledger/waymark/test/internal/trip"
)

// runner runs devices side by side.
type runner struct {
	options
	dir       string
	broker    device.Broker
	samples   func(n int) ([]trip.Sample, error)
	fileStart time.Time // zero for a made-up trip

	mu  sync.Mutex
	out io.Writer
}

// all runs the devices and prints the summary. It fails if one of them failed or
// has messages left that were not acknowledged.
func (r *runner) all(ctx context.Context, ids []string) error {
	began := time.Now()
	totals, failures := make([]total, len(ids)), make([]error, len(ids))
	var wg sync.WaitGroup
	for n, id := range ids {
		wg.Go(func() {
			totals[n], failures[n] = r.one(ctx, n, id)
			if failures[n] != nil {
				failures[n] = fmt.Errorf("%s: %w", id, failures[n])
			}
			r.printf("%s: %s", id, totals[n])
		})
	}
	wg.Wait()
	var sum total
	for _, t := range totals {
		sum.add(t)
	}
	took := time.Since(began)
	_, err := fmt.Fprintf(r.out, "%d devices: %s in %.1f s (%.0f messages/s)\n", len(ids), sum, took.Seconds(),
		float64(sum.counts.Acknowledged)/took.Seconds())
	return errors.Join(append(failures, err)...)
}

func (r *runner) printf(format string, args ...any) {
	if r.quiet {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	_, _ = fmt.Fprintf(r.out, format+"\n", args...)
}

// one runs one device: the nth.
func (r *runner) one(ctx context.Context, n int, id string) (t total, err error) {
	samples, err := r.samples(n)
	if err != nil {
		return t, err
	}
	d, err := device.Open(r.dir, id)
	if err != nil {
		return t, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	if left := len(d.Outbox()); left > 0 {
		r.printf("%s: publishes %d messages of an earlier run again", id, left)
	}
	broker := r.broker
	broker.Notice = func(text string) { r.printf("%s: %s", id, text) }
	broker.Down = func(payload []byte) { r.printf("%s: received %d bytes", id, len(payload)) }
	session, err := connect(ctx, d, broker, r.patience)
	if err != nil {
		return t, err
	}
	t, err = r.publish(ctx, d, session, samples)
	err = errors.Join(err, flush(ctx, session, r.patience), session.Close())
	t.counts = session.Counts()
	if left := len(d.Outbox()); left > 0 {
		err = errors.Join(err, fmt.Errorf("%d messages are not acknowledged: run again to publish them", left))
	}
	return t, err
}

// refusedWait is how long a device that was refused waits before it tries again:
// a bridge that has just started refuses everybody for a moment.
const refusedWait = time.Second

func connect(ctx context.Context, d *device.Device, b device.Broker, patience time.Duration) (*device.Session, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		session, err := d.Connect(ctx, b)
		if !errors.Is(err, device.ErrRefused) {
			return session, err
		}
		b.Notice(err.Error())
		select {
		case <-time.After(refusedWait):
		case <-ctx.Done():
			return nil, err
		}
	}
}

func flush(ctx context.Context, s *device.Session, patience time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := s.Flush(ctx); err != nil {
		return fmt.Errorf("wait for acknowledgements: %w", err)
	}
	return nil
}

// publish signs and sends the samples, each not before its time.
func (r *runner) publish(ctx context.Context, d *device.Device, s *device.Session, samples []trip.Sample) (total, error) {
	var t total
	clock := newClock(r.options, r.fileStart)
	for i, sample := range samples {
		at, err := clock.reach(ctx, sample.After)
		if err != nil {
			return t, err
		}
		for _, reading := range sample.Readings {
			reading.Time = at
			clock.pending = append(clock.pending, reading)
		}
		if (i+1)%r.pack != 0 && i+1 < len(samples) {
			continue
		}
		m, err := d.Seal(attest.Format(r.format), clock.pending, r.private...)
		if err != nil {
			return t, err
		}
		t.signed, t.readings = t.signed+1, t.readings+len(clock.pending)
		clock.pending = nil
		if err := s.Send(ctx, m); err != nil {
			return t, err
		}
		if err := clock.pace(ctx); err != nil {
			return t, err
		}
	}
	return t, nil
}
