package model_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/goods"
	rules "github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/policy"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/database/databasetest"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/model"
	"pgregory.net/rapid"
)

// depot is a world in which goods are packed, shipped and made into others. Each of its transactions is a block, with
// its event.
type depot struct {
	*world
	decided []string // the transactions that recorded decisions
}

const otherGTIN = "04012345123456"

// What there can be in a depot.
var (
	depotItems      = []string{item("a"), item("b"), item("c"), waymark.Item(otherGTIN, "a").String()}
	depotLots       = []string{lot("L1"), lot("L2"), lot("made")}
	depotContainers = []string{"https://id.gs1.org/00/395060001234567894", "https://id.gs1.org/00/395060001234567900", "https://id.gs1.org/00/395060001234567917"}
	depotThings     = slices.Concat(depotItems, depotLots, depotContainers, []string{item("s0-1"), item("s1-1"), item("s2-1"), item("s3-1")})
	depotDevices    = []string{"logger-1", "logger-2", "probe-1"}
	depotShipments  = []string{"s0", "s1", "s2"}
)

func item(serial string) string { return waymark.Item(scenario.GTIN, serial).String() }
func lot(number string) string {
	return waymark.Goods{GTIN: scenario.GTIN, Lot: number}.String()
}

func newDepot(t *testing.T) *depot {
	t.Helper()
	d := &depot{world: newWorld(t)}
	d.Device("logger-2", "carrier")
	d.Device("probe-1", "producer")
	d.block()
	admin := d.As("producer", waymark.Admin)
	done(t, d, admin, goods.RegisterProduct, waymark.RegisterProductRequest{GTIN: otherGTIN, Name: "other", Regulators: []string{"auditor"}})
	done(t, d, admin, goods.Commission, waymark.CommissionRequest{Lot: depotLots[0], Items: depotItems[:2]})
	done(t, d, admin, goods.Commission, waymark.CommissionRequest{Items: depotItems[2:3]})
	done(t, d, admin, goods.Commission, waymark.CommissionRequest{Items: depotItems[3:]})
	done(t, d, admin, goods.Commission, waymark.CommissionRequest{Lot: depotLots[1], Quantity: "10", Unit: "KGM"})
	return d
}

// histories is how many are tried of what can happen.
const histories = 30

// worked is a depot in which something has happened: the nth history there can be, always the same. Every other begins
// with a shipment that a device witnesses.
func worked(t *testing.T, n int) *depot {
	t.Helper()
	d := newDepot(t)
	if producer := d.As("producer", waymark.Operator); n%2 == 0 {
		done(t, d, producer, goods.Pack, waymark.PackRequest{ID: "begin", Container: depotContainers[0], Lines: []waymark.Line{{ID: depotItems[0]}, {ID: depotLots[1], Quantity: "1"}}})
		done(t, d, producer, custody.Create, waymark.CreateShipmentRequest{ID: "s0", Consignee: "carrier", Goods: []waymark.Line{{ID: depotContainers[0]}}})
		done(t, d, producer, custody.Attach, waymark.AttachDeviceRequest{Shipment: "s0", Device: "logger-1"})
	}
	rapid.Custom(func(rt *rapid.T) int {
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			d.work(rt)
		}
		return 0
	}).Example(n)
	return d
}

// do makes one transaction a block, with its event, if the rules allow it.
func do[Q waymark.Validator, R any](d *depot, caller rules.Caller, rule func(rules.Ledger, Q) (R, error), q Q) (result R, err error) {
	if err := q.Validate(); err != nil {
		return result, err
	}
	tx := d.Tx(caller)
	event, err := d.World.Submit(tx, func(l rules.Ledger) error {
		result, err = rule(l, q)
		return err
	})
	if err != nil {
		return result, err
	}
	d.block()
	made := &d.blocks[len(d.blocks)-1].Transactions[0]
	made.TxID, made.Member = tx.ID, caller.Member
	if event.Name != "" {
		made.Event = &ledger.Event{Name: event.Name, Payload: event.Payload}
	}
	return result, nil
}

func done[Q waymark.Validator, R any](t *testing.T, d *depot, caller rules.Caller, rule func(rules.Ledger, Q) (R, error), q Q) R {
	t.Helper()
	result, err := do(d, caller, rule, q)
	if err != nil {
		t.Fatalf("%T: %v", q, err)
	}
	return result
}

