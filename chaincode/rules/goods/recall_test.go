package goods_test

import (
	"slices"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/goods"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

func (f *farm) recall(by, lot string) {
	f.T.Helper()
	scenario.Must(f.Consortium, f.operator(by), goods.Recall, waymark.RecallRequest{Lot: lot, Reason: "listeria"})
}

// TestARecallStopsTheLot, wherever it is and whatever it has become, but for the way back.
func TestARecallStopsTheLot(t *testing.T) {
	f := newFarm(t)
	lot, made := lotOf(milk, "L1"), lotOf(cheese, "C")
	f.bulk(lot, "10", "KGM")
	f.commission(lotOf(milk, "other"), item(milk, "9"))
	scenario.Must(f.Consortium, f.operator("producer"), goods.Transform, waymark.TransformRequest{ID: "t1", Inputs: []waymark.Line{much(lot, "4")},
		Outputs: []waymark.Output{{ID: made, Quantity: "4", Unit: "KGM"}}})
	f.pack("producer", box(1), much(made, "1"))
	f.pack("producer", box(2), lines(box(1), item(milk, "9"))...)
	f.ship("s1", "retailer", much(made, "2"))
	open := scenario.Must(f.Consortium, f.operator("producer"), custody.Offer, waymark.OfferHandoffRequest{Shipment: "s1", To: "carrier", ExpiresAt: f.Now.Add(time.Hour)})
	f.recall("auditor", lot)
	for _, what := range []waymark.Line{much(lot, "1"), much(made, "1"), {ID: box(2)}} {
		f.cannotPack("producer", box(3), waymark.FailedPrecondition, waymark.ReasonRecall, what)
		f.cannotShip("producer", "retailer", waymark.FailedPrecondition, waymark.ReasonRecall, what)
	}
	scenario.Refused(f.Consortium, f.operator("producer"), goods.Transform, waymark.TransformRequest{ID: "t2", Inputs: []waymark.Line{much(made, "1")},
		Outputs: []waymark.Output{{ID: lotOf(cheese, "D"), Quantity: "1", Unit: "KGM"}}}, waymark.FailedPrecondition, waymark.ReasonRecall)
	scenario.Refused(f.Consortium, f.operator("carrier"), custody.Accept, waymark.AcceptHandoffRequest{Shipment: "s1", Number: open.Number, Reservation: "x"}, waymark.FailedPrecondition, waymark.ReasonRecall)
	scenario.Must(f.Consortium, f.operator("carrier"), custody.Reject, waymark.EndHandoffRequest{Shipment: "s1", Number: open.Number, Reason: "recalled"})
	offer := waymark.OfferHandoffRequest{Shipment: "s1", To: "carrier", ExpiresAt: f.Now.Add(time.Hour)}
	scenario.Refused(f.Consortium, f.operator("producer"), custody.Offer, offer, waymark.FailedPrecondition, waymark.ReasonRecall)
	f.deliver("s1", "producer", "auditor") // who recalls it has it
	f.ship("s2", "auditor", waymark.Line{ID: box(2)})
	f.unpack("producer", packed(f), much(made, "0.5"))
	scenario.Must(f.Consortium, f.operator("producer"), goods.Decommission, waymark.DecommissionRequest{ID: "d1", Lines: []waymark.Line{much(lot, "1")}, Reason: "destroyed"})
	for _, id := range []string{lot, made, box(2)} {
		if v := f.look(id); len(v.Recalls) != 1 || v.Recalls[0].Lot != lot || v.Recalls[0].Standing[0].By != "auditor" {
			t.Errorf("%s has the recalls %+v", id, v.Recalls)
		}
	}
	f.lift("auditor", lot)
	f.ship("s3", "retailer", much(made, "0.5"))
}

// packed has half a kilo of what is recalled in a container of its own, from before.
func packed(f *farm) string {
	f.T.Helper()
	f.lift("auditor", lotOf(milk, "L1"))
	f.pack("producer", box(5), much(lotOf(cheese, "C"), "0.5"))
	f.recall("auditor", lotOf(milk, "L1"))
	return box(5)
}

func (f *farm) lift(by, lot string) {
	f.T.Helper()
	scenario.Must(f.Consortium, f.operator(by), goods.LiftRecall, waymark.LiftRecallRequest{Lot: lot, Reason: "tested"})
}

// TestWhoRecalls: brand owner and regulators, each for itself.
func TestWhoRecalls(t *testing.T) {
	f := newFarm(t)
	lot := lotOf(milk, "L1")
	request := waymark.RecallRequest{Lot: lot, Reason: "listeria", Reference: "2026/7"}
	scenario.Refused(f.Consortium, f.operator("producer"), goods.Recall, request, waymark.NotFound, "")
	f.commission(lot, item(milk, "1"))
	scenario.Refused(f.Consortium, f.operator("retailer"), goods.Recall, request, waymark.Forbidden, waymark.DefaultDeny)
	scenario.Refused(f.Consortium, f.As("producer", waymark.Viewer), goods.Recall, request, waymark.Forbidden, waymark.DefaultDeny)
	again(f, f.operator("auditor"), goods.Recall, request)
	again(f, f.operator("producer"), goods.Recall, request)
	other := request
	other.Reason = "glass"
	scenario.Refused(f.Consortium, f.operator("auditor"), goods.Recall, other, waymark.AlreadyExists, "")
	// With two of them it may go back to the brand owner alone.
	f.cannotShip("producer", "auditor", waymark.FailedPrecondition, waymark.ReasonRecall, lines(item(milk, "1"))...)
	again(f, f.operator("producer"), goods.LiftRecall, waymark.LiftRecallRequest{Lot: lot, Reason: "tested"})
	f.ship("s1", "auditor", lines(item(milk, "1"))...)
	f.deliver("s1", "producer", "auditor")
	f.recall("producer", lot)
	scenario.Must(f.Consortium, f.operator("auditor"), custody.Create, waymark.CreateShipmentRequest{ID: "s2", Consignee: "producer", Goods: lines(item(milk, "1"))})
	f.deliver("s2", "auditor", "producer")
	scenario.Must(f.Consortium, f.As("producer", waymark.Admin), goods.AddRegulator, waymark.AddRegulatorRequest{GTIN: milk, Regulator: "retailer"})
	f.recall("retailer", lot)
	var standing []string
	for _, r := range f.look(lot).Recalls[0].Standing {
		standing = append(standing, r.By)
	}
	if !slices.Equal(standing, []string{"auditor", "producer", "retailer"}) {
		t.Errorf("recalled by %v", standing)
	}
}

// TestARecallOnTheWay: what was endorsed before a recall commits is void.
func TestARecallOnTheWay(t *testing.T) {
	f := newFarm(t)
	f.commission(lotOf(milk, "L1"), item(milk, "1"))
	_, tx, err := scenario.Endorse(f.Consortium, f.operator("producer"), goods.Pack, waymark.PackRequest{ID: "a", Container: box(1), Lines: lines(item(milk, "1"))})
	if err != nil {
		t.Fatal(err)
	}
	f.recall("producer", lotOf(milk, "L1"))
	if tx.Commit() == nil {
		t.Error("it was packed after it was recalled")
	}
}

func TestProducts(t *testing.T) {
	f := newFarm(t)
	admin := f.As("producer", waymark.Admin)
	request := waymark.RegisterProductRequest{GTIN: "04012345678918", Name: "butter", NetContent: &waymark.Amount{Quantity: "0.250", Unit: "KGM"}, Regulators: []string{"retailer", "auditor"}}
	again(f, admin, goods.RegisterProduct, request)
	again(f, admin, goods.AddRegulator, waymark.AddRegulatorRequest{GTIN: request.GTIN, Regulator: "carrier"})
	scenario.Must(f.Consortium, admin, goods.RegisterProduct, request) // one more has come since
	for _, change := range []func(*waymark.RegisterProductRequest){
		func(r *waymark.RegisterProductRequest) { r.Name = "margarine" },
		func(r *waymark.RegisterProductRequest) { r.NetContent = nil },
		func(r *waymark.RegisterProductRequest) { r.NetContent = &waymark.Amount{Quantity: "0.5", Unit: "KGM"} },
		func(r *waymark.RegisterProductRequest) { r.Regulators = []string{"producer"} },
	} {
		other := request
		change(&other)
		scenario.Refused(f.Consortium, admin, goods.RegisterProduct, other, waymark.AlreadyExists, "")
	}
	scenario.Refused(f.Consortium, f.As("carrier", waymark.Admin), goods.RegisterProduct, request, waymark.AlreadyExists, "")
	scenario.Refused(f.Consortium, f.operator("producer"), goods.RegisterProduct, request, waymark.Forbidden, waymark.DefaultDeny)
	scenario.Refused(f.Consortium, admin, goods.RegisterProduct, waymark.RegisterProductRequest{GTIN: "04012345678925", Name: "x", Regulators: []string{"nobody"}}, waymark.NotFound, "")
	scenario.Refused(f.Consortium, f.As("stranger", waymark.Admin), goods.RegisterProduct, waymark.RegisterProductRequest{GTIN: "04012345678925", Name: "x"}, waymark.NotFound, "")
	scenario.Refused(f.Consortium, admin, goods.AddRegulator, waymark.AddRegulatorRequest{GTIN: request.GTIN, Regulator: "nobody"}, waymark.NotFound, "")
	scenario.Refused(f.Consortium, admin, goods.AddRegulator, waymark.AddRegulatorRequest{GTIN: "04012345678932", Regulator: "auditor"}, waymark.NotFound, "")
	scenario.Refused(f.Consortium, f.As("carrier", waymark.Admin), goods.AddRegulator, waymark.AddRegulatorRequest{GTIN: request.GTIN, Regulator: "carrier"}, waymark.Forbidden, waymark.DefaultDeny)
	p := scenario.Must(f.Consortium, f.As("retailer", waymark.Relay), goods.Product, waymark.ProductQuery{GTIN: request.GTIN})
	if !slices.Equal(p.Regulators, []string{"auditor", "carrier", "retailer"}) || p.NetContent.Quantity != "0.25" {
		t.Errorf("%+v", p)
	}
	scenario.Refused(f.Consortium, f.As("retailer", ""), goods.Product, waymark.ProductQuery{GTIN: request.GTIN}, waymark.Forbidden, waymark.DefaultDeny)
}
