package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"google.golang.org/grpc/status"

	"github.com/waymark-ledger/waymark/test/internal/bare"
	"github.com/waymark-ledger/waymark/test/internal/command"
	"github.com/waymark-ledger/waymark/test/internal/speaker"
	"github.com/waymark-ledger/waymark/test/internal/timing"
)

const (
	// callTimeout bounds one call of the ledger itself.
	callTimeout = time.Minute
	// plenty is more calls than there is time for.
	plenty = 1 << 30
	// settling is how long the network is let alone before it is measured at rest.
	settling = 5 * time.Second
	// patience is how long a chaincode may be unknown to peers after it was deployed.
	patience = time.Minute
)

// begin waits until the ledger itself can be called.
func (b *bench) begin(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		_, err := b.raw.Submit(ctx, "put", []byte("begin"), []byte("begin"))
		if err == nil {
			return nil
		}
		if over := pause(ctx, 200*time.Millisecond); over != nil {
			return fmt.Errorf("nothing can be put: %w", errors.Join(err, over))
		}
	}
}

// idle is the network at rest.
func (b *bench) idle(ctx context.Context) (spent, error) {
	command.Progress("the network at rest")
	if err := pause(ctx, settling); err != nil {
		return spent{}, err
	}
	return b.during(ctx, "idle", b.amounts.idle, func() int { return 0 })
}

// measureRaw measures the network at rest, and the ledger itself at each level.
func measureRaw(ctx context.Context, b *bench, r *report) (err error) {
	if r.idle, err = b.idle(ctx); err != nil {
		return err
	}
	for _, level := range b.amounts.raw {
		r.raw = append(r.raw, row{name: "raw", at: inFlight(level), readings: 1})
	}
	for i, level := range b.amounts.raw {
		if err := b.rawLevel(ctx, &r.raw[i], level); err != nil {
			return err
		}
	}
	return nil
}

// rawAgain measures each level again, in the other order and after all else, so that what changes meanwhile shows.
func rawAgain(ctx context.Context, b *bench, r *report) error {
	for i, level := range slices.Backward(b.amounts.raw) {
		if err := b.rawLevel(ctx, &r.raw[i], level); err != nil {
			return err
		}
	}
	return nil
}

// rawLevel adds a round of a level: one signed reading a transaction, as fast as the ledger takes them. It is
// looked at when all that may be in flight is, and until before it ends.
func (b *bench) rawLevel(ctx context.Context, r *row, level int) error {
	command.Progress("raw, " + r.at)
	device, err := speaker.New("raw", b.network.Consortium)
	if err != nil {
		return err
	}
	said, err := device.Say(time.Now(), r.readings)
	if err != nil {
		return err
	}
	keys := fmt.Sprintf("raw-%d-%d-", level, r.rounds)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	var cell timing.Cell
	load := timing.Load{Count: plenty, InFlight: level, Limit: b.amounts.ramp + b.amounts.rawEach, Timeout: callTimeout}
	go func() {
		var err error
		cell, err = timing.Run(ctx, load, func(_, n int) (timing.Call, error) {
			key := fmt.Append(nil, keys, n)
			return func(ctx context.Context) error {
				_, err := b.raw.Submit(ctx, "put", key, said.Raw)
				return err
			}, nil
		}, failure)
		ended <- err
	}()
	during, err := b.rampedUp(ctx, r.id())
	if err != nil {
		cancel()
	}
	if err := errors.Join(err, <-ended); err != nil {
		return fmt.Errorf("%s: %w", r.at, err)
	}
	r.add(during, cell)
	return nil
}

// rampedUp measures after the ramp. A transaction is a message.
func (b *bench) rampedUp(ctx context.Context, name string) (spent, error) {
	if err := pause(ctx, b.amounts.ramp); err != nil {
		return spent{}, err
	}
	return b.during(ctx, name, b.amounts.rawEach, func() int { return b.raw.Seen().Transactions })
}

// failure names what kept a call from doing what it should.
func failure(err error) string {
	var invalid bare.Invalid
	switch {
	case errors.As(err, &invalid):
		return invalid.Error()
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	}
	return status.Convert(err).Message()
}
