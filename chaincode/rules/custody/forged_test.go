package custody_test

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/goods"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// twoForge sets members of each record of shipment s1 that two of the consortium are enough to
// write, as they can with software of their own, and fails the test if they can write none.
func (s *story) twoForge(one, other string, members map[string]any) {
	s.T.Helper()
	forged := 0
	for _, key := range []ledger.Key{
		ledger.ShipmentKey("s1"), ledger.CustodyKey("s1"), ledger.CargoKey("s1"), ledger.GuardKey("s1"), ledger.TitleKey("s1"), ledger.HandoffKey("s1", 1),
	} {
		q, own := s.World.Quorum(key)
		if !own || q.Need > 2 || !slices.Contains(q.Members, one) || !slices.Contains(q.Members, other) {
			continue // what has no policy of its own needs more than two
		}
		forged++
		if _, err := s.World.Submit(s.Tx(s.operator(one)), func(l ledger.Ledger) error {
			record, err := ledger.Require[map[string]any](l, key, key.String())
			if err != nil {
				return err
			}
			maps.Copy(*record, members)
			value, err := json.Marshal(record)
			if err != nil {
				return err
			}
			return l.Put(key, value)
		}); err != nil {
			s.T.Fatal(err)
		}
	}
	if forged == 0 {
		s.T.Fatalf("%s and %s write nothing of the shipment", one, other)
	}
}

// TestTwoMembersDoNotTakeOffSeals: who may move goods has no say in how they are sealed.
func TestTwoMembersDoNotTakeOffSeals(t *testing.T) {
	for name, forged := range map[string]any{"none": nil, "an empty list": []any{}, "broken": seals("S1=broken S2=broken")} {
		t.Run(name, func(t *testing.T) {
			s := newAttestedStory(t, func(r *waymark.CreateShipmentRequest) { sealed(r); r.Attested = false })
			before := s.view().Cargo
			s.twoForge("producer", "carrier", map[string]any{"seals": forged})
			s.refused(s.request(""), waymark.FailedPrecondition, "seal")
			if after := s.view().Cargo; len(before.Seals) != 2 || !slices.Equal(after.Seals, before.Seals) {
				t.Errorf("seals %v became %v", before.Seals, after.Seals)
			}
			s.take(s.request("", s.logger.Attest(s.handoff, seals("S1=intact S2=intact"))))
		})
	}
}

// TestTwoMembersDoNotEvadeARecall: nor have they one in what is in the shipment, be anything of it
// left behind already or not.
func TestTwoMembersDoNotEvadeARecall(t *testing.T) {
	for name, left := range map[string]bool{"all is there": false, "something was left": true} {
		t.Run(name, func(t *testing.T) {
			c := scenario.New(t)
			c.Goods("producer", scenario.GTIN, "x")
			s := &story{Consortium: c}
			lot := waymark.Goods{GTIN: scenario.GTIN, Lot: "a"}.String()
			r := createRequest("s1")
			r.Conditions = nil
			things := []string{r.Goods[0].ID, r.Goods[1].ID}
			scenario.Must(c, s.operator("producer"), goods.Commission, waymark.CommissionRequest{Lot: lot, Items: things})
			scenario.Must(c, s.operator("producer"), custody.Create, r)
			accept := waymark.AcceptHandoffRequest{Shipment: "s1", Number: s.offer("producer", "carrier")}
			if left {
				accept.Exceptions = []waymark.Exception{{Goods: things[0], Reason: waymark.ExceptionMissing}}
			}
			scenario.Must(c, s.operator("carrier"), custody.Accept, accept)
			scenario.Must(c, s.operator("producer"), goods.Recall, waymark.RecallRequest{Lot: lot, Reason: "r"})
			s.twoForge("producer", "carrier", map[string]any{"lots": []string{}})
			scenario.Refused(c, s.operator("carrier"), custody.Offer, s.offerRequest("retailer"), waymark.FailedPrecondition, waymark.ReasonRecall)
		})
	}
}

// TestTwoMembersDoNotShortenTheJourney: what nobody measured at its beginning is unknown, whatever
// they say of when it was ready.
func TestTwoMembersDoNotShortenTheJourney(t *testing.T) {
	c := newConsortium(t)
	s := &story{Consortium: c, logger: c.Device("logger-1", "producer")}
	r := createRequest("s1")
	r.Conditions = []waymark.Condition{warmBudget(waymark.BudgetCumulative)}
	scenario.Must(c, s.operator("producer"), custody.Create, r)
	s.Now = s.Now.Add(10 * 24 * time.Hour)
	s.attach("logger-1")
	s.after(time.Minute, 500)
	s.twoForge("producer", "auditor", map[string]any{"ready": waymark.Stamp{TxID: "t", Time: s.Now, Member: "producer"}})
	s.expectCondition(waymark.ConditionUnknown, "unknown-time")
}
