package custody_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// expectAgain checks that a request made again gives the first result and writes
// nothing.
func expectAgain[Q waymark.Validator](s *story, by string, rule func(ledger.Ledger, Q) (*waymark.Handoff, error), request Q, first *waymark.Handoff) {
	s.T.Helper()
	s.Now = s.Now.Add(time.Second)
	again, tx, err := scenario.Endorse(s.Consortium, s.operator(by), rule, request)
	if err != nil {
		s.T.Errorf("%T again: %v", request, err)
		return
	}
	if len(tx.Writes()) != 0 || !reflect.DeepEqual(first, again) {
		s.T.Errorf("%T again: writes %v, gave\n%+v, first\n%+v", request, tx.Writes(), again, first)
	}
}

func TestTheSameActAgainReturnsTheFirstResult(t *testing.T) {
	s := newStory(t)
	s.measure(500)
	offer := s.offerRequest("carrier")
	h := scenario.Must(s.Consortium, s.operator("producer"), custody.Offer, offer)
	expectAgain(s, "producer", custody.Offer, offer, h)
	h = scenario.Must(s.Consortium, s.operator("carrier"), custody.Reject, endRequest(1))
	expectAgain(s, "carrier", custody.Reject, endRequest(1), h)
	s.offer("producer", "carrier")
	h = scenario.Must(s.Consortium, s.operator("producer"), custody.Cancel, endRequest(2))
	expectAgain(s, "producer", custody.Cancel, endRequest(2), h)
	s.offer("producer", "carrier")
	h = s.accept("carrier", 3, "")
	expectAgain(s, "carrier", custody.Accept, acceptRequest(3, ""), h)
	s.Now = s.Now.Add(2 * time.Hour)
	expectAgain(s, "carrier", custody.Accept, acceptRequest(3, ""), h)
	s.accept("retailer", s.offer("carrier", "retailer"), "scuffed")
	expectAgain(s, "carrier", custody.Accept, acceptRequest(3, ""), h)
}

func TestAnotherActIsNotTheSame(t *testing.T) {
	s := newStory(t)
	s.measure(500)
	s.accept("carrier", s.offer("producer", "carrier"), "")
	scenario.Refused(s.Consortium, s.operator("carrier"), custody.Accept, acceptRequest(1, "scuffed"), waymark.FailedPrecondition, "handoff-open")
	scenario.Refused(s.Consortium, s.operator("carrier"), custody.Reject, endRequest(1), waymark.FailedPrecondition, "handoff-open")
	offer := s.offerRequest("retailer")
	scenario.Must(s.Consortium, s.operator("carrier"), custody.Offer, offer)
	offer.ExpiresAt = offer.ExpiresAt.Add(time.Minute)
	scenario.Refused(s.Consortium, s.operator("carrier"), custody.Offer, offer, waymark.FailedPrecondition, "handoff-open")
	scenario.Must(s.Consortium, s.operator("retailer"), custody.Reject, endRequest(2))
	r := endRequest(2)
	r.Reason = "another reason"
	scenario.Refused(s.Consortium, s.operator("retailer"), custody.Reject, r, waymark.FailedPrecondition, "handoff-open")
}
