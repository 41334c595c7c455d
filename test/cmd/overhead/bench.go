package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/network/endpoints"
	"github.com/waymark-ledger/waymark/test/internal/bare"
	"github.com/waymark-ledger/waymark/test/internal/command"
	"github.com/waymark-ledger/waymark/test/internal/timing"
	"github.com/waymark-ledger/waymark/test/internal/usage"
)

// Who calls, on all sides with the same identity and by the same peer.
const (
	member = "producer"
	role   = waymark.Admin
)

// callTimeout bounds one call: with thousands in flight most of it is waiting for a turn.
const callTimeout = time.Minute

// The sides, of which bare is what the others are compared with.
const (
	bareSide    = "bare"
	gatewaySide = "gateway"
	keyedSide   = "gateway_keyed"
)

// level is how many calls are in flight, how many each side makes in one round, and how many
// rounds there are.
type level struct{ inFlight, writes, reads, rounds int }

// loads are the levels of a run.
type loads struct {
	levels []level
	limit  time.Duration // of one side's part of a round
}

// loads are what is measured. Rounds are short, since a machine can be a third slower a few
// seconds later, and even in number, so that each side is as often first as last.
func (s settings) loads() loads {
	if s.Quick {
		return loads{levels: []level{{1, 3, 10, 2}, {8, 24, 80, 2}}, limit: 10 * time.Second}
	}
	return loads{levels: []level{{1, 20, 300, 12}, {4, 80, 1000, 12}, {16, 250, 2000, 20}, {64, 500, 3000, 20}, {2000, 5000, 12000, 2}}, limit: 45 * time.Second}
}

// bench calls the ledger by all sides.
type bench struct {
	loads   loads
	bare    direct
	gateway *gateway
	process usage.Process // of the gateway
	serial  int           // of the product that was registered last
}

func newBench(ctx context.Context, n *endpoints.Network, l loads, pid int) (*bench, error) {
	g, err := newGateway(n, l.levels[len(l.levels)-1].inFlight)
	if err != nil {
		return nil, err
	}
	if err := g.awaitReady(ctx); err != nil {
		return nil, err
	}
	side, err := bare.New(ctx, n, member, role, n.Chaincode)
	if err != nil {
		return nil, err
	}
	return &bench{loads: l, bare: direct{side}, gateway: g, process: usage.Process(pid)}, nil
}

func (b *bench) close() error {
	b.gateway.close()
	return b.bare.Close()
}

// side is one way to do a work.
type side struct {
	name string
	call func(ctx context.Context, serial int) (waymark.Product, error)
}

// work is what all its sides do.
type work struct {
	name  string
	reads bool
	sides []side
}

func (b *bench) works() []work {
	return []work{
		{name: "write", sides: []side{
			{bareSide, func(ctx context.Context, n int) (waymark.Product, error) { return b.bare.register(ctx, product(n)) }},
			{gatewaySide, func(ctx context.Context, n int) (waymark.Product, error) {
				return b.gateway.register(ctx, product(n), client.WithoutKey())
			}},
			{keyedSide, func(ctx context.Context, n int) (waymark.Product, error) { return b.gateway.register(ctx, product(n)) }},
		}},
		{name: "read", reads: true, sides: []side{
			{bareSide, func(ctx context.Context, n int) (waymark.Product, error) { return b.bare.read(ctx, gtin(n)) }},
			{gatewaySide, func(ctx context.Context, n int) (waymark.Product, error) { return b.gateway.read(ctx, gtin(n)) }},
		}},
	}
}

