package settlement_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/settlement"
	"github.com/waymark-ledger/waymark/chaincode/rules/title"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

func (s *story) titleOffer(to string) waymark.OfferTitleRequest {
	return waymark.OfferTitleRequest{Shipment: "s1", To: to, ExpiresAt: s.Now.AddDate(0, 0, 60)}
}

func acceptTitle(number uint64) waymark.AcceptTitleRequest {
	return waymark.AcceptTitleRequest{Shipment: "s1", Number: number}
}

// titleOf makes the goods of the shipment those of a member from the start.
func (s *story) titleOf(member string) {
	s.T.Helper()
	forge(s, ledger.TitleKey("s1"), func(t *waymark.Title) { t.Holder = member })
}

// sell has the payer take title, by offer 1.
func (s *story) sell() {
	s.T.Helper()
	scenario.Must(s.Consortium, s.as("producer"), title.Offer, s.titleOffer("retailer"))
	scenario.Must(s.Consortium, s.as("retailer"), title.Accept, acceptTitle(1))
}

func (s *story) wantTitle(holder string) *waymark.TitleView {
	s.T.Helper()
	v := scenario.Must(s.Consortium, s.As("auditor", waymark.Viewer), title.Get, waymark.ShipmentQuery{Shipment: "s1"})
	if v.Title.Holder != holder {
		s.T.Errorf("%s has title, want %s", v.Title.Holder, holder)
	}
	return v
}

// refundLate has the payer take its money back after the date.
func (s *story) refundLate() {
	s.T.Helper()
	s.Now = scenario.Start.AddDate(0, 0, 31)
	scenario.Must(s.Consortium, s.as("retailer"), settlement.Refund, refunding)
	s.wantBalances(0, 2*price)
}

// TestNobodyHasTitleAndMoney: with the money title goes back, and then does not go to the payer
// any more, whatever was offered before.
func TestNobodyHasTitleAndMoney(t *testing.T) {
	t.Run("taken before", func(t *testing.T) {
		s := newStory(t)
		s.fund()
		s.sell()
		s.refundLate()
		s.wantTitle("producer")
		for _, key := range []ledger.Key{ledger.TitleKey("s1"), ledger.CustodyKey("s1")} { // the payer has no say any more
			if q, _ := s.World.Quorum(key); !slices.Equal(q.Members, []string{"auditor", "producer"}) || q.Need != 2 {
				t.Errorf("%s needs %v", key, q)
			}
		}
		scenario.Must(s.Consortium, s.as("retailer"), settlement.Refund, refunding)
	})
	t.Run("taken before, of goods that returned", func(t *testing.T) {
		s := newStory(t)
		s.fund()
		s.sell()
		s.handOver("producer", "carrier", "cold or not")
		s.handOver("carrier", "producer", "cold or not")
		scenario.Must(s.Consortium, s.as("retailer"), settlement.Refund, refunding)
		s.wantTitle("producer")
	})
	t.Run("taken before, from a third", func(t *testing.T) {
		s := newStory(t)
		s.titleOf("carrier")
		s.fund()
		scenario.Must(s.Consortium, s.as("carrier"), title.Offer, s.titleOffer("retailer"))
		scenario.Must(s.Consortium, s.as("retailer"), title.Accept, acceptTitle(1))
		s.refundLate()
		s.wantTitle("carrier")
	})
	t.Run("never bought", func(t *testing.T) {
		s := newStory(t)
		s.titleOf("retailer")
		s.fund()
		scenario.Must(s.Consortium, s.as("retailer"), title.Offer, s.titleOffer("carrier"))
		s.refundLate()
		s.wantTitle("retailer")
		scenario.Must(s.Consortium, s.as("carrier"), title.Accept, acceptTitle(1))
	})
	t.Run("offered before", func(t *testing.T) {
		s := newStory(t)
		s.fund()
		scenario.Must(s.Consortium, s.as("producer"), title.Offer, s.titleOffer("retailer"))
		s.refundLate()
		scenario.Refused(s.Consortium, s.as("retailer"), title.Accept, acceptTitle(1), waymark.FailedPrecondition, waymark.ReasonRefunded)
		s.wantTitle("producer")
	})
	t.Run("offered after", func(t *testing.T) {
		s := newStory(t)
		s.fund()
		s.refundLate()
		scenario.Refused(s.Consortium, s.as("producer"), title.Offer, s.titleOffer("retailer"), waymark.FailedPrecondition, waymark.ReasonRefunded)
		scenario.Must(s.Consortium, s.as("producer"), title.Offer, s.titleOffer("carrier"))
	})
}

