package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/test/internal/followers"
	"github.com/waymark-ledger/waymark/test/internal/timing"
)

// level is what was measured with so many clients.
type level struct {
	clients, events int             // events are those that each client was sent
	latencies       []time.Duration // of each event at each client, from its block
	peakMiB         int             // of the gateway
	cpu             time.Duration   // of the gateway
	took            time.Duration
}

// level measures how soon clients have events.
func (g *gateway) level(ctx context.Context, a amounts, clients int) (l level, err error) {
	blocks, err := followers.Watch(ctx, g.network, member)
	if err != nil {
		return l, err
	}
	defer func() { err = errors.Join(err, blocks.Close()) }()
	if err := g.process.ForgetPeak(); err != nil {
		return l, err
	}
	c, err := followers.Gather(ctx, g.network, member, clients)
	if err != nil {
		return l, err
	}
	defer c.Close()
	if l, err = g.watch(ctx, a, c, clients); err != nil {
		return l, err
	}
	l.latencies, err = c.Latencies(blocks)
	return l, err
}

// watch writes at a steady rate, and waits until all clients have all of it.
func (g *gateway) watch(ctx context.Context, a amounts, c *followers.Crowd, clients int) (l level, err error) {
	before, err := g.process.CPU()
	if err != nil {
		return l, err
	}
	began := time.Now()
	admin, err := g.client(waymark.Admin)
	if err != nil {
		return l, err
	}
	defer admin.Close()
	written, err := g.products.Write(ctx, admin, a.perSecond, a.each)
	if err != nil {
		return l, err
	}
	l = level{clients: clients, events: written}
	err = until(ctx, func() (bool, error) {
		n, err := c.Have()
		return n >= written*l.clients, err
	})
	if n, _ := c.Have(); err != nil || n != written*l.clients {
		return l, fmt.Errorf("clients have %d events of %d: %w", n, written*l.clients, err)
	}
	l.took = time.Since(began)
	after, err := g.process.CPU()
	if err != nil {
		return l, err
	}
	l.cpu = after - before
	l.peakMiB, err = g.process.PeakMiB()
	return l, err
}

func (l level) quantile(percent int) float64 {
	return float64(timing.Quantile(l.latencies, percent)) / float64(time.Millisecond)
}
