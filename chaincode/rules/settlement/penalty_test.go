package settlement_test

import (
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/settlement"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// releaseAll has quality of a member release every excursion.
func (s *story) releaseAll(member string) {
	s.T.Helper()
	for _, e := range scenario.Must(s.Consortium, s.as("retailer"), custody.Get, waymark.ShipmentQuery{Shipment: "s1"}).Excursions {
		scenario.Must(s.Consortium, s.As(member, waymark.Quality), custody.ReleaseExcursion, waymark.ReleaseExcursionRequest{
			Shipment: "s1", Device: e.Device, Rule: e.Rule, First: e.First, Disposition: "fine by us"})
	}
}

// TestOnlyThePayerForgives: the payee, which has title by default, does not release itself of
// what it is to pay for, whatever the verdict says then.
func TestOnlyThePayerForgives(t *testing.T) {
	for member, paid := range map[string]int64{"producer": 150000, "retailer": price} {
		s := newStory(t)
		s.fund()
		s.Record(s.logger.Pack(100), s.logger.Pack(500))
		s.releaseAll(member)
		s.handOver("producer", "retailer", "")
		if p := s.settle(); p.Settlement.Paid != paid {
			t.Errorf("released by the %s, %d is paid, want %d", member, p.Settlement.Paid, paid)
		}
	}
}

// TestSilenceForgivesNothing: who releases its own excursions and then measures no more pays for
// them, though the verdict says of the condition only that it is unknown.
func TestSilenceForgivesNothing(t *testing.T) {
	for member, paid := range map[string]int64{"producer": 150000, "retailer": price} {
		s := newStory(t)
		s.fund()
		s.Record(s.logger.Pack(100), s.logger.Pack(500))
		s.releaseAll(member)
		s.handOver("producer", "carrier", "")
		s.handOver("carrier", "retailer", "nobody knows how warm it was")
		s.Now = s.Now.AddDate(0, 0, 30)
		if p := s.settle(); p.Settlement.Paid != paid {
			t.Errorf("released by the %s, %d is paid, want %d", member, p.Settlement.Paid, paid)
		}
	}
}

// TestLateIsWhatWasOfferedLate: the payer cannot make it late by waiting with its answer.
func TestLateIsWhatWasOfferedLate(t *testing.T) {
	for name, test := range map[string]struct {
		offered, answered time.Duration
		paid              int64
	}{
		"offered in time":       {time.Hour, time.Hour, price},
		"accepted late":         {time.Hour, 5 * time.Hour, price},
		"offered a moment late": {time.Hour + time.Millisecond, 5 * time.Hour, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStory(t)
			late := terms()
			late.Late = &waymark.LatePenalty{Due: s.Now.Add(time.Hour), Forfeits: true}
			s.agreeOn(late)
			scenario.Must(s.Consortium, s.as("retailer"), settlement.Fund, s.fundRequest(price))
			began := s.Now
			s.Record(s.logger.Pack(500))
			s.Now = began.Add(test.offered)
			scenario.Must(s.Consortium, s.as("producer"), custody.Offer, waymark.OfferHandoffRequest{Shipment: "s1", To: "retailer", ExpiresAt: s.Now.Add(24 * time.Hour)})
			s.Now = began.Add(test.answered)
			s.Record(s.logger.Pack(500))
			scenario.Must(s.Consortium, s.as("retailer"), custody.Accept, waymark.AcceptHandoffRequest{Shipment: "s1", Number: 1})
			s.bring(late)
			if r := scenario.Must(s.Consortium, s.as("producer"), settlement.Settle, waymark.SettleRequest{Shipment: "s1"}); r.Settlement.Paid != test.paid {
				t.Errorf("paid %d, want %d", r.Settlement.Paid, test.paid)
			}
		})
	}
}

// TestAPayerThatHeldTheGoodsIsPaidForNoLateness, whoever lifts the hold, and whoever sets one after it.
func TestAPayerThatHeldTheGoodsIsPaidForNoLateness(t *testing.T) {
	for name, test := range map[string]struct {
		by   []string
		paid int64
	}{
		"the payer":                 {[]string{"retailer"}, price},
		"the payer, and then payee": {[]string{"retailer", "producer"}, price},
		"the payee":                 {[]string{"producer"}, 0},
		"nobody":                    {nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStory(t)
			late := terms()
			late.Late = &waymark.LatePenalty{Due: scenario.Start.AddDate(0, 0, 2), Forfeits: true}
			s.agreeOn(late)
			scenario.Must(s.Consortium, s.as("retailer"), settlement.Fund, s.fundRequest(price))
			s.Record(s.logger.Pack(500))
			held := waymark.HoldRequest{Shipment: "s1", Kind: waymark.HoldPendingData, Reason: "no certificate"}
			for _, by := range test.by {
				scenario.Must(s.Consortium, s.as(by), custody.Hold, held)
				scenario.Refused(s.Consortium, s.as("producer"), custody.Offer, offering(s, "retailer"), waymark.FailedPrecondition, waymark.ReasonPendingData)
				scenario.Must(s.Consortium, s.as(by), custody.LiftHold, held)
			}
			s.Now = scenario.Start.AddDate(0, 0, 3)
			s.Record(s.logger.Pack(500))
			s.offer("retailer")
			scenario.Must(s.Consortium, s.as("retailer"), custody.Accept, acceptance)
			s.bring(late)
			if r := scenario.Must(s.Consortium, s.as("retailer"), settlement.Settle, waymark.SettleRequest{Shipment: "s1"}); r.Settlement.Paid != test.paid {
				t.Errorf("paid %d, want %d", r.Settlement.Paid, test.paid)
			}
		})
	}
}