// product is the registration of a product that nothing else touches.
func product(serial int) waymark.RegisterProductRequest {
	return waymark.RegisterProductRequest{GTIN: gtin(serial), Name: "vaccine"}
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

// row is what was measured of a work at a level.
type row struct {
	work    string
	level   level
	sides   []result // the bare one first
	peakMiB int      // the most memory that the gateway had
}

// result is a side of a row, over all rounds.
type result struct {
	side      string
	cell      timing.Cell
	perSecond []float64 // of each round
	cpu       cpu
}

// cpu is how long processes used a processor: all is the whole machine, with the network on it.
type cpu struct{ client, gateway, all time.Duration }

// readable is how many products there are to be read.
const readable = 100

// measure measures every work at every level.
func (b *bench) measure(ctx context.Context) ([]row, error) {
	if err := b.begin(ctx); err != nil {
		return nil, err
	}
	var rows []row
	for _, l := range b.loads.levels {
		for _, w := range b.works() {
			command.Progress(fmt.Sprintf("%s, %d in flight", w.name, l.inFlight))
			r, err := b.row(ctx, w, l)
			if err != nil {
				return nil, fmt.Errorf("%s, %d in flight: %w", w.name, l.inFlight, err)
			}
			rows = append(rows, r)
		}
	}
	return rows, nil
}

// begin registers the products that are read.
func (b *bench) begin(ctx context.Context) error {
	few := level{inFlight: 8}
	cell, err := b.calls(ctx, b.works()[0].sides[0], few, readable, false)
	if err == nil && len(cell.Latencies) != readable {
		err = fmt.Errorf("%d of %d products are registered: %v", len(cell.Latencies), readable, cell.Failures)
	}
	return err
}

// row measures the sides of a work in turn, round by round, so that what changes meanwhile
// changes for all of them.
func (b *bench) row(ctx context.Context, w work, l level) (row, error) {
	r := row{work: w.name, level: l}
	for _, s := range w.sides {
		r.sides = append(r.sides, result{side: s.name})
	}
	if err := errors.Join(b.process.ForgetPeak(), b.warm(ctx, w, l)); err != nil {
		return r, err
	}
	order := make([]int, len(w.sides))
	for i := range order {
		order[i] = i
	}
	for range l.rounds {
		for _, i := range order {
			if err := b.round(ctx, w, l, w.sides[i], &r.sides[i]); err != nil {
				return r, fmt.Errorf("%s: %w", w.sides[i].name, err)
			}
		}
		slices.Reverse(order)
	}
	var err error
	r.peakMiB, err = b.process.PeakMiB()
	return r, err
}

// warm makes calls that are not timed: one for each that will be in flight, so that
// connections are open.
func (b *bench) warm(ctx context.Context, w work, l level) error {
	for _, s := range w.sides {
		cell, err := b.calls(ctx, s, l, l.inFlight, w.reads)
		if err != nil {
			return err
		}
		if len(cell.Latencies) == 0 {
			return fmt.Errorf("no call of %s went through: %v", s.name, cell.Failures)
		}
	}
	return nil
}

// round adds one round of a side to its result.
func (b *bench) round(ctx context.Context, w work, l level, s side, r *result) error {
	count := l.writes
	if w.reads {
		count = l.reads
	}
	before, err := b.used()
	if err != nil {
		return err
	}
	cell, err := b.calls(ctx, s, l, count, w.reads)
	if err != nil {
		return err
	}
	after, err := b.used()
	r.add(cell, before, after)
	return err
}

// add adds a round.
func (r *result) add(cell timing.Cell, before, after cpu) {
	r.perSecond = append(r.perSecond, cell.Summary().PerSecond)
	r.cell.Add(cell)
	r.cpu.client += after.client - before.client
	r.cpu.gateway += after.gateway - before.gateway
	r.cpu.all += after.all - before.all
}

// calls makes calls of a side. Each write registers a product of its own; reads are of
// those that were registered first.
func (b *bench) calls(ctx context.Context, s side, l level, count int, reads bool) (timing.Cell, error) {
	first := b.serial + 1
	if !reads {
		b.serial += count
	}
	load := timing.Load{Count: count, InFlight: l.inFlight, Limit: b.loads.limit, Timeout: callTimeout}
	return timing.Run(ctx, load, func(_, n int) (timing.Call, error) {
		serial := first + n
		if reads {
			serial = 1 + n%readable
		}
		return func(ctx context.Context) error {
			p, err := s.call(ctx, serial)
			if err == nil && p.GTIN != gtin(serial) {
				err = errWrong
			}
			return err
		}, nil
	}, failure)
}

// used is what the processes, and all of the machine, have used so far.
func (b *bench) used() (cpu, error) {
	own, err := usage.Process(os.Getpid()).CPU()
	if err != nil {
		return cpu{}, err
	}
	its, err := b.process.CPU()
	if err != nil {
		return cpu{}, err
	}
	all, err := usage.Machine()
	return cpu{own, its, all}, err
}
