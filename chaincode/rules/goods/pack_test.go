package goods_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/memledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/goods"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

var stock = waymark.Stock("producer", "producer")

func TestPackingOnAPallet(t *testing.T) {
	f := newFarm(t)
	lot, other := lotOf(milk, "L1"), lotOf(milk, "L2")
	f.commission(lot, item(milk, "1"), item(milk, "2"))
	f.commission(other, item(milk, "3"))
	f.bulk(lotOf(cheese, "C"), "10", "KGM")
	f.pack("producer", box(1), lines(item(milk, "1"), item(milk, "2"))...)
	f.pack("producer", box(2), append(lines(item(milk, "3"), box(1)), much(lotOf(cheese, "C"), "2.5"))...)
	f.expect(item(milk, "1"), waymark.InContainer(waymark.MustGoods(box(1))), "producer", "producer", lot)
	f.expectLots(box(1), lot)
	f.expectLots(box(2), lotOf(cheese, "C"), lot, other)
	f.expectPortions(lotOf(cheese, "C"), map[waymark.Place]waymark.Decimal{stock: "7.5", waymark.InContainer(waymark.MustGoods(box(2))): "2.5"})
	// From an inner container what comes out goes out of the outer one, too.
	f.unpack("producer", box(1), lines(item(milk, "1"))...)
	f.expectLots(box(2), lotOf(cheese, "C"), lot, other)
	f.unpack("producer", box(1), lines(item(milk, "2"))...)
	f.expectLots(box(1))
	f.expectLots(box(2), lotOf(cheese, "C"), other)
	f.unpack("producer", box(2), much(lotOf(cheese, "C"), "1"))
	f.expectLots(box(2), lotOf(cheese, "C"), other)
	f.unpack("producer", box(2), much(lotOf(cheese, "C"), "1.50"))
	f.expectLots(box(2), other)
	f.expectPortions(lotOf(cheese, "C"), map[waymark.Place]waymark.Decimal{stock: "10"})
	f.expect(item(milk, "2"), stock, "producer", "producer", lot)
	if v := f.lookAs("producer", box(2)); v.Contents != 2 || !v.Free {
		t.Errorf("the pallet: %+v", v)
	}
}

func (f *farm) expectLots(id string, lots ...string) {
	f.T.Helper()
	if v := f.look(id); !slices.Equal(v.Lots, lots) {
		f.T.Errorf("%s has the lots %v, want %v", id, v.Lots, lots)
	}
}

func TestAnActAgain(t *testing.T) {
	f := newFarm(t)
	lot := lotOf(cheese, "C")
	f.bulk(lot, "10", "KGM")
	by := f.operator("producer")
	pack := waymark.PackRequest{ID: "a1", Container: box(1), Lines: []waymark.Line{much("https://example.com/01/"+cheese+"/10/C", "2.50")}}
	again(f, by, goods.Pack, pack)
	unpack := waymark.UnpackRequest{ID: "a2", Container: box(1), Lines: []waymark.Line{much(lot, "2.5")}}
	again(f, by, goods.Unpack, unpack)
	again(f, by, goods.Pack, pack) // nothing is packed again
	f.expectPortions(lot, map[waymark.Place]waymark.Decimal{stock: "10"})
	again(f, by, goods.Decommission, waymark.DecommissionRequest{ID: "a3", Lines: []waymark.Line{much(lot, "4")}, Reason: "sold"})
	again(f, by, goods.Transform, waymark.TransformRequest{ID: "a4", Inputs: []waymark.Line{much(lot, "6")},
		Outputs: []waymark.Output{{ID: lotOf(cheese, "D"), Quantity: "5.0", Unit: "KGM"}}, Loss: []waymark.Amount{{Quantity: "1", Unit: "KGM"}}})
	pack.Lines = []waymark.Line{much(lot, "1")}
	scenario.Refused(f.Consortium, by, goods.Pack, pack, waymark.AlreadyExists, "")
	scenario.Refused(f.Consortium, by, goods.Unpack, waymark.UnpackRequest(pack), waymark.AlreadyExists, "")
	scenario.Refused(f.Consortium, f.operator("carrier"), goods.Unpack, unpack, waymark.Forbidden, waymark.DefaultDeny)
	f.expectPortions(lot, map[waymark.Place]waymark.Decimal{waymark.DecommissionedBy("a3"): "4", waymark.UsedBy("a4"): "6"})
}