// work does one thing of many; whether it succeeds does not matter.
func (d *depot) work(t *rapid.T) {
	operator := d.As(rapid.SampledFrom([]string{"producer", "producer", "carrier", "carrier", "retailer", "auditor"}).Draw(t, "member"), waymark.Operator)
	act := fmt.Sprint("act-", len(d.blocks))
	one := func(of []string) string { return rapid.SampledFrom(of).Draw(t, "thing") }
	switch rapid.SampledFrom([]string{"pack", "pack", "pack", "unpack", "transform", "decommission", "ship", "ship", "move", "move", "device", "device", "decide"}).Draw(t, "work") {
	case "pack":
		_, _ = do(d, operator, goods.Pack, waymark.PackRequest{ID: act, Container: one(depotContainers), Lines: []waymark.Line{line(t)}})
	case "unpack":
		_, _ = do(d, operator, goods.Unpack, waymark.UnpackRequest{ID: act, Container: one(depotContainers), Lines: []waymark.Line{line(t)}})
	case "transform":
		_, _ = do(d, operator, goods.Transform, waymark.TransformRequest{ID: act, Inputs: []waymark.Line{{ID: depotLots[1], Quantity: "2"}},
			Outputs: []waymark.Output{{ID: depotLots[2], Quantity: "2", Unit: "KGM"}}})
	case "decommission":
		_, _ = do(d, operator, goods.Decommission, waymark.DecommissionRequest{ID: act, Lines: []waymark.Line{line(t)}, Reason: "sold"})
	case "ship":
		_, _ = do(d, operator, custody.Create, waymark.CreateShipmentRequest{ID: one(depotShipments), Consignee: one(everyone), Goods: []waymark.Line{line(t)},
			Conditions: []waymark.Condition{{Name: "temperature", Unit: "Cel", Minimum: "2", Maximum: "8"}}})
	case "move":
		d.move(t, one(depotShipments))
	case "device":
		d.tend(t)
	case "decide":
		r, err := do(d, operator, policy.Authorize, waymark.CheckRequest{Action: waymark.ActReadShipment, Shipment: one(depotShipments)})
		if err == nil {
			d.decided = append(d.decided, r.TxID)
		}
	}
	d.Now = d.Now.Add(time.Duration(rapid.IntRange(1, 20).Draw(t, "minutes")) * time.Minute)
}

func line(t *rapid.T) waymark.Line {
	l := waymark.Line{ID: rapid.SampledFrom(depotThings).Draw(t, "line")}
	if g := waymark.MustGoods(l.ID); g.Kind() == waymark.GoodsLot {
		l.Quantity = waymark.Decimal(rapid.SampledFrom([]string{"1", "3", "10"}).Draw(t, "quantity"))
	}
	return l
}

// move hands a shipment over, or ends it.
func (d *depot) move(t *rapid.T, id string) {
	to := rapid.SampledFrom(everyone).Draw(t, "to")
	for _, member := range everyone {
		h, err := do(d, d.As(member, waymark.Operator), custody.Offer, waymark.OfferHandoffRequest{Shipment: id, To: to, ExpiresAt: d.Now.Add(time.Hour)})
		if err == nil {
			_, _ = do(d, d.As(to, waymark.Operator), custody.Accept, waymark.AcceptHandoffRequest{Shipment: id, Number: h.Number, Reservation: "as it is"})
		}
	}
}

// tend changes a device, or what it witnesses.
func (d *depot) tend(t *rapid.T) {
	id := rapid.SampledFrom(depotDevices).Draw(t, "device")
	operator := d.As(rapid.SampledFrom([]string{"producer", "carrier"}).Draw(t, "owner"), waymark.Operator)
	witness := waymark.AttachDeviceRequest{Shipment: rapid.SampledFrom(depotShipments).Draw(t, "shipment"), Device: id}
	switch rapid.SampledFrom([]string{"attach", "attach", "attach", "detach", "suspend", "resume"}).Draw(t, "tend") {
	case "attach":
		_, _ = do(d, operator, custody.Attach, witness)
	case "detach":
		_, _ = do(d, operator, custody.Detach, waymark.DetachDeviceRequest(witness))
	case "suspend":
		_, _ = do(d, operator, registry.SuspendDevice, waymark.DeviceStateRequest{Device: id, Reason: "test"})
	case "resume":
		_, _ = do(d, operator, registry.ResumeDevice, waymark.DeviceStateRequest{Device: id, Reason: "test"})
	}
}

// by is a question of a caller, now.
func (w *world) by(member string, role waymark.Role) rules.Tx {
	return rules.Tx{Time: w.Now, Channel: scenario.Channel, Caller: w.As(member, role)}
}

// told is what a rule tells a caller on the ledger itself, or nil if it does not permit that or there is none.
func told[Q, R any](t *testing.T, w *world, by rules.Tx, rule func(rules.Ledger, Q) (*R, error), q Q) *R {
	var answer *R
	_, err := w.World.Submit(by, func(l rules.Ledger) (err error) {
		answer, err = rule(l, q)
		return err
	})
	switch code := waymark.CodeOf(err); code {
	case "":
		return answer
	case waymark.NotFound, waymark.Forbidden:
		return nil
	default:
		t.Errorf("%T: %v", q, err)
		return nil
	}
}

// modelOf is a model of the blocks so far.
func (w *world) modelOf(t *testing.T, open databasetest.Opener) *model.Model {
	t.Helper()
	m := opened(t, open)
	for _, b := range w.blocks {
		must(t, m.Apply(t.Context(), b))
	}
	return m
}
