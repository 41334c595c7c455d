package goods_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/goods"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/title"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// TestNobodyEndsWhatIsAnothers: who has goods uses them up or destroys them only once they
// are its own, which title makes them in a shipment.
func TestNobodyEndsWhatIsAnothers(t *testing.T) {
	f := newFarm(t)
	lot := lotOf(milk, "L1")
	f.bulk(lot, "10", "KGM")
	f.ship("s1", "carrier", much(lot, "2"))
	f.deliver("s1", "producer", "carrier")
	some := func(n waymark.Decimal, from waymark.Place) []waymark.Line {
		return []waymark.Line{{ID: lot, Quantity: n, From: from}}
	}
	end := waymark.DecommissionRequest{ID: "d", Reason: "wet", Lines: some("1", waymark.InShipment("s1"))}
	scenario.Refused(f.Consortium, f.operator("carrier"), goods.Decommission, end, waymark.FailedPrecondition, waymark.ReasonGoodsTitle)
	use := waymark.TransformRequest{ID: "t", Inputs: some("1", waymark.InShipment("s1")), Outputs: []waymark.Output{{ID: lotOf(tag, "T"), Quantity: "1", Unit: "KGM"}}}
	scenario.Refused(f.Consortium, f.operator("carrier"), goods.Transform, use, waymark.FailedPrecondition, waymark.ReasonGoodsTitle)
	f.pack("carrier", box(1), some("1", waymark.InShipment("s1"))...)
	f.unpack("carrier", box(1), much(lot, "1"))
	own := f.giveTitle("s2", "retailer", some("1", waymark.Stock("carrier", "producer"))...)
	end.Lines = some("1", own)
	scenario.Must(f.Consortium, f.operator("carrier"), goods.Decommission, end)
}

// giveTitle gives the carrier title to what it has of the producer's: they are shipped
// anew, title moves, and the shipment never leaves. It returns where they are then.
func (f *farm) giveTitle(id, to string, what ...waymark.Line) waymark.Place {
	f.T.Helper()
	scenario.Must(f.Consortium, f.operator("carrier"), custody.Create, waymark.CreateShipmentRequest{ID: id, Consignee: to, Goods: what})
	scenario.Must(f.Consortium, f.operator("producer"), title.Offer, waymark.OfferTitleRequest{Shipment: id, To: "carrier", ExpiresAt: f.Now.Add(time.Hour)})
	f.acceptTitle(id)
	scenario.Must(f.Consortium, f.operator("carrier"), custody.Void, waymark.VoidShipmentRequest{Shipment: id, Reason: "kept"})
	return waymark.InShipment(id)
}

func (f *farm) acceptTitle(id string) {
	f.T.Helper()
	scenario.Must(f.Consortium, f.operator("carrier"), title.Accept, waymark.AcceptTitleRequest{Shipment: id, Number: 1})
}

// TestWhoIsOfferedTitleReadsTheGoods, as a party of the shipment.
func TestWhoIsOfferedTitleReadsTheGoods(t *testing.T) {
	f := newFarm(t)
	f.commission("", item(milk, "1"))
	f.ship("s1", "retailer", lines(item(milk, "1"))...)
	q := waymark.GoodsQuery{ID: item(milk, "1")}
	scenario.Refused(f.Consortium, f.As("carrier", waymark.Viewer), goods.Get, q, waymark.Forbidden, waymark.DefaultDeny)
	scenario.Must(f.Consortium, f.operator("producer"), title.Offer, waymark.OfferTitleRequest{Shipment: "s1", To: "carrier", ExpiresAt: f.Now.Add(time.Hour)})
	scenario.Must(f.Consortium, f.As("carrier", waymark.Viewer), goods.Get, q)
}