// TestInOnePlace: what is somewhere is put nowhere else.
func TestInOnePlace(t *testing.T) {
	f := newFarm(t)
	f.commission("", item(milk, "1"), item(milk, "2"), item(milk, "3"), item(milk, "4"), item(milk, "5"))
	f.pack("producer", box(1), lines(item(milk, "1"))...)
	f.ship("s1", "retailer", lines(item(milk, "2"), box(1))...)
	scenario.Must(f.Consortium, f.operator("producer"), goods.Decommission, waymark.DecommissionRequest{ID: "d", Lines: lines(item(milk, "3")), Reason: "sold"})
	scenario.Must(f.Consortium, f.operator("producer"), goods.Transform, waymark.TransformRequest{ID: "t", Inputs: lines(item(milk, "4")), Outputs: []waymark.Output{{ID: item(milk, "6")}}})
	for _, id := range []string{item(milk, "1"), item(milk, "2"), box(1), item(milk, "3"), item(milk, "4")} {
		f.cannotPack("producer", box(2), waymark.FailedPrecondition, waymark.ReasonGoodsPlace, lines(id)...)
		f.cannotShip("producer", "retailer", waymark.FailedPrecondition, waymark.ReasonGoodsPlace, lines(id)...)
		scenario.Refused(f.Consortium, f.operator("producer"), goods.Decommission, waymark.DecommissionRequest{ID: "d2", Lines: lines(id), Reason: "sold"}, waymark.FailedPrecondition, waymark.ReasonGoodsPlace)
	}
	// A container on its way is neither packed nor unpacked.
	f.cannotPack("producer", box(1), waymark.FailedPrecondition, waymark.ReasonGoodsPlace, lines(item(milk, "5"))...)
	scenario.Refused(f.Consortium, f.operator("producer"), goods.Unpack, waymark.UnpackRequest{ID: "u", Container: box(1), Lines: lines(item(milk, "1"))}, waymark.FailedPrecondition, waymark.ReasonGoodsPlace)
	f.cannotPack("carrier", box(3), waymark.Forbidden, waymark.DefaultDeny, lines(item(milk, "5"))...)
	f.cannotPack("producer", box(3), waymark.NotFound, "", lines(item(milk, "9"))...)
	scenario.Refused(f.Consortium, f.operator("producer"), goods.Unpack, waymark.UnpackRequest{ID: "u", Container: box(9), Lines: lines(item(milk, "1"))}, waymark.NotFound, "")
}

func TestTwoAtOnce(t *testing.T) {
	f := newFarm(t)
	f.commission("", item(milk, "1"), item(milk, "2"))
	f.pack("producer", box(1), lines(item(milk, "2"))...)
	pack := func(container string, id string) *memledger.Transaction {
		_, tx, err := scenario.Endorse(f.Consortium, f.operator("producer"), goods.Pack, waymark.PackRequest{ID: f.act(), Container: container, Lines: lines(id)})
		if err != nil {
			t.Fatal(err)
		}
		return tx
	}
	ship := func(id string) *memledger.Transaction {
		_, tx, err := scenario.Endorse(f.Consortium, f.operator("producer"), custody.Create, waymark.CreateShipmentRequest{ID: f.act(), Consignee: "retailer", Goods: lines(id)})
		if err != nil {
			t.Fatal(err)
		}
		return tx
	}
	for name, pair := range map[string][2]*memledger.Transaction{
		"packed twice":           {pack(box(2), item(milk, "1")), pack(box(3), item(milk, "1"))},
		"shipped twice":          {ship(item(milk, "1")), ship(item(milk, "1"))},
		"packed and shipped":     {pack(box(2), item(milk, "1")), ship(item(milk, "1"))},
		"packed into what ships": {ship(box(1)), pack(box(1), item(milk, "1"))},
	} {
		world := f.World
		t.Run(name, func(t *testing.T) {
			before := world.Clone()
			defer func() { *world = *before }()
			if err := errors.Join(pair[0].Commit()); err != nil {
				t.Fatal(err)
			}
			if err := pair[1].Commit(); !errors.Is(err, memledger.ErrInvalid) {
				t.Errorf("the second committed: %v", err)
			}
		})
	}
}

