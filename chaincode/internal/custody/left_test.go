package custody_test

import (
	"slices"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/internal/custody"
	"github.com/waymark-ledger/waymark/chaincode/internal/goods"
	"github.com/waymark-ledger/waymark/chaincode/internal/scenario"
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
	if !slices.Equal(v.Custody.Lots, []string{lot("b"), lot("c")}) || len(v.Holds) != 1 {
		t.Errorf("it holds the lots %v, and is held by %+v", v.Custody.Lots, v.Holds)
	}
	scenario.Must(c, s.operator("retailer"), custody.Accept, accept(n, "b"))
}