// TestALotIsReadHoweverMuchOfItIsGone, and all of its portions in pages.
func TestALotIsReadHoweverMuchOfItIsGone(t *testing.T) {
	f := newFarm(t)
	lot := lotOf(milk, "L1")
	f.bulk(lot, "1000", "KGM")
	f.ship("s1", "retailer", much(lot, "1"))
	f.deliver("s1", "producer", "retailer")
	const gone = 201
	for n := range gone {
		scenario.Must(f.Consortium, f.operator("producer"), goods.Decommission, waymark.DecommissionRequest{ID: fmt.Sprintf("d%d", n), Reason: "x", Lines: []waymark.Line{much(lot, "0.001")}})
	}
	q, places := waymark.GoodsQuery{ID: lot, Limit: 100}, map[waymark.Place]bool{}
	for pages := 1; ; pages++ {
		v := scenario.Must(f.Consortium, f.As("retailer", waymark.Viewer), goods.Get, q)
		for _, p := range v.Portions {
			if places[p.Place] {
				t.Errorf("%s is there twice", p.Place)
			}
			places[p.Place] = true
		}
		if q.Cursor = v.Cursor; v.Cursor == "" {
			if pages != 3 || len(places) != gone+2 || !places[waymark.InShipment("s1")] || !places[stock] {
				t.Errorf("%d pages, %d places", pages, len(places))
			}
			break
		}
	}
	f.bulk(lotOf(milk, "L2"), "1", "KGM")
	first := scenario.Must(f.Consortium, f.operator("producer"), goods.Get, waymark.GoodsQuery{ID: lot, Limit: 1})
	for _, bad := range []waymark.GoodsQuery{{ID: lot, Cursor: "x"}, {ID: lotOf(milk, "L2"), Cursor: first.Cursor}, {ID: lot, Limit: 1001}} {
		scenario.Refused(f.Consortium, f.operator("producer"), goods.Get, bad, waymark.Invalid, "")
	}
	scenario.Refused(f.Consortium, f.As("carrier", waymark.Viewer), goods.Get, waymark.GoodsQuery{ID: lot}, waymark.Forbidden, waymark.DefaultDeny)
}

// TestHowDeepContainersNestIsAsTheyAreNow: what was taken out does not count any more.
func TestHowDeepContainersNestIsAsTheyAreNow(t *testing.T) {
	f := newFarm(t)
	f.commission("", item(milk, "0"), item(milk, "1"))
	f.pack("producer", box(0), lines(item(milk, "0"))...)
	f.pack("producer", box(8), lines(item(milk, "1"))...)
	for n := 1; n < goods.MaxDepth; n++ {
		f.pack("producer", box(n), lines(box(n-1))...)
	}
	f.cannotPack("producer", box(9), waymark.FailedPrecondition, waymark.ReasonNesting, lines(box(7))...)
	f.pack("producer", box(2), lines(box(8))...)
	f.unpack("producer", box(2), lines(box(1))...) // what is left is one container deep
	f.pack("producer", box(9), lines(box(7))...)
	f.unpack("producer", box(2), lines(box(8))...)
	f.cannotPack("producer", box(2), waymark.FailedPrecondition, waymark.ReasonNesting, lines(box(1))...)
}

// TestWhatIsTooMuchForOneTransaction is refused, and not tried.
func TestWhatIsTooMuchForOneTransaction(t *testing.T) {
	f := newFarm(t)
	lot := lotOf(milk, "L1")
	f.bulk(lot, "10", "KGM")
	most := waymark.Decimal("900000000000")
	scenario.Refused(f.Consortium, f.operator("producer"), custody.Create, waymark.CreateShipmentRequest{ID: "s1", Consignee: "retailer", Goods: []waymark.Line{
		much(lot, most), {ID: lot, Quantity: most, From: waymark.Stock("producer", "carrier")}, {ID: lot, Quantity: most, From: waymark.Stock("producer", "retailer")},
	}}, waymark.Invalid, "")
	var in []waymark.Line
	for n := range waymark.MaxLots - 1 {
		f.bulk(lotOf(milk, fmt.Sprint("m", n)), "10", "H87")
		in = append(in, much(lotOf(milk, fmt.Sprint("m", n)), "10"))
	}
	r := waymark.TransformRequest{ID: "t", Inputs: in, Loss: []waymark.Amount{{Quantity: "990", Unit: "H87"}}}
	for n := range waymark.MaxLines {
		r.Outputs = append(r.Outputs, waymark.Output{ID: item(cheese, fmt.Sprint(n)), Lot: lotOf(cheese, "C")})
	}
	scenario.Refused(f.Consortium, f.operator("producer"), goods.Transform, r, waymark.FailedPrecondition, waymark.ReasonLimit)
	r.Outputs, r.Loss[0].Quantity = r.Outputs[:200], "1790"
	scenario.Must(f.Consortium, f.operator("producer"), goods.Transform, r)
}

