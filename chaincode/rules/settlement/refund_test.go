package settlement_test

import (
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/settlement"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

var (
	refunding  = waymark.EscrowRequest{Shipment: "s1"}
	acceptance = waymark.AcceptHandoffRequest{Shipment: "s1", Number: 1}
)

// overdue is a funded story past the date of refund, with an open offer to the payer.
func overdue(t *testing.T) *story {
	t.Helper()
	s := newStory(t)
	s.fund()
	s.Record(s.logger.Pack(500))
	s.Now = scenario.Start.AddDate(0, 0, 30).Add(-30 * time.Minute)
	s.offer("retailer")
	s.Now = s.Now.Add(31 * time.Minute)
	s.Record(s.logger.Pack(500))
	return s
}

func (s *story) offer(to string) {
	s.T.Helper()
	scenario.Must(s.Consortium, s.as("producer"), custody.Offer, offering(s, to))
}

func offering(s *story, to string) waymark.OfferHandoffRequest {
	return waymark.OfferHandoffRequest{Shipment: "s1", To: to, ExpiresAt: s.Now.Add(time.Hour)}
}

// TestNobodyHasGoodsAndMoney: while the goods are offered to the payer nothing is refunded,
// and once it is they do not go there any more.
func TestNobodyHasGoodsAndMoney(t *testing.T) {
	t.Run("accepted first", func(t *testing.T) {
		s := overdue(t)
		scenario.Refused(s.Consortium, s.as("retailer"), settlement.Refund, refunding, waymark.FailedPrecondition, waymark.ReasonHandoffOpen)
		scenario.Must(s.Consortium, s.as("retailer"), custody.Accept, acceptance)
		scenario.Refused(s.Consortium, s.as("retailer"), settlement.Refund, refunding, waymark.FailedPrecondition, waymark.ReasonShipment)
	})
	t.Run("rejected first", func(t *testing.T) {
		s := overdue(t)
		scenario.Must(s.Consortium, s.as("retailer"), custody.Reject, waymark.EndHandoffRequest{Shipment: "s1", Number: 1, Reason: "too late"})
		scenario.Must(s.Consortium, s.as("retailer"), settlement.Refund, refunding)
		scenario.Refused(s.Consortium, s.as("producer"), custody.Offer, offering(s, "retailer"), waymark.FailedPrecondition, waymark.ReasonRefunded)
		s.offer("carrier") // it goes back, or elsewhere
	})
	t.Run("expired first", func(t *testing.T) {
		s := overdue(t)
		s.Now = s.Now.Add(time.Hour)
		scenario.Must(s.Consortium, s.as("retailer"), settlement.Refund, refunding)
		s.wantBalances(0, 2*price)
		s.Now = s.Now.Add(-time.Hour) // as a client may claim
		scenario.Refused(s.Consortium, s.as("retailer"), custody.Accept, acceptance, waymark.FailedPrecondition, waymark.ReasonRefunded)
	})
}

// TestRefundAndHandoffAtOnce: of two that are endorsed on the same state one commits.
func TestRefundAndHandoffAtOnce(t *testing.T) {
	t.Run("acceptance", func(t *testing.T) {
		for _, refundFirst := range []bool{true, false} {
			s := overdue(t)
			accepted := endorse(s, "retailer", custody.Accept, acceptance)
			s.Now = s.Now.Add(time.Hour) // the payer's clock, as far as its endorsers let it
			refunded := endorse(s, "retailer", settlement.Refund, refunding)
			oneCommits(t, refundFirst, refunded, accepted)
		}
	})
	t.Run("offer", func(t *testing.T) {
		for _, refundFirst := range []bool{true, false} {
			s := newStory(t)
			s.fund()
			s.Now = scenario.Start.AddDate(0, 0, 31)
			offered := endorse(s, "producer", custody.Offer, offering(s, "retailer"))
			refunded := endorse(s, "retailer", settlement.Refund, refunding)
			oneCommits(t, refundFirst, refunded, offered)
		}
	})
}

type committer interface{ Commit() error }

// endorse runs a transaction without committing it.
func endorse[Q waymark.Validator, R any](s *story, member string, rule func(ledger.Ledger, Q) (R, error), request Q) committer {
	s.T.Helper()
	_, tx, err := scenario.Endorse(s.Consortium, s.as(member), rule, request)
	if err != nil {
		s.T.Fatal(err)
	}
	return tx
}

func oneCommits(t *testing.T, refundFirst bool, refunded, other committer) {
	t.Helper()
	first, second := other, refunded
	if refundFirst {
		first, second = refunded, other
	}
	if err := first.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := second.Commit(); err == nil {
		t.Errorf("both commit, refund first %v", refundFirst)
	}
}
