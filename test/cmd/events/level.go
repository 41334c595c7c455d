package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/test/internal/audit"
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

// blocks is when a bare stream of Fabric's had each block: the peer has committed it then.
type blocks struct {
	mu   sync.Mutex
	seen map[uint64]time.Time
}

// follow notes when blocks come, until ctx is done.
func (b *blocks) follow(stream <-chan *peer.FilteredBlock) {
	for block := range stream {
		now := time.Now()
		b.mu.Lock()
		b.seen[block.GetNumber()] = now
		b.mu.Unlock()
	}
}

// level measures how soon clients have events.
func (g *gateway) level(ctx context.Context, a amounts, clients int) (l level, err error) {
	bare, err := audit.ConnectAs(g.network, member, waymark.Viewer)
	if err != nil {
		return l, err
	}
	defer func() { err = errors.Join(err, bare.Close()) }()
	following, stop := context.WithCancel(ctx)
	stream, err := bare.Commits(following)
	if err != nil {
		stop()
		return l, err
	}
	b := &blocks{seen: map[uint64]time.Time{}}
	var reading sync.WaitGroup
	reading.Go(func() { b.follow(stream) })
	defer reading.Wait()
	defer stop()
	if err := g.process.ForgetPeak(); err != nil {
		return l, err
	}
	c, err := g.gather(ctx, clients)
	if err != nil {
		return l, err
	}
	defer c.close()
	if l, err = g.watch(ctx, a, c); err != nil {
		return l, err
	}
	l.latencies, err = c.latencies(b)
	return l, err
}

// watch writes at a steady rate, and waits until all clients have all of it.
func (g *gateway) watch(ctx context.Context, a amounts, c *crowd) (l level, err error) {
	before, err := g.process.CPU()
	if err != nil {
		return l, err
	}
	began := time.Now()
	written, err := g.write(ctx, a)
	if err != nil {
		return l, err
	}
	l = level{clients: len(c.all), events: written}
	err = until(ctx, func() (bool, error) {
		n, err := c.have()
		return n >= written*l.clients, err
	})
	if n, _ := c.have(); err != nil || n != written*l.clients {
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

// maxWriting bounds the writes that are under way.
const maxWriting = 100

// write registers products at a steady rate, and returns how many.
func (g *gateway) write(ctx context.Context, a amounts) (int, error) {
	c, err := g.client(waymark.Admin)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	ticker := time.NewTicker(time.Second / time.Duration(a.perSecond))
	defer ticker.Stop()
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	places := make(chan struct{}, maxWriting)
	var writing sync.WaitGroup
	n := 0
	for end := time.Now().Add(a.each); time.Now().Before(end) && ctx.Err() == nil; n++ {
		<-ticker.C
		g.serial++
		product := waymark.RegisterProductRequest{GTIN: gtin(g.serial), Name: "vaccine"}
		places <- struct{}{}
		writing.Go(func() {
			defer func() { <-places }()
			if _, err := c.RegisterProduct(ctx, product, client.WithoutKey()); err != nil {
				fail(fmt.Errorf("a write failed: %w", err))
			}
		})
	}
	writing.Wait()
	return n, context.Cause(ctx)
}

// latencies are how long after its block each event was there.
func (c *crowd) latencies(b *blocks) (all []time.Duration, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, f := range c.all {
		f.mu.Lock()
		for _, e := range f.came {
			seen, is := b.seen[e.block]
			if !is {
				err = fmt.Errorf("the bare stream has not block %d", e.block)
			}
			all = append(all, max(e.at.Sub(seen), 0))
		}
		f.mu.Unlock()
	}
	return all, err
}

func (l level) quantile(percent int) float64 {
	return float64(timing.Quantile(l.latencies, percent)) / float64(time.Millisecond)
}

// gtin is a number of 14 digits, the last its check digit (GS1 General Specifications, 7.9.1).
func gtin(serial int) string {
	digits := fmt.Sprintf("%013d", serial)
	sum := 0
	for i, d := range digits {
		weight := 3 - 2*(i%2)
		sum += weight * int(d-'0')
	}
	return fmt.Sprintf("%s%d", digits, (10-sum%10)%10)
}
