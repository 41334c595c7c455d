package goods_test

import (
	"slices"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/goods"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// TestAShipmentTakesWhatItNames, and lets it go at its end, without a record rewritten.
func TestAShipmentTakesWhatItNames(t *testing.T) {
	f := newFarm(t)
	lot, made := lotOf(milk, "L1"), lotOf(cheese, "C")
	f.commission(lot, item(milk, "1"), item(milk, "2"))
	f.bulk(made, "10", "KGM")
	f.pack("producer", box(1), lines(item(milk, "1"))...)
	s := f.ship("s1", "retailer", waymark.Line{ID: "urn:epc:id:sgtin:9506000.013435.2"}, waymark.Line{ID: box(1)}, much(made, "2.50"), waymark.Line{ID: made, Quantity: "1", From: stock})
	want := []waymark.Line{{ID: item(milk, "2")}, {ID: canonical(box(1))}, {ID: made, Quantity: "3.5"}}
	if !slices.Equal(s.Goods, want) || !slices.Equal(s.Lots, []string{made, lot}) {
		t.Errorf("it holds %v, lots %v", s.Goods, s.Lots)
	}
	inside := waymark.InShipment("s1")
	f.expect(item(milk, "2"), inside, "producer", "producer", lot)
	f.expectPortions(made, map[waymark.Place]waymark.Decimal{stock: "6.5", inside: "3.5"})
	f.deliver("s1", "producer", "carrier")
	f.expect(item(milk, "2"), inside, "carrier", "producer", lot)
	if v := f.lookAs("retailer", item(milk, "1")); v.Shipment != "s1" || v.Holder != "carrier" || v.Free { // the consignee is a party
		t.Errorf("on its way: %+v", v)
	}
	before := string(f.World.Value(ledger.GoodsKey(waymark.MustGoods(item(milk, "2"))).String()))
	f.deliver("s1", "carrier", "retailer")
	if string(f.World.Value(ledger.GoodsKey(waymark.MustGoods(item(milk, "2"))).String())) != before {
		t.Error("an acceptance rewrote the record of an item")
	}
	if v := f.lookAs("retailer", item(milk, "2")); v.Shipment != "" || v.Holder != "retailer" || !v.Free || v.Place != inside {
		t.Errorf("delivered: %+v", v)
	}
	f.cannotPack("producer", box(2), waymark.Forbidden, waymark.DefaultDeny, lines(item(milk, "2"))...)
	f.pack("retailer", box(1), append(lines(item(milk, "2")), waymark.Line{ID: made, Quantity: "3.5", From: inside})...)
	f.unpack("retailer", box(1), much(made, "1"))
	f.expectPortions(made, map[waymark.Place]waymark.Decimal{stock: "6.5", waymark.InContainer(waymark.MustGoods(box(1))): "2.5", waymark.Stock("retailer", "producer"): "1"})
	scenario.Must(f.Consortium, f.operator("retailer"), custody.Create, waymark.CreateShipmentRequest{ID: "s2", Consignee: "auditor", Goods: []waymark.Line{{ID: box(1)}}})
}

// TestGoodsOfOneMember: what belongs to several is neither shipped nor packed together.
func TestGoodsOfOneMember(t *testing.T) {
	f := newFarm(t)
	scenario.Must(f.Consortium, f.operator("carrier"), goods.Commission, waymark.CommissionRequest{Items: []string{item(tag, "1"), item(tag, "2")}})
	f.commission("", item(milk, "1"), item(milk, "2"))
	f.ship("s1", "carrier", lines(item(milk, "1"))...)
	f.deliver("s1", "producer", "carrier") // it holds what the producer owns
	f.cannotShip("carrier", "retailer", waymark.FailedPrecondition, waymark.ReasonGoodsTitle, lines(item(tag, "1"), item(milk, "1"))...)
	f.cannotPack("carrier", box(1), waymark.FailedPrecondition, waymark.ReasonGoodsTitle, lines(item(tag, "1"), item(milk, "1"))...)
	f.pack("carrier", box(1), lines(item(tag, "1"))...)
	f.cannotPack("carrier", box(1), waymark.FailedPrecondition, waymark.ReasonGoodsTitle, lines(item(milk, "1"))...)
	f.unpack("carrier", box(1), lines(item(tag, "1"))...)
	f.pack("carrier", box(1), lines(item(milk, "1"))...) // what is empty goes with what it holds
	if v := f.lookAs("carrier", box(1)); v.TitleHolder != "producer" || v.Holder != "carrier" {
		t.Errorf("the box: %+v", v)
	}
	scenario.Refused(f.Consortium, f.operator("carrier"), goods.Transform, waymark.TransformRequest{ID: "t", Inputs: lines(item(tag, "1")), Outputs: []waymark.Output{{ID: item(milk, "9")}}},
		waymark.Forbidden, waymark.DefaultDeny) // of another's brand
}

// apply runs a function of the core as one transaction.
func (f *farm) apply(do func(ledger.Ledger) error) {
	f.T.Helper()
	if _, err := f.World.Submit(f.Tx(f.operator("producer")), do); err != nil {
		f.T.Fatal(err)
	}
}

func TestReplacingGoods(t *testing.T) {
	f := newFarm(t)
	made := lotOf(cheese, "C")
	f.commission("", item(milk, "1"), item(milk, "2"), item(milk, "3"))
	f.bulk(made, "10", "KGM")
	old := f.ship("s1", "retailer", append(lines(item(milk, "1"), item(milk, "2")), much(made, "4"))...).Goods
	f.apply(func(l ledger.Ledger) error {
		taken, err := goods.Replace(l, "s1", "retailer", old, append(lines(item(milk, "2"), item(milk, "3")), much(made, "6")))
		if err == nil && (taken.TitleHolder != "producer" || len(taken.Lines) != 3) {
			t.Errorf("taken: %+v", taken)
		}
		return err
	})
	inside := waymark.InShipment("s1")
	f.expect(item(milk, "1"), stock, "producer", "producer")
	f.expect(item(milk, "2"), inside, "producer", "producer")
	f.expect(item(milk, "3"), inside, "producer", "producer")
	f.expectPortions(made, map[waymark.Place]waymark.Decimal{stock: "4", inside: "6"})
}

func TestLeavingGoods(t *testing.T) {
	f := newFarm(t)
	lot, made := lotOf(milk, "L1"), lotOf(cheese, "C")
	f.commission(lot, item(milk, "1"), item(milk, "2"))
	f.commission("", item(milk, "3"), item(milk, "4"))
	f.bulk(made, "10", "KGM")
	f.pack("producer", box(1), lines(item(milk, "1"), item(milk, "3"))...)
	f.pack("producer", box(2), lines(box(1), item(milk, "2"))...)
	s := f.ship("s1", "retailer", waymark.Line{ID: box(2)}, much(made, "4"))
	f.deliver("s1", "producer", "carrier")
	within := func(want bool, ids ...string) {
		t.Helper()
		for _, id := range ids {
			got, err := goods.Spots(f.World.Begin(ledger.Tx{}), "s1", []waymark.Goods{waymark.MustGoods(id)})
			if err != nil || got[0].Inside != want {
				t.Errorf("%s is in the shipment: %+v, %v", id, got, err)
			}
		}
	}
	within(true, item(milk, "1"), item(milk, "2"), box(1), box(2), made)
	within(false, item(milk, "4"), item(milk, "9"), box(9), lot)
	leave := func(lots []string, left ...waymark.Line) {
		t.Helper()
		f.apply(func(l ledger.Ledger) error {
			d, err := goods.Leave(l, s, left, "carrier")
			if err != nil {
				return err
			}
			if !slices.Equal(d.Lots, lots) {
				t.Errorf("the lots %v are in what stays, want %v", d.Lots, lots)
			}
			return d.Write(l)
		})
	}
	leave([]string{made, lot}, waymark.Line{ID: item(milk, "1")}, much(made, "1.5"))
	f.expect(item(milk, "1"), waymark.Stock("carrier", "producer"), "carrier", "producer", lot)
	within(false, item(milk, "1"))
	f.expectPortions(made, map[waymark.Place]waymark.Decimal{stock: "6", waymark.InShipment("s1"): "2.5", waymark.Stock("carrier", "producer"): "1.5"})
	leave([]string{made}, lines(item(milk, "2"))...)
	if v := f.lookAs("carrier", box(2)); len(v.Lots) != 0 || v.Contents != 1 {
		t.Errorf("the pallet after both of the lot are out: %+v", v)
	}
	for name, left := range map[string][]waymark.Line{"out already": lines(item(milk, "1")), "never in": lines(item(milk, "4"))} {
		if _, err := f.World.Submit(f.Tx(f.operator("carrier")), func(l ledger.Ledger) error { _, err := goods.Leave(l, s, left, "carrier"); return err }); waymark.CodeOf(err) != waymark.FailedPrecondition {
			t.Errorf("%s: %v", name, err)
		}
	}
	f.deliver("s1", "carrier", "retailer")
	f.unpack("retailer", box(1), lines(item(milk, "3"))...)
	f.pack("carrier", box(3), lines(item(milk, "1"))...)
}

func TestCommissioning(t *testing.T) {
	f := newFarm(t)
	by, lot := f.operator("producer"), lotOf(milk, "L1")
	again(f, by, goods.Commission, waymark.CommissionRequest{Lot: "urn:epc:class:lgtin:9506000.013435.L1", Items: []string{"urn:epc:id:sgtin:9506000.013435.1", item(milk, "2")}})
	again(f, by, goods.Commission, waymark.CommissionRequest{Lot: lot, Items: []string{item(milk, "3")}})
	again(f, by, goods.Commission, waymark.CommissionRequest{Lot: lotOf(milk, "B"), Quantity: "10.0", Unit: "LTR"})
	for name, request := range map[string]waymark.CommissionRequest{
		"some are known":         {Lot: lot, Items: []string{item(milk, "3"), item(milk, "4")}},
		"of another lot":         {Lot: lotOf(milk, "L2"), Items: []string{item(milk, "3")}},
		"of no lot":              {Items: []string{item(milk, "3")}},
		"items of a lot in bulk": {Lot: lotOf(milk, "B"), Items: []string{item(milk, "5")}},
		"a lot of items in bulk": {Lot: lot, Quantity: "1", Unit: "LTR"},
		"another quantity":       {Lot: lotOf(milk, "B"), Quantity: "11", Unit: "LTR"},
		"another unit":           {Lot: lotOf(milk, "B"), Quantity: "10", Unit: "KGM"},
	} {
		t.Run(name, func(t *testing.T) {
			scenario.Refused(f.Consortium, by, goods.Commission, request, waymark.AlreadyExists, "")
		})
	}
	scenario.Refused(f.Consortium, by, goods.Commission, waymark.CommissionRequest{Items: []string{item("04012345678918", "1")}}, waymark.NotFound, "")
	scenario.Refused(f.Consortium, f.operator("carrier"), goods.Commission, waymark.CommissionRequest{Items: []string{item(milk, "9")}}, waymark.Forbidden, waymark.DefaultDeny)
	scenario.Refused(f.Consortium, f.As("producer", waymark.Viewer), goods.Commission, waymark.CommissionRequest{Items: []string{item(milk, "9")}}, waymark.Forbidden, waymark.DefaultDeny)
	scenario.Refused(f.Consortium, by, goods.Commission, waymark.CommissionRequest{Items: []string{item(milk, "9"), item(bottle, "9")}}, waymark.Invalid, "")
	scenario.Refused(f.Consortium, by, goods.Commission, waymark.CommissionRequest{Lot: lotOf(bottle, "L"), Items: []string{item(milk, "9")}}, waymark.Invalid, "")
}
