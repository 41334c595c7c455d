package custody_test

import (
	"slices"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/internal/custody"
	"github.com/waymark-ledger/waymark/chaincode/internal/ledger"
	"github.com/waymark-ledger/waymark/chaincode/internal/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

func (s *story) expectQuorum(shipment string, members ...string) {
	s.T.Helper()
	q, ok := s.World.Quorum(ledger.CustodyKey(shipment))
	if !ok || q.Need != 2 || !slices.Equal(q.Members, members) {
		s.T.Errorf("custody of %s needs %+v, want 2 of %v", shipment, q, members)
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