// TestEveryActOnWhatIsRecalledSaysSo, in its answer and its event, and so does every read.
func TestEveryActOnWhatIsRecalledSaysSo(t *testing.T) {
	f := newFarm(t)
	lot := lotOf(milk, "L1")
	f.bulk(lot, "10", "KGM")
	f.pack("producer", box(1), much(lot, "4"))
	f.pack("producer", box(2), lines(box(1))...)
	f.recall("auditor", lot)
	said := func(what string, recalled []string) {
		t.Helper()
		if !slices.Equal(recalled, []string{lot}) {
			t.Errorf("%s says that %v are recalled", what, recalled)
		}
	}
	by := f.operator("producer")
	said("contents", scenario.Must(f.Consortium, by, goods.Contents, waymark.ContentsQuery{Container: box(2)}).Recalled)
	trace := scenario.Must(f.Consortium, by, goods.Trace, waymark.TraceQuery{ID: box(2), Direction: waymark.TraceBack})
	said("the trace", trace.Recalled)
	for _, e := range trace.Entries {
		said("an entry of the trace", e.Recalled)
	}
	unpack := waymark.UnpackRequest{ID: "u", Container: box(1), Lines: []waymark.Line{much(lot, "1")}}
	said("unpacking", scenario.Must(f.Consortium, by, goods.Unpack, unpack).Recalled)
	f.lift("auditor", lot)
	again(f, by, goods.Unpack, unpack) // what it said it said
	f.ship("s1", "retailer", much(lot, "1"))
	f.recall("auditor", lot)
	offer := scenario.Must(f.Consortium, by, custody.Offer, waymark.OfferHandoffRequest{Shipment: "s1", To: "auditor", ExpiresAt: f.Now.Add(time.Hour)})
	said("an offer", offer.Recalled)
	said("an acceptance", scenario.Must(f.Consortium, f.operator("auditor"), custody.Accept, waymark.AcceptHandoffRequest{Shipment: "s1", Number: 1}).Recalled)
	event, err := f.World.Submit(f.Tx(by), func(l ledger.Ledger) error {
		_, err := goods.Decommission(l, waymark.DecommissionRequest{ID: "d", Reason: "x", Lines: []waymark.Line{much(lot, "1")}})
		return err
	})
	var payload waymark.GoodsEvent
	if err != nil || json.Unmarshal(event.Payload, &payload) != nil {
		t.Fatal(err)
	}
	said("the event of a decommissioning", payload.Recalled)
}

// TestAnEmptyContainerIsNobodysProperty: its number stands for a logistic unit, not for the box. Whoever has
// it decommissions it, and nobody else; what is in one is its owner's as before.
func TestAnEmptyContainerIsNobodysProperty(t *testing.T) {
	f := newFarm(t)
	f.commission("", item(milk, "1"), item(milk, "2"))
	f.pack("producer", box(1), lines(item(milk, "1"))...)
	f.pack("producer", box(2), lines(item(milk, "2"))...)
	f.ship("s1", "carrier", lines(box(1), box(2))...)
	f.deliver("s1", "producer", "carrier")
	f.unpack("carrier", box(1), lines(item(milk, "1"))...)
	end := func(id string) waymark.DecommissionRequest {
		return waymark.DecommissionRequest{ID: f.act(), Reason: "broken", Lines: lines(id)}
	}
	scenario.Refused(f.Consortium, f.operator("carrier"), goods.Decommission, end(box(2)), waymark.FailedPrecondition, waymark.ReasonGoodsPlace)
	scenario.Refused(f.Consortium, f.operator("carrier"), goods.Decommission, end(item(milk, "1")), waymark.FailedPrecondition, waymark.ReasonGoodsTitle)
	scenario.Refused(f.Consortium, f.operator("producer"), goods.Decommission, end(box(1)), waymark.Forbidden, waymark.DefaultDeny)
	both := end(box(1))
	both.Lines = append(both.Lines, lines(item(milk, "1"))...)
	scenario.Refused(f.Consortium, f.operator("carrier"), goods.Decommission, both, waymark.FailedPrecondition, waymark.ReasonGoodsTitle)
	again(f, f.operator("carrier"), goods.Decommission, end(box(1)))
}