func TestNesting(t *testing.T) {
	f := newFarm(t)
	f.commission("", item(milk, "1"))
	f.pack("producer", box(1), lines(item(milk, "1"))...)
	for n := 2; n <= goods.MaxDepth; n++ {
		f.pack("producer", box(n), lines(box(n-1))...)
	}
	if v := f.look(item(milk, "1")); len(v.Containers) != goods.MaxDepth || v.Containers[0] != canonical(box(1)) || v.Holder != "producer" {
		t.Errorf("in %v", v.Containers)
	}
	f.cannotPack("producer", box(9), waymark.FailedPrecondition, waymark.ReasonNesting, lines(box(goods.MaxDepth))...)
	f.cannotPack("producer", box(1), waymark.FailedPrecondition, waymark.ReasonNesting, lines(box(goods.MaxDepth))...) // in itself, far down
	f.cannotPack("producer", box(goods.MaxDepth), waymark.FailedPrecondition, waymark.ReasonNesting, lines(box(goods.MaxDepth))...)
	f.commission("", item(milk, "2"))
	f.pack("producer", box(9), lines(item(milk, "2"))...)
	f.cannotPack("producer", box(1), waymark.FailedPrecondition, waymark.ReasonNesting, lines(box(9))...) // below eight
	f.unpack("producer", box(goods.MaxDepth), lines(box(goods.MaxDepth-1))...)
	f.pack("producer", box(1), lines(box(9))...)
	f.cannotPack("producer", box(goods.MaxDepth), waymark.FailedPrecondition, waymark.ReasonNesting, lines(box(goods.MaxDepth-1))...) // it has grown below
}

func TestAmounts(t *testing.T) {
	f := newFarm(t)
	lot := lotOf(cheese, "C")
	f.bulk(lot, "10", "KGM")
	f.cannotPack("producer", box(1), waymark.FailedPrecondition, waymark.ReasonGoodsAmount, much(lot, "10.001"))
	f.cannotPack("producer", box(1), waymark.FailedPrecondition, waymark.ReasonGoodsAmount, // the same stock, in other words
		much(lot, "6"), waymark.Line{ID: lot, Quantity: "6", From: stock})
	f.pack("producer", box(1), much(lot, "6"), waymark.Line{ID: lot, Quantity: "4", From: stock})
	f.unpack("producer", box(1), much(lot, "3"))
	scenario.Refused(f.Consortium, f.operator("producer"), goods.Unpack, waymark.UnpackRequest{ID: "u", Container: box(1), Lines: []waymark.Line{much(lot, "7.5")}}, waymark.FailedPrecondition, waymark.ReasonGoodsAmount)
	f.cannotPack("carrier", box(2), waymark.FailedPrecondition, waymark.ReasonGoodsAmount, much(lot, "1"))
	f.cannotPack("carrier", box(2), waymark.Forbidden, waymark.DefaultDeny, waymark.Line{ID: lot, Quantity: "1", From: stock})
	f.cannotPack("carrier", box(2), waymark.NotFound, "", waymark.Line{ID: lot, Quantity: "1", From: waymark.InShipment("s9")})
	f.cannotPack("producer", box(2), waymark.NotFound, "", much(lotOf(cheese, "X"), "1"))
	scenario.Refused(f.Consortium, f.operator("producer"), goods.Decommission, waymark.DecommissionRequest{ID: "d", Lines: lines(box(1)), Reason: "broken"}, waymark.FailedPrecondition, waymark.ReasonGoodsPlace)
	f.unpack("producer", box(1), much(lot, "7"))
	scenario.Must(f.Consortium, f.operator("producer"), goods.Decommission, waymark.DecommissionRequest{ID: "d", Lines: lines(box(1)), Reason: "broken"})
	f.cannotPack("producer", box(1), waymark.FailedPrecondition, waymark.ReasonGoodsPlace, much(lot, "1"))
}

// TestLotsAreBounded: what has MaxLots lots in it takes no more.
func TestLotsAreBounded(t *testing.T) {
	f := newFarm(t)
	var all []waymark.Line
	for n := range waymark.MaxLots + 1 {
		serial := string(rune('A'+n/26)) + string(rune('A'+n%26))
		f.commission(lotOf(milk, serial), item(milk, serial))
		all = append(all, waymark.Line{ID: item(milk, serial)})
	}
	f.cannotShip("producer", "retailer", waymark.FailedPrecondition, waymark.ReasonLimit, all...)
	f.pack("producer", box(1), all[1:]...)
	f.cannotPack("producer", box(1), waymark.FailedPrecondition, waymark.ReasonLimit, all[0])
	f.pack("producer", box(2), lines(box(1))...)
	f.cannotPack("producer", box(2), waymark.FailedPrecondition, waymark.ReasonLimit, all[0])
	f.unpack("producer", box(1), all[1])
	f.pack("producer", box(2), all[0])
}
