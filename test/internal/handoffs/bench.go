package handoffs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/network/endpoints"
	"github.com/waymark-ledger/waymark/test/internal/app"
	"github.com/waymark-ledger/waymark/test/internal/timing"
)

const (
	consignor = "producer"
	consignee = "retailer"
	// setupAtOnce is how many shipments are prepared at once.
	setupAtOnce = 10
	// handoffTimeout bounds one handoff, setupTimeout the preparation of a level.
	handoffTimeout = 30 * time.Second
	setupTimeout   = 2 * time.Minute
)

// hands are the members between which the goods go to and fro: neither consignor nor
// consignee, whose custody would end the journey.
var hands = [2]string{"carrier", "auditor"}

// Level is how many shipments are handed over in parallel, and how many handoffs there are
// in all, if there is time.
type Level struct{ Parallel, Handoffs int }

// Bench calls the gateways of one network.
type Bench struct {
	network *endpoints.Network
	prefix  string
	apps    map[string]*app.App // operators, by member
}

// New returns a bench whose items and shipments have ids with a prefix, of which there is one bench on a network.
func New(n *endpoints.Network, prefix string) (*Bench, error) {
	b := &Bench{network: n, prefix: prefix, apps: map[string]*app.App{}}
	for member := range n.Members {
		a, err := app.New(n, member, waymark.Operator)
		if err != nil {
			return nil, err
		}
		b.apps[member] = a
	}
	return b, nil
}

// journey is a shipment on its way. One worker at a time has it.
type journey struct {
	shipment string
	goods    waymark.Line
	holder   int    // the place in hands of the custodian
	open     uint64 // the handoff that is offered and not accepted, 0 if there is none
	unsure   bool   // a call failed: what is so has to be asked
}

// Row is what was measured at a level.
type Row struct {
	Level Level
	Cell  timing.Cell
	// Counted is what the gateways counted meanwhile.
	Counted Counts
}

// Measure prepares the shipments of a level and times handoffs.
func (b *Bench) Measure(ctx context.Context, l Level, limit time.Duration) (Row, error) {
	journeys, err := b.prepare(ctx, l.Parallel)
	if err != nil {
		return Row{}, err
	}
	before, err := b.count(ctx)
	if err != nil {
		return Row{}, err
	}
	load := timing.Load{Count: l.Handoffs, InFlight: l.Parallel, Limit: limit, Timeout: handoffTimeout}
	cell, err := timing.Run(ctx, load, func(worker, _ int) (timing.Call, error) {
		j := journeys[worker]
		if err := b.find(ctx, j); err != nil {
			return nil, err
		}
		return func(ctx context.Context) error { return b.handOver(ctx, j) }, nil
	}, failure)
	if err != nil {
		return Row{}, err
	}
	after, err := b.count(ctx)
	return Row{l, cell, after.Less(before)}, err
}

// prepare makes shipments, each in the first of the hands.
func (b *Bench) prepare(ctx context.Context, count int) ([]*journey, error) {
	journeys, serials := make([]*journey, count), make([]string, count)
	for n := range journeys {
		serials[n] = fmt.Sprintf("%s%d-%d", b.prefix, count, n)
	}
	goods, _, err := app.Commission(ctx, b.network, consignor, serials...)
	if err != nil {
		return nil, err
	}
	load := timing.Load{Count: count, InFlight: min(count, setupAtOnce), Limit: setupTimeout, Timeout: setupTimeout}
	cell, err := timing.Run(ctx, load, func(_, n int) (timing.Call, error) {
		journeys[n] = &journey{shipment: "shipment-" + serials[n], goods: goods[n]}
		return func(ctx context.Context) error { return b.begin(ctx, journeys[n]) }, nil
	}, error.Error)
	if err == nil && len(cell.Latencies) != count {
		err = fmt.Errorf("%d of %d shipments are prepared: %v", len(cell.Latencies), count, cell.Failures)
	}
	return journeys, err
}

// begin creates a shipment without conditions and hands it to the first of the hands.
func (b *Bench) begin(ctx context.Context, j *journey) error {
	request := waymark.CreateShipmentRequest{ID: j.shipment, Consignee: consignee, Goods: []waymark.Line{j.goods}}
	if _, err := b.apps[consignor].CreateShipment(ctx, request); err != nil {
		return err
	}
	return b.pass(ctx, j, consignor, hands[0])
}

// handOver is what is timed: an offer by the custodian, and its acceptance as soon as the
// other's peer knows of it.
func (b *Bench) handOver(ctx context.Context, j *journey) error {
	j.unsure = true
	if err := b.pass(ctx, j, hands[j.holder], hands[1-j.holder]); err != nil {
		return err
	}
	j.holder, j.unsure = 1-j.holder, false
	return nil
}

// pass offers, unless that is done, and accepts.
func (b *Bench) pass(ctx context.Context, j *journey, from, to string) error {
	if j.open == 0 {
		offered, err := b.apps[from].OfferHandoff(ctx, waymark.OfferHandoffRequest{Shipment: j.shipment, To: to, ExpiresAt: time.Now().Add(time.Hour)})
		if err != nil {
			return err
		}
		j.open = offered.Result.Number
		if err := app.Settle(ctx, offered.Transaction.TxID, b.apps[to]); err != nil {
			return err
		}
	}
	_, err := b.apps[to].AcceptHandoff(ctx, waymark.AcceptHandoffRequest{Shipment: j.shipment, Number: j.open})
	if err == nil {
		j.open = 0
	}
	return err
}

// find asks where a shipment is after a call that failed. It is not timed.
func (b *Bench) find(ctx context.Context, j *journey) error {
	if !j.unsure {
		return nil
	}
	view, err := b.apps[consignor].Shipment(ctx, waymark.ShipmentQuery{Shipment: j.shipment})
	if err != nil {
		return fmt.Errorf("find %s: %w", j.shipment, err)
	}
	j.holder, j.open, j.unsure = 0, 0, false
	if view.Custody.Custodian == hands[1] {
		j.holder = 1
	}
	if last := view.Handoffs[len(view.Handoffs)-1]; last.State == waymark.HandoffOffered {
		j.open = last.Number
	}
	return nil
}

// failure names what kept a handoff from happening: the code of the refusal, if it is one.
func failure(err error) string {
	var p *app.Problem
	switch {
	case errors.As(err, &p):
		return string(p.Code)
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	}
	return err.Error()
}
