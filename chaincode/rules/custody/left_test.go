package custody_test

import (
	"slices"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/goods"
	"github.com/waymark-ledger/waymark/chaincode/rules/title"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// TestARecallHoldsWhatIsStillThere: goods that were left behind, or are now, hold nothing of
// what goes on without them.
func TestARecallHoldsWhatIsStillThere(t *testing.T) {
	c := scenario.New(t)
	c.Goods("producer", scenario.GTIN, "x")
	s := &story{Consortium: c}
	thing := func(n string) string { return waymark.Item(scenario.GTIN, n).String() }
	lot := func(n string) string { return waymark.Goods{GTIN: scenario.GTIN, Lot: n}.String() }
	r := createRequest("s1")
	r.Conditions, r.Goods = nil, nil
	for _, n := range []string{"a", "b", "c"} {
		scenario.Must(c, s.operator("producer"), goods.Commission, waymark.CommissionRequest{Lot: lot(n), Items: []string{thing(n)}})
		r.Goods = append(r.Goods, waymark.Line{ID: thing(n)})
	}
	scenario.Must(c, s.operator("producer"), custody.Create, r)
	recall := func(n string) {
		scenario.Must(c, s.operator("producer"), goods.Recall, waymark.RecallRequest{Lot: lot(n), Reason: "r"})
	}
	accept := func(number uint64, missing ...string) waymark.AcceptHandoffRequest {
		a := waymark.AcceptHandoffRequest{Shipment: "s1", Number: number}
		for _, n := range missing {
			a.Exceptions = append(a.Exceptions, waymark.Exception{Goods: thing(n), Reason: waymark.ExceptionMissing})
		}
		return a
	}
	n := s.offer("producer", "carrier")
	recall("a")
	scenario.Refused(c, s.operator("carrier"), custody.Accept, accept(n), waymark.FailedPrecondition, waymark.ReasonRecall)
	scenario.Refused(c, s.operator("carrier"), custody.Accept, accept(n, "b"), waymark.FailedPrecondition, waymark.ReasonRecall)
	scenario.Must(c, s.operator("carrier"), custody.Accept, accept(n, "a"))
	n = s.offer("carrier", "retailer") // nothing of lot a is in it any more
	recall("b")
	scenario.Refused(c, s.operator("retailer"), custody.Accept, accept(n), waymark.FailedPrecondition, waymark.ReasonRecall)
	v := scenario.Must(c, s.operator("carrier"), custody.Get, waymark.ShipmentQuery{Shipment: "s1"})
	if !slices.Equal(v.Cargo.Lots, []string{lot("b"), lot("c")}) || len(v.Holds) != 1 {
		t.Errorf("it holds the lots %v, and is held by %+v", v.Cargo.Lots, v.Holds)
	}
	scenario.Must(c, s.operator("retailer"), custody.Accept, accept(n, "b"))
}

// TestRecalledGoodsGoBackWhereTheyCameFrom: of the lots of two brands that are both recalled
// no other member may have all.
func TestRecalledGoodsGoBackWhereTheyCameFrom(t *testing.T) {
	const other = "04012345678918"
	c := scenario.New(t)
	s := &story{Consortium: c}
	lots := map[string]string{}
	var lines []waymark.Line
	for brand, gtin := range map[string]string{"auditor": scenario.GTIN, "carrier": other} {
		scenario.Must(c, c.As(brand, waymark.Admin), goods.RegisterProduct, waymark.RegisterProductRequest{GTIN: gtin, Name: "goods"})
		lots[brand] = waymark.Goods{GTIN: gtin, Lot: "l"}.String()
		item := waymark.Item(gtin, "1").String()
		scenario.Must(c, s.operator(brand), goods.Commission, waymark.CommissionRequest{Lot: lots[brand], Items: []string{item}})
		bought(s, brand, "producer", item)
		lines = append(lines, waymark.Line{ID: item})
	}
	scenario.Must(c, s.operator("producer"), custody.Create, waymark.CreateShipmentRequest{ID: "s1", Consignee: "retailer", Arbiter: "auditor", Goods: lines})
	s.accept("carrier", s.offer("producer", "carrier"), "")
	for _, brand := range []string{"auditor", "carrier"} {
		scenario.Must(c, s.operator(brand), goods.Recall, waymark.RecallRequest{Lot: lots[brand], Reason: "glass"})
	}
	for _, to := range []string{"retailer", "auditor"} {
		scenario.Refused(c, s.operator("carrier"), custody.Offer, s.offerRequest(to), waymark.FailedPrecondition, waymark.ReasonRecall)
	}
	s.accept("producer", s.offer("carrier", "producer"), "")
	for _, line := range lines { // and from there apart
		scenario.Refused(c, s.operator("producer"), custody.Create, waymark.CreateShipmentRequest{ID: "s2", Consignee: "retailer", Goods: []waymark.Line{line}}, waymark.FailedPrecondition, waymark.ReasonRecall)
	}
	scenario.Must(c, s.operator("producer"), custody.Create, waymark.CreateShipmentRequest{ID: "s2", Consignee: "auditor", Goods: []waymark.Line{{ID: waymark.Item(scenario.GTIN, "1").String()}}})
}

// bought ships a thing from one member to another, with title.
func bought(s *story, from, to, thing string) {
	s.T.Helper()
	id, end := "bought-from-"+from, s.Now.Add(time.Hour)
	scenario.Must(s.Consortium, s.operator(from), custody.Create, waymark.CreateShipmentRequest{ID: id, Consignee: to, Goods: []waymark.Line{{ID: thing}}})
	scenario.Must(s.Consortium, s.operator(from), title.Offer, waymark.OfferTitleRequest{Shipment: id, To: to, ExpiresAt: end})
	scenario.Must(s.Consortium, s.operator(to), title.Accept, waymark.AcceptTitleRequest{Shipment: id, Number: 1})
	scenario.Must(s.Consortium, s.operator(from), custody.Offer, waymark.OfferHandoffRequest{Shipment: id, To: to, ExpiresAt: end})
	scenario.Must(s.Consortium, s.operator(to), custody.Accept, waymark.AcceptHandoffRequest{Shipment: id, Number: 1})
}