// TestTitleThatIsNotPaidForStays: what has to go back with the money is not passed on.
func TestTitleThatIsNotPaidForStays(t *testing.T) {
	t.Run("offered after", func(t *testing.T) {
		s := newStory(t)
		s.sell()
		s.fund()
		scenario.Refused(s.Consortium, s.as("retailer"), title.Offer, s.titleOffer("carrier"), waymark.FailedPrecondition, waymark.ReasonEscrow)
		scenario.Must(s.Consortium, s.as("retailer"), title.Offer, s.titleOffer("producer"))
		s.refundLate()
		if o := s.wantTitle("producer").Offer; o.State != waymark.TitleCancelled {
			t.Errorf("the offer is %s", o.State)
		}
		scenario.Must(s.Consortium, s.as("producer"), title.Offer, s.titleOffer("carrier"))
	})
	t.Run("offered before", func(t *testing.T) {
		s := newStory(t)
		s.sell()
		scenario.Must(s.Consortium, s.as("retailer"), title.Offer, s.titleOffer("carrier"))
		s.fund()
		scenario.Refused(s.Consortium, s.as("carrier"), title.Accept, acceptTitle(2), waymark.FailedPrecondition, waymark.ReasonEscrow)
		s.refundLate()
		scenario.Refused(s.Consortium, s.as("carrier"), title.Accept, acceptTitle(2), waymark.FailedPrecondition, waymark.ReasonTitleOpen)
	})
	t.Run("without an escrow", func(t *testing.T) {
		s := newStory(t)
		s.sell()
		scenario.Must(s.Consortium, s.as("retailer"), title.Offer, s.titleOffer("carrier"))
		scenario.Must(s.Consortium, s.as("carrier"), title.Accept, acceptTitle(2))
		s.wantTitle("carrier")
	})
}

// TestRefundAndTitleAtOnce: of two that are endorsed on the same state one commits.
func TestRefundAndTitleAtOnce(t *testing.T) {
	for _, refundFirst := range []bool{true, false} {
		s := newStory(t)
		s.fund()
		scenario.Must(s.Consortium, s.as("producer"), title.Offer, s.titleOffer("retailer"))
		s.Now = scenario.Start.AddDate(0, 0, 31)
		refunded := endorse(s, "retailer", settlement.Refund, refunding)
		taken := endorse(s, "retailer", title.Accept, acceptTitle(1))
		oneCommits(t, refundFirst, refunded, taken)
	}
}

// TestAnOfferPastItsTimeBlocksNoRefund: its members keep the say over custody that they have, and
// none over the money.
func TestAnOfferPastItsTimeBlocksNoRefund(t *testing.T) {
	s := newStory(t)
	s.fund()
	s.sell()
	s.offer("carrier")
	before, _ := s.World.Quorum(ledger.CustodyKey("s1"))
	s.refundLate()
	if after, _ := s.World.Quorum(ledger.CustodyKey("s1")); !reflect.DeepEqual(after, before) {
		t.Errorf("custody needs %v, and needed %v", after, before)
	}
	scenario.Must(s.Consortium, s.as("producer"), custody.Offer, offering(s, "carrier"))
}
