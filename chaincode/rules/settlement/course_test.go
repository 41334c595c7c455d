package settlement_test

import (
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/settlement"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// say has those that can write custody say that the shipment is somewhere.
func (s *story) say(state waymark.ShipmentState) {
	s.T.Helper()
	forge(s, ledger.CustodyKey("s1"), func(c *waymark.Custody) { c.State = state })
}

// TestMoneyFollowsHandoffs: custodian and title holder, with software of their own, can write
// custody between them, and neither need be payer or arbiter: money follows what was handed over.
func TestMoneyFollowsHandoffs(t *testing.T) {
	underWay := func(t *testing.T) *story {
		t.Helper()
		s := newStory(t)
		s.fund()
		s.Record(s.logger.Pack(500))
		s.handOver("producer", "carrier", "")
		return s
	}
	settling := waymark.SettleRequest{Shipment: "s1"}
	t.Run("not accepted", func(t *testing.T) {
		for _, state := range []waymark.ShipmentState{waymark.ShipmentAccepted, waymark.ShipmentDiscrepant} {
			s := underWay(t)
			s.say(state)
			s.bring(terms())
			scenario.Refused(s.Consortium, s.as("producer"), settlement.Settle, settling, waymark.FailedPrecondition, waymark.ReasonAccepted)
			scenario.Refused(s.Consortium, s.as("producer"), settlement.Dispute, opening, waymark.FailedPrecondition, waymark.ReasonAccepted)
			s.Now = scenario.Start.AddDate(0, 0, 31)
			scenario.Must(s.Consortium, s.as("retailer"), settlement.Refund, refunding)
		}
	})
	t.Run("not over", func(t *testing.T) {
		for _, state := range []waymark.ShipmentState{waymark.ShipmentVoid, waymark.ShipmentReturned, waymark.ShipmentDraft} {
			s := underWay(t)
			s.say(state)
			scenario.Refused(s.Consortium, s.as("retailer"), settlement.Refund, refunding, waymark.FailedPrecondition, waymark.ReasonEscrow)
		}
	})
	t.Run("accepted", func(t *testing.T) {
		for _, state := range []waymark.ShipmentState{waymark.ShipmentInCustody, waymark.ShipmentVoid, waymark.ShipmentReturned} {
			s := newStory(t)
			s.fund()
			s.deliver("", 500)
			s.say(state)
			s.Now = scenario.Start.AddDate(0, 0, 31)
			scenario.Refused(s.Consortium, s.as("retailer"), settlement.Refund, refunding, waymark.FailedPrecondition, waymark.ReasonShipment)
			if p := s.settle(); p.Settlement.Paid != price {
				t.Errorf("%s: %d is paid", state, p.Settlement.Paid)
			}
		}
	})
	t.Run("offered", func(t *testing.T) {
		s := overdue(t)
		s.say(waymark.ShipmentInCustody)
		scenario.Refused(s.Consortium, s.as("retailer"), settlement.Refund, refunding, waymark.FailedPrecondition, waymark.ReasonHandoffOpen)
	})
	t.Run("accepted long ago", func(t *testing.T) {
		s := newStory(t)
		s.fund()
		s.Record(s.logger.Pack(500))
		s.handOver("producer", "carrier", "dented")
		s.Now = s.Now.Add(5 * time.Hour)
		s.Record(s.logger.Pack(500))
		s.handOver("carrier", "retailer", "")
		forge(s, ledger.CustodyKey("s1"), func(c *waymark.Custody) { c.Changed.Time = c.Changed.Time.Add(-4 * time.Hour) })
		s.Now = s.Now.Add(waymark.DefaultClaimWindow - time.Minute)
		s.bring(terms())
		scenario.Refused(s.Consortium, s.as("producer"), settlement.Settle, settling, waymark.FailedPrecondition, waymark.ReasonClaimWindow)
	})
}
