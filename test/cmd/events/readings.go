package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/test/internal/command"
	"github.com/waymark-ledger/waymark/test/internal/speaker"
)

// readings is what was measured of the feed of the read model.
type readings struct {
	recorded  int           // readings
	took      time.Duration // for them
	cpu       time.Duration // of the gateway meanwhile, all of it
	mostBlock int           // that the model was behind at most, as it was seen every half second
	caughtUp  time.Duration // until the model had all, after the last was recorded
	// rebuilt is `gateway model rebuild` of the whole ledger, and before of what there was before the readings: the
	// difference is what they cost a feed, and nothing else.
	before, rebuilt, checked ran
	blocks                   int
}

// What a device sends at a time.
const (
	messagesAtOnce    = 50
	readingsAMessage  = 10
	lookAtModelsEvery = 500 * time.Millisecond
)

// readings measures what readings cost, as fast as the ledger takes them.
func (g *gateway) readings(ctx context.Context, a amounts) (r readings, err error) {
	if err := g.site.Network.Stop(ctx, gatewayOf); err != nil {
		return r, err
	}
	if r.before, err = g.model(ctx, "rebuild"); err != nil {
		return r, err
	}
	if err := g.start(ctx); err != nil {
		return r, err
	}
	if err := g.ingest(ctx, a, &r); err != nil {
		return r, err
	}
	if err := g.site.Network.Stop(ctx, gatewayOf); err != nil {
		return r, err
	}
	if r.rebuilt, err = g.model(ctx, "rebuild"); err == nil {
		r.checked, err = g.model(ctx, "check")
	}
	return r, err
}

// ingest has devices send readings, each a batch after another.
func (g *gateway) ingest(ctx context.Context, a amounts, r *readings) error {
	command.Progress(fmt.Sprintf("%d devices send readings", a.devices))
	all, err := g.speakers(ctx, a.devices)
	if err != nil {
		return err
	}
	relay, err := g.client(waymark.Relay)
	if err != nil {
		return err
	}
	defer relay.Close()
	looking, stop := context.WithCancel(ctx)
	var looked error
	var looker sync.WaitGroup
	looker.Go(func() { looked = g.look(looking, r) })
	before, err := g.process.CPU()
	if err == nil {
		err = r.send(ctx, a, relay, all)
	}
	stop()
	looker.Wait()
	if err := errors.Join(err, looked); err != nil {
		return err
	}
	began := time.Now()
	if err := until(ctx, func() (bool, error) {
		n, err := g.behind(ctx)
		return n == 0, err
	}); err != nil {
		return err
	}
	r.caughtUp = time.Since(began)
	after, err := g.process.CPU()
	r.cpu = after - before
	if err != nil {
		return err
	}
	metrics, err := g.metrics(ctx)
	r.blocks = int(metrics["waymark_gateway_model_blocks"])
	return err
}

// look notes how far the model is behind at most, until ctx is done.
func (g *gateway) look(ctx context.Context, r *readings) error {
	ticker := time.NewTicker(lookAtModelsEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			n, err := g.behind(ctx)
			if ctx.Err() != nil {
				return nil
			}
			if err != nil {
				return err
			}
			r.mostBlock = max(r.mostBlock, n)
		}
	}
}

// send has each device send until the time is over.
func (r *readings) send(ctx context.Context, a amounts, relay *client.Client, all []*speaker.Speaker) error {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	began := time.Now()
	var recorded atomic.Int64
	var sending sync.WaitGroup
	for _, s := range all {
		sending.Go(func() {
			for time.Since(began) < a.ingest && ctx.Err() == nil {
				n, err := send(ctx, relay, s)
				if err != nil {
					fail(err)
				}
				recorded.Add(int64(n))
			}
		})
	}
	sending.Wait()
	r.recorded, r.took = int(recorded.Load()), time.Since(began)
	return context.Cause(ctx)
}
