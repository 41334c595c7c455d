package custody_test

import (
	"slices"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/title"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

func (s *story) expectQuorum(shipment string, members ...string) {
	s.T.Helper()
	s.expectTwoOf(ledger.CustodyKey(shipment), members)
}

func (s *story) expectTitleQuorum(shipment string, members ...string) {
	s.T.Helper()
	s.expectTwoOf(ledger.TitleKey(shipment), members)
}

func (s *story) expectTwoOf(key ledger.Key, members []string) {
	s.T.Helper()
	if q, ok := s.World.Quorum(key); !ok || q.Need != 2 || !slices.Equal(q.Members, members) {
		s.T.Errorf("%s needs %+v, want 2 of %v", key, q, members)
	}
}

// TestNoSingleMemberMovesCustody: at every moment the change of custody needs two
// of the members whom it concerns (P6).
func TestNoSingleMemberMovesCustody(t *testing.T) {
	s := newStory(t)
	s.measure(500)
	s.expectQuorum("s1", "auditor", "producer")
	number := s.offer("producer", "carrier")
	s.expectQuorum("s1", "auditor", "carrier", "producer")
	scenario.Must(s.Consortium, s.operator("carrier"), custody.Reject, endRequest(number))
	s.expectQuorum("s1", "auditor", "producer")
	number = s.offer("producer", "carrier")
	scenario.Must(s.Consortium, s.operator("producer"), custody.Cancel, endRequest(number))
	s.expectQuorum("s1", "auditor", "producer")
	s.accept("carrier", s.offer("producer", "carrier"), "")
	s.expectQuorum("s1", "auditor", "carrier", "producer")
	s.measure(500)
	number = s.offer("carrier", "retailer")
	s.expectQuorum("s1", "auditor", "carrier", "retailer")
	s.accept("retailer", number, "")
	s.expectQuorum("s1", "auditor", "producer", "retailer")
}

func TestQuorumWithoutAnArbiter(t *testing.T) {
	s := newStory(t)
	r := createRequest("s2")
	r.Arbiter, r.Conditions = "", nil
	scenario.Must(s.Consortium, s.operator("producer"), custody.Create, r)
	s.expectQuorum("s2", "producer", "retailer")
	offer := s.offerRequest("carrier")
	offer.Shipment = "s2"
	scenario.Must(s.Consortium, s.operator("producer"), custody.Offer, offer)
	s.expectQuorum("s2", "carrier", "producer")
	scenario.Must(s.Consortium, s.operator("carrier"), custody.Accept, waymark.AcceptHandoffRequest{Shipment: "s2", Number: 1})
	s.expectQuorum("s2", "carrier", "producer")
}

func TestTheArbiterMayHoldTheGoods(t *testing.T) {
	s := newStory(t)
	s.measure(500)
	number := s.offer("producer", "auditor")
	s.expectQuorum("s1", "auditor", "producer")
	s.accept("auditor", number, "")
	s.expectQuorum("s1", "auditor", "producer")
	s.measure(500)
	s.accept("retailer", s.offer("auditor", "retailer"), "")
	s.expectCustody("retailer", 2, waymark.ShipmentAccepted)
}

func (s *story) offerTitle(from, to string) {
	s.T.Helper()
	scenario.Must(s.Consortium, s.operator(from), title.Offer, waymark.OfferTitleRequest{Shipment: "s1", To: to, ExpiresAt: s.Now.Add(time.Hour)})
}

func (s *story) acceptTitle(by string) {
	s.T.Helper()
	scenario.Must(s.Consortium, s.operator(by), title.Accept, waymark.AcceptTitleRequest{Shipment: "s1", Number: s.offered().Number})
}

// TestCustodyAndTitleGuardEachOther: whichever moves, the other then needs whom it
// concerns now, unless it is offered, for that is between the two sides and the arbiter.
func TestCustodyAndTitleGuardEachOther(t *testing.T) {
	s := newStory(t)
	s.measure(500)
	s.expectTitleQuorum("s1", "auditor", "producer")
	s.accept("carrier", s.offer("producer", "carrier"), "")
	s.expectTitleQuorum("s1", "auditor", "carrier", "producer")
	s.offerTitle("producer", "retailer")
	s.expectTitleQuorum("s1", "auditor", "producer", "retailer")
	s.expectQuorum("s1", "auditor", "carrier", "producer")
	s.acceptTitle("retailer")
	s.expectTitleQuorum("s1", "auditor", "carrier", "retailer")
	s.expectQuorum("s1", "auditor", "carrier", "retailer")

	s.measure(500) // both at once, title first
	number := s.offer("carrier", "producer")
	s.offerTitle("retailer", "producer")
	s.acceptTitle("producer")
	s.expectQuorum("s1", "auditor", "carrier", "producer") // of the open handoff
	s.expectTitleQuorum("s1", "auditor", "carrier", "producer")
	scenario.Must(s.Consortium, s.operator("carrier"), custody.Cancel, endRequest(number))
	s.expectQuorum("s1", "auditor", "carrier", "producer")

	s.offerTitle("producer", "retailer") // and custody first
	s.accept("retailer", s.offer("carrier", "retailer"), "")
	s.expectQuorum("s1", "auditor", "producer", "retailer")
	s.expectTitleQuorum("s1", "auditor", "producer", "retailer")
	scenario.Must(s.Consortium, s.operator("retailer"), title.Decline, waymark.EndTitleOfferRequest{Shipment: "s1", Number: s.offered().Number, Reason: "too late"})
	s.expectTitleQuorum("s1", "auditor", "producer", "retailer")
}

// TestAnOfferPastItsTimeHasNoSay: whom goods or title were offered to once keeps no share in
// what moves after that, where the other has moved since.
func TestAnOfferPastItsTimeHasNoSay(t *testing.T) {
	s := newStory(t)
	s.measure(500)
	s.offer("producer", "carrier")
	s.Now = s.Now.Add(time.Hour + time.Millisecond)
	s.offerTitle("producer", "retailer")
	s.acceptTitle("retailer")
	s.expectQuorum("s1", "auditor", "producer", "retailer")

	s.offerTitle("retailer", "producer")
	s.Now = s.Now.Add(time.Hour + time.Millisecond)
	s.measure(500)
	s.accept("carrier", s.offer("producer", "carrier"), "")
	s.expectTitleQuorum("s1", "auditor", "carrier", "retailer")
}

// Without an arbiter all can come to one member; even then it takes two.
func TestNoSingleMemberEverSuffices(t *testing.T) {
	s := newDraft(t)
	r := createRequest("s1")
	r.Arbiter, r.Conditions = "", nil
	scenario.Must(s.Consortium, s.operator("producer"), custody.Create, r)
	s.expectQuorum("s1", "producer", "retailer")
	s.offerTitle("producer", "retailer")
	s.acceptTitle("retailer")
	s.accept("retailer", s.offer("producer", "retailer"), "")
	s.expectQuorum("s1", "producer", "retailer")
	s.expectTitleQuorum("s1", "producer", "retailer")
}
