package custody_test

import (
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/internal/custody"
	"github.com/waymark-ledger/waymark/chaincode/internal/scenario"
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
