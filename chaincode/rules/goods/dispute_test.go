package goods_test

import (
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/goods"
	"github.com/waymark-ledger/waymark/chaincode/rules/settlement"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// TestADisputeHoldsWhatWasAccepted: until it is over its goods are read, and nothing becomes
// of them, in whatever they are in.
func TestADisputeHoldsWhatWasAccepted(t *testing.T) {
	f := newFarm(t)
	bulk := lotOf(cheese, "C")
	f.commission("", item(milk, "1"), item(milk, "2"), item(milk, "3"))
	f.bulk(bulk, "10", "KGM")
	f.pack("producer", box(1), lines(item(milk, "2"))...)
	scenario.Must(f.Consortium, f.operator("producer"), custody.Create, waymark.CreateShipmentRequest{ID: "s1", Consignee: "retailer", Arbiter: "auditor",
		Goods: []waymark.Line{{ID: item(milk, "1")}, {ID: item(milk, "3")}, {ID: box(1)}, much(bulk, "2")}})
	scenario.Must(f.Consortium, f.operator("producer"), custody.Offer, waymark.OfferHandoffRequest{Shipment: "s1", To: "retailer", ExpiresAt: f.Now.Add(time.Hour)})
	scenario.Must(f.Consortium, f.operator("retailer"), custody.Accept, waymark.AcceptHandoffRequest{Shipment: "s1", Number: 1, Reservation: "dented"})
	f.pack("retailer", box(2), lines(item(milk, "3"))...) // out of the shipment before the dispute: it is not of it any more
	scenario.Must(f.Consortium, f.operator("producer"), settlement.Dispute, waymark.OpenDisputeRequest{Shipment: "s1", Reason: "it was whole"})

	some := much(bulk, "1")
	some.From = waymark.InShipment("s1")
	for name, held := range map[string][]waymark.Line{"an item": lines(item(milk, "1")), "a container": lines(box(1)), "in a container": lines(item(milk, "2")), "of a lot": {some}} {
		t.Run(name, func(t *testing.T) {
			f.cannotPack("retailer", box(3), waymark.FailedPrecondition, waymark.ReasonDispute, held...)
			f.cannotShip("retailer", "carrier", waymark.FailedPrecondition, waymark.ReasonDispute, held...)
			scenario.Refused(f.Consortium, f.operator("retailer"), goods.Decommission, waymark.DecommissionRequest{ID: f.act(), Lines: held, Reason: "sold"}, waymark.FailedPrecondition, waymark.ReasonDispute)
		})
	}
	scenario.Refused(f.Consortium, f.operator("retailer"), goods.Unpack, waymark.UnpackRequest{ID: f.act(), Container: box(1), Lines: lines(item(milk, "2"))}, waymark.FailedPrecondition, waymark.ReasonDispute)
	f.cannotPack("retailer", box(1), waymark.FailedPrecondition, waymark.ReasonDispute, lines(item(milk, "3"))...)
	if v := f.lookAs("retailer", item(milk, "1")); v.Holder != "retailer" || v.Free {
		t.Errorf("it is read as %+v", v)
	}

	scenario.Must(f.Consortium, f.operator("producer"), settlement.Withdraw, waymark.WithdrawDisputeRequest{Shipment: "s1", Number: 1, Reason: "found the dent"})
	f.unpack("retailer", box(1), lines(item(milk, "2"))...)
	f.pack("retailer", box(3), append(lines(item(milk, "1")), some)...)
}
