package custody_test

import (
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/hold"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/shipment"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// apply commits what a function of the rules does.
func (s *story) apply(f func(ledger.Ledger) error) {
	s.T.Helper()
	if _, err := s.World.Submit(s.Tx(s.operator("retailer")), f); err != nil {
		s.T.Fatal(err)
	}
}

func (s *story) escrow(state waymark.EscrowState) {
	s.T.Helper()
	s.apply(func(l ledger.Ledger) error {
		return shipment.SaveEscrow(l, &waymark.Escrow{Shipment: "s1", State: state})
	})
}

func (s *story) expectState(want waymark.ShipmentState) {
	s.T.Helper()
	v := scenario.Must(s.Consortium, s.operator("auditor"), custody.Get, waymark.ShipmentQuery{Shipment: "s1"})
	if v.State != want {
		s.T.Errorf("the shipment is %s, want %s", v.State, want)
	}
}

func TestSettledAndClosedFollow(t *testing.T) {
	s := newStory(t)
	s.measure(500)
	s.expectState(waymark.ShipmentReady)
	s.escrow(waymark.EscrowFunded)
	s.accept("retailer", s.offer("producer", "retailer"), "scuffed")
	s.expectState(waymark.ShipmentDiscrepant)
	s.escrow(waymark.EscrowPaid)
	s.expectState(waymark.ShipmentSettled)
	s.apply(func(l ledger.Ledger) error { return hold.Dispute(l, "s1", "scuffed") })
	s.Now = s.Now.Add(waymark.DefaultClaimWindow + time.Second)
	s.expectState(waymark.ShipmentSettled)
	s.apply(func(l ledger.Ledger) error { return hold.EndDispute(l, "s1") })
	s.expectState(waymark.ShipmentClosed)
	s.escrow(waymark.EscrowFunded)
	s.expectState(waymark.ShipmentDiscrepant)
}

func TestWithoutMoneyAShipmentClosesWithItsClaims(t *testing.T) {
	s := newStory(t)
	s.measure(500)
	s.accept("retailer", s.offer("producer", "retailer"), "scuffed")
	s.expectState(waymark.ShipmentDiscrepant)
	scenario.Must(s.Consortium, s.operator("retailer"), custody.WaiveClaim, waymark.WaiveClaimRequest{Shipment: "s1", Number: 1, Reason: "as agreed"})
	s.expectState(waymark.ShipmentDiscrepant) // the consignor may still make claims of its own
	s.Now = s.Now.Add(waymark.DefaultClaimWindow + time.Second)
	s.expectState(waymark.ShipmentClosed)
}

// TestAnEarlierLegKeepsItOpen: what was reserved on a leg can be disputed only after the last
// acceptance, however long the journey took, and so the shipment is not closed before.
func TestAnEarlierLegKeepsItOpen(t *testing.T) {
	s := newStory(t)
	s.measure(500)
	s.accept("carrier", s.offer("producer", "carrier"), "scuffed")
	s.Now = s.Now.Add(waymark.DefaultClaimWindow + time.Hour)
	s.measure(500)
	s.accept("retailer", s.offer("carrier", "retailer"), "")
	s.expectState(waymark.ShipmentDiscrepant)
	s.Now = s.Now.Add(waymark.DefaultClaimWindow + time.Second)
	s.expectState(waymark.ShipmentClosed)
}

// TestWhatWasTurnedAwayIsNotClosedAtOnce: the consignor may still say that it was in time. What it cancelled
// itself is no matter.
func TestWhatWasTurnedAwayIsNotClosedAtOnce(t *testing.T) {
	s := newStory(t)
	s.measure(500)
	scenario.Must(s.Consortium, s.operator("producer"), custody.Cancel, endRequest(s.offer("producer", "retailer")))
	s.accept("retailer", s.offer("producer", "retailer"), "")
	s.expectState(waymark.ShipmentClosed)

	s = newStory(t)
	s.measure(500)
	scenario.Must(s.Consortium, s.operator("retailer"), custody.Reject, endRequest(s.offer("producer", "retailer")))
	s.accept("retailer", s.offer("producer", "retailer"), "")
	s.expectState(waymark.ShipmentAccepted)
	s.Now = s.Now.Add(waymark.DefaultClaimWindow + time.Second)
	s.expectState(waymark.ShipmentClosed)
}
