package custody_test

import (
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/goods"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// What a draft alone held is free when another takes its place, and so is what a void
// shipment held.
func TestGoodsOfADraftAreFreeAgain(t *testing.T) {
	s := newDraft(t)
	producer, r := s.operator("producer"), createRequest("s1")
	all := r.Goods
	other := createRequest("s2")
	other.Goods = all[1:]
	scenario.Refused(s.Consortium, producer, custody.Create, other, waymark.FailedPrecondition, waymark.ReasonGoodsPlace)
	r.Draft, r.Goods = true, all[:1]
	scenario.Must(s.Consortium, producer, custody.Create, r)
	scenario.Must(s.Consortium, producer, custody.Create, other)
	r.Goods = all // its own line, and one that is elsewhere by now
	scenario.Refused(s.Consortium, producer, custody.Create, r, waymark.FailedPrecondition, waymark.ReasonGoodsPlace)
	scenario.Must(s.Consortium, producer, custody.Void, waymark.VoidShipmentRequest{Shipment: "s2", Reason: "sold out"})
	scenario.Must(s.Consortium, producer, custody.Create, r)
	if v := s.view(); len(v.Shipment.Goods) != 2 || v.Custody.State != waymark.ShipmentDraft {
		t.Errorf("replaced by %+v, %s", v.Shipment, v.Custody.State)
	}
}

// TestADraftThatIsCreatedAgainAsNoneIsReady, with what it holds, wherever that was taken from.
func TestADraftThatIsCreatedAgainAsNoneIsReady(t *testing.T) {
	c := scenario.New(t)
	c.Goods("producer", scenario.GTIN, "1")
	s := &story{Consortium: c}
	lot := waymark.Goods{GTIN: scenario.GTIN, Lot: "l"}.String()
	all := waymark.Line{ID: lot, Quantity: "5"}
	scenario.Must(c, s.operator("producer"), goods.Commission, waymark.CommissionRequest{Lot: lot, Quantity: "5", Unit: "KGM"})
	scenario.Must(c, s.operator("producer"), custody.Create, waymark.CreateShipmentRequest{ID: "s0", Consignee: "carrier", Goods: []waymark.Line{all}})
	scenario.Must(c, s.operator("producer"), custody.Offer, waymark.OfferHandoffRequest{Shipment: "s0", To: "carrier", ExpiresAt: s.Now.Add(time.Hour)})
	scenario.Must(c, s.operator("carrier"), custody.Accept, waymark.AcceptHandoffRequest{Shipment: "s0", Number: 1})

	all.From = waymark.InShipment("s0")
	r := waymark.CreateShipmentRequest{ID: "s1", Consignee: "producer", Goods: []waymark.Line{all}, Draft: true}
	draft := scenario.Must(c, s.operator("carrier"), custody.Create, r)
	s.Now = s.Now.Add(time.Hour)
	again(s, s.operator("carrier"), custody.Create, r)
	s.expectCustody("carrier", 0, waymark.ShipmentDraft)
	r.Draft = false
	asked := s.Now
	if got := again(s, s.operator("carrier"), custody.Create, r); got.Created != draft.Created {
		t.Errorf("it was created anew: %+v", got)
	}
	s.expectCustody("carrier", 0, waymark.ShipmentReady)
	if ready := s.view().Cargo.Ready; ready == nil || !ready.Time.Equal(asked) {
		t.Errorf("ready since %+v", ready)
	}
	again(s, s.operator("carrier"), custody.Ready, waymark.ReadyShipmentRequest{Shipment: "s1"})
}

// Title to a shipment is at first whose the goods were, and not the consignor's by itself.
func TestTitleComesWithTheGoods(t *testing.T) {
	s := newStory(t)
	s.measure(500)
	s.accept("carrier", s.offer("producer", "carrier"), "")
	s.accept("retailer", s.offer("carrier", "retailer"), "unmeasured") // title stays with the producer
	r := createRequest("s5")
	r.Consignee, r.Goods, r.Conditions = "carrier", s.view().Shipment.Goods, nil
	scenario.Must(s.Consortium, s.operator("retailer"), custody.Create, r)
	v := scenario.Must(s.Consortium, s.operator("retailer"), custody.Get, waymark.ShipmentQuery{Shipment: "s5"})
	if v.Title.Holder != "producer" || v.Custody.Custodian != "retailer" {
		t.Errorf("title %+v, custody %+v", v.Title, v.Custody)
	}
	s.expectQuorum("s5", "auditor", "producer", "retailer")
	s.expectTitleQuorum("s5", "auditor", "producer", "retailer")
}