// TestWhatIsPackedIntoAnEmptyContainerSaysWhoseItIs, whoever's goods were in it before.
func TestWhatIsPackedIntoAnEmptyContainerSaysWhoseItIs(t *testing.T) {
	f := newFarm(t)
	f.commission("", item(milk, "1"))
	f.pack("producer", box(1), lines(item(milk, "1"))...)
	f.ship("s1", "carrier", lines(box(1))...)
	f.deliver("s1", "producer", "carrier")
	f.unpack("carrier", box(1), lines(item(milk, "1"))...)
	oats := "04006381333931"
	scenario.Must(f.Consortium, f.As("carrier", waymark.Admin), goods.RegisterProduct, waymark.RegisterProductRequest{GTIN: oats, Name: "oats"})
	scenario.Must(f.Consortium, f.operator("carrier"), goods.Commission, waymark.CommissionRequest{Items: []string{item(oats, "1")}})
	f.pack("carrier", box(1), lines(item(oats, "1"))...)
	if v := f.lookAs("carrier", box(1)); v.Holder != "carrier" || v.TitleHolder != "carrier" {
		t.Errorf("the container is %s's, held by %s", v.TitleHolder, v.Holder)
	}
	f.cannotPack("carrier", box(1), waymark.FailedPrecondition, waymark.ReasonGoodsTitle, lines(item(milk, "1"))...)
}

// TestWhoReadsAnAct: who did it, and who may read all that it is about.
func TestWhoReadsAnAct(t *testing.T) {
	f := newFarm(t)
	f.commission(lotOf(milk, "L1"), item(milk, "1"))
	f.bulk(lotOf(milk, "L2"), "10", "KGM")
	pack := waymark.PackRequest{ID: "p1", Container: box(1), Lines: append(lines(item(milk, "1")), much(lotOf(milk, "L2"), "2"))}
	want := scenario.Must(f.Consortium, f.operator("producer"), goods.Pack, pack)
	read := func(member string) {
		t.Helper()
		if got := scenario.Must(f.Consortium, f.As(member, waymark.Viewer), goods.Read, waymark.ActQuery{ID: "p1"}); !reflect.DeepEqual(got, want) {
			t.Errorf("%s reads %+v", member, got)
		}
	}
	refused := func(member string, role waymark.Role) {
		t.Helper()
		scenario.Refused(f.Consortium, f.As(member, role), goods.Read, waymark.ActQuery{ID: "p1"}, waymark.Forbidden, waymark.DefaultDeny)
	}
	read("producer")
	refused("producer", waymark.Relay)
	refused("auditor", waymark.Viewer) // it regulates the milk, and a container has no product
	refused("carrier", waymark.Viewer)
	f.ship("s1", "carrier", lines(box(1))...)
	read("carrier")
	f.deliver("s1", "producer", "carrier")
	f.unpack("carrier", box(1), lines(item(milk, "1"))...)
	read("carrier")
	f.ship("s2", "carrier", much(lotOf(milk, "L2"), "8"))
	refused("retailer", waymark.Viewer)
	scenario.Refused(f.Consortium, f.operator("producer"), goods.Read, waymark.ActQuery{ID: "p2"}, waymark.NotFound, "")
	scenario.Sweep(f.Consortium, f.operator("carrier"), goods.Read, waymark.ActQuery{ID: "p1"})
}

// TestARegulatorReadsWhatBecameOfItsProducts: of an act about nothing else.
func TestARegulatorReadsWhatBecameOfItsProducts(t *testing.T) {
	f := newFarm(t)
	f.commission("", item(milk, "1"))
	end := waymark.DecommissionRequest{ID: "d1", Reason: "broken", Lines: lines(item(milk, "1"))}
	scenario.Must(f.Consortium, f.operator("producer"), goods.Decommission, end)
	scenario.Must(f.Consortium, f.As("auditor", waymark.Viewer), goods.Read, waymark.ActQuery{ID: "d1"})
	scenario.Refused(f.Consortium, f.As("retailer", waymark.Viewer), goods.Read, waymark.ActQuery{ID: "d1"}, waymark.Forbidden, waymark.DefaultDeny)
}
