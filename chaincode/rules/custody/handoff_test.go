package custody_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/shipment"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

const onlyOfferee = "only-offeree-answers-handoff"

func TestOfferRefuses(t *testing.T) {
	tests := map[string]struct {
		by     string
		role   waymark.Role
		change func(*waymark.OfferHandoffRequest)
		code   waymark.Code
		reason string
	}{
		"not the custodian":   {"carrier", waymark.Operator, nil, waymark.Forbidden, waymark.DefaultDeny},
		"the consignee":       {"retailer", waymark.Operator, nil, waymark.Forbidden, waymark.DefaultDeny},
		"a viewer":            {"producer", waymark.Viewer, nil, waymark.Forbidden, waymark.DefaultDeny},
		"a relay":             {"producer", waymark.Relay, nil, waymark.Forbidden, waymark.DefaultDeny},
		"to oneself":          {"producer", waymark.Operator, func(r *waymark.OfferHandoffRequest) { r.To = "producer" }, waymark.Invalid, ""},
		"to an unknown":       {"producer", waymark.Operator, func(r *waymark.OfferHandoffRequest) { r.To = "nobody" }, waymark.NotFound, ""},
		"an unknown shipment": {"producer", waymark.Operator, func(r *waymark.OfferHandoffRequest) { r.Shipment = "s9" }, waymark.NotFound, ""},
		"until now":           {"producer", waymark.Operator, func(r *waymark.OfferHandoffRequest) { r.ExpiresAt = scenario.Start }, waymark.Invalid, ""},
		"until never":         {"producer", waymark.Operator, func(r *waymark.OfferHandoffRequest) { r.ExpiresAt = time.Time{} }, waymark.Invalid, ""},
		"for too long": {"producer", waymark.Operator, func(r *waymark.OfferHandoffRequest) {
			r.ExpiresAt = scenario.Start.Add(custody.MaxOffer + time.Millisecond)
		}, waymark.Invalid, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newStory(t)
			r := s.offerRequest("carrier")
			if test.change != nil {
				test.change(&r)
			}
			scenario.Refused(s.Consortium, s.As(test.by, test.role), custody.Offer, r, test.code, test.reason)
		})
	}
}

func TestOneOpenOfferAtATime(t *testing.T) {
	s := newStory(t)
	s.offer("producer", "carrier")
	scenario.Refused(s.Consortium, s.operator("producer"), custody.Offer, s.offerRequest("retailer"), waymark.FailedPrecondition, "handoff-open")
	s.Now = s.Now.Add(time.Hour) // to the millisecond it expires
	scenario.Refused(s.Consortium, s.operator("producer"), custody.Offer, s.offerRequest("retailer"), waymark.FailedPrecondition, "handoff-open")
}

func TestAnExpiredOfferIsReplaced(t *testing.T) {
	s := newStory(t)
	s.measure(500)
	first := s.offer("producer", "carrier")
	s.Now = s.Now.Add(time.Hour + time.Millisecond)
	scenario.Refused(s.Consortium, s.operator("carrier"), custody.Accept, acceptRequest(first, ""), waymark.FailedPrecondition, "handoff-expired")
	scenario.Refused(s.Consortium, s.operator("carrier"), custody.Accept, acceptRequest(first, "late"), waymark.FailedPrecondition, "handoff-expired")
	s.expectHandoff(first, waymark.HandoffExpired) // as a reader sees it
	if h := s.view().Handoffs[0]; h.Changed != h.Offered {
		t.Errorf("nobody has closed it yet: %+v", h)
	}
	second := s.offer("producer", "retailer")
	s.expectHandoff(first, waymark.HandoffExpired)
	s.expectHandoff(second, waymark.HandoffOffered)
	scenario.Refused(s.Consortium, s.operator("carrier"), custody.Accept, acceptRequest(first, ""), waymark.FailedPrecondition, "handoff-open")
	s.accept("retailer", second, "")
}

func TestAnOfferIsGoodToTheMillisecond(t *testing.T) {
	s := newStory(t)
	s.measure(500)
	number := s.offer("producer", "carrier")
	s.Now = s.Now.Add(time.Hour)
	s.accept("carrier", number, "")
}

// had writes that a shipment has had so many offers, all cancelled.
func (s *story) had(offers uint64) {
	s.T.Helper()
	if _, err := s.World.Submit(s.Tx(s.operator("producer")), func(l ledger.Ledger) error {
		for n := range offers {
			h := waymark.Handoff{Shipment: "s1", Number: n + 1, State: waymark.HandoffCancelled, Reasons: []string{}}
			if err := ledger.Save(l, ledger.HandoffKey("s1", n+1), &h); err != nil {
				return err
			}
		}
		return l.Put(ledger.GuardKey("s1"), fmt.Appendf(nil, `{"last":%d,"open":false}`, offers))
	}); err != nil {
		s.T.Fatal(err)
	}
}

func TestOffersAreBounded(t *testing.T) {
	s := newStory(t)
	last := func(to string, number uint64) {
		t.Helper()
		s.had(number - 1)
		if got := s.offer("producer", to); got != number {
			t.Errorf("the offer is number %d, want %d", got, number)
		}
		scenario.Must(s.Consortium, s.operator("producer"), custody.Cancel, endRequest(number))
		scenario.Refused(s.Consortium, s.operator("producer"), custody.Offer, s.offerRequest(to), waymark.FailedPrecondition, waymark.ReasonLimit)
	}
	last("carrier", shipment.MaxHandoffsOn)
	last("retailer", custody.MaxHandoffs) // it goes home all the same
	if n := len(s.view().Handoffs); n != custody.MaxHandoffs {
		t.Errorf("%d handoffs", n)
	}
}

func TestOnlyTheOffereeAccepts(t *testing.T) {
	tests := map[string]struct {
		by     string
		role   waymark.Role
		reason string
	}{
		"the offeror":           {"producer", waymark.Operator, onlyOfferee},
		"the consignee":         {"retailer", waymark.Admin, onlyOfferee},
		"the arbiter":           {"auditor", waymark.Operator, onlyOfferee},
		"a stranger":            {"stranger", waymark.Operator, onlyOfferee},
		"the offeree's viewer":  {"carrier", waymark.Viewer, waymark.DefaultDeny},
		"the offeree's relay":   {"carrier", waymark.Relay, waymark.DefaultDeny},
		"the offeree's nobody":  {"carrier", "", waymark.DefaultDeny},
		"an offeree look-alike": {"Carrier", waymark.Operator, onlyOfferee},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newStory(t)
			s.measure(500)
			number := s.offer("producer", "carrier")
			by := s.As(test.by, test.role)
			scenario.Refused(s.Consortium, by, custody.Accept, acceptRequest(number, ""), waymark.Forbidden, test.reason)
			scenario.Refused(s.Consortium, by, custody.Reject, endRequest(number), waymark.Forbidden, test.reason)
			s.expectHandoff(number, waymark.HandoffOffered)
			s.expectCustody("producer", 0, waymark.ShipmentReady)
		})
	}
}

func TestAcceptJudgesTheConditions(t *testing.T) {
	tests := map[string]struct {
		prepare func(*story)
		reason  string
	}{
		"nothing measured": {func(*story) {}, "no-witness"},
		"another unit": {func(s *story) {
			payload := []byte(`[{"n":"temperature","u":"K","v":277,"t":1772352000}]`)
			s.Record(s.logger.Sign(s.logger.Header(), payload))
		}, "no-witness"},
		"another measurement": {func(s *story) {
			payload := []byte(`[{"n":"humidity","u":"Cel","v":5,"t":1772352000}]`)
			s.Record(s.logger.Sign(s.logger.Header(), payload))
		}, "no-witness"},
		"a missing message": {func(s *story) { s.measure(500); s.logger.Pack(500); s.measure(500) }, "missing-messages"},
		"too cold":          {func(s *story) { s.measure(199) }, "excursion"},
		"too warm":          {func(s *story) { s.measure(801) }, "excursion"},
		"too warm, and a missing message": {func(s *story) {
			s.measure(801)
			s.logger.Pack(500)
			s.measure(500)
		}, "excursion"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newStory(t)
			test.prepare(s)
			number := s.offer("producer", "carrier")
			scenario.Refused(s.Consortium, s.operator("carrier"), custody.Accept, acceptRequest(number, ""), waymark.FailedPrecondition, test.reason)
			h := s.accept("carrier", number, "as found")
			if h.Condition == waymark.ConditionConformant || h.Reasons[0] != test.reason {
				t.Errorf("accepted as %s %v", h.Condition, h.Reasons)
			}
		})
	}
}

func TestALateMessageFillsTheGap(t *testing.T) {
	s := newStory(t)
	s.measure(500)
	late := s.logger.Pack(500)
	s.measure(500)
	number := s.offer("producer", "carrier")
	scenario.Refused(s.Consortium, s.operator("carrier"), custody.Accept, acceptRequest(number, ""), waymark.FailedPrecondition, "missing-messages")
	s.Record(late)
	s.accept("carrier", number, "")
}

func TestAShipmentWithoutConditionsNeedsNoWitness(t *testing.T) {
	s := newStory(t)
	r := createRequest("s2")
	r.Conditions, r.Arbiter = nil, ""
	scenario.Must(s.Consortium, s.operator("producer"), custody.Create, r)
	offer := s.offerRequest("retailer")
	offer.Shipment = "s2"
	h := scenario.Must(s.Consortium, s.operator("producer"), custody.Offer, offer)
	accepted := scenario.Must(s.Consortium, s.operator("retailer"), custody.Accept, waymark.AcceptHandoffRequest{Shipment: "s2", Number: h.Number})
	if accepted.Condition != waymark.ConditionConformant {
		t.Errorf("accepted as %s", accepted.Condition)
	}
}

func TestRejectAndCancelEndAnOffer(t *testing.T) {
	s := newStory(t)
	rejected := s.offer("producer", "carrier")
	scenario.Must(s.Consortium, s.operator("carrier"), custody.Reject, endRequest(rejected))
	s.expectHandoff(rejected, waymark.HandoffRejected)
	scenario.Refused(s.Consortium, s.operator("carrier"), custody.Accept, acceptRequest(rejected, "after all"), waymark.FailedPrecondition, "handoff-open")
	cancelled := s.offer("producer", "carrier")
	for _, by := range []string{"carrier", "retailer", "auditor"} {
		scenario.Refused(s.Consortium, s.operator(by), custody.Cancel, endRequest(cancelled), waymark.Forbidden, waymark.DefaultDeny)
	}
	scenario.Must(s.Consortium, s.operator("producer"), custody.Cancel, endRequest(cancelled))
	s.expectHandoff(cancelled, waymark.HandoffCancelled)
	s.expectCustody("producer", 0, waymark.ShipmentReady)
	scenario.Refused(s.Consortium, s.operator("carrier"), custody.Reject, endRequest(cancelled), waymark.FailedPrecondition, "handoff-open")
	scenario.Refused(s.Consortium, s.operator("producer"), custody.Cancel, endRequest(rejected), waymark.FailedPrecondition, "handoff-open")
	scenario.Refused(s.Consortium, s.operator("carrier"), custody.Accept, acceptRequest(9, ""), waymark.NotFound, "")
	scenario.Refused(s.Consortium, s.operator("carrier"), custody.Accept, acceptRequest(0, ""), waymark.Invalid, "")
	if h := s.view().Handoffs; h[0].Reason != "changed plans" || h[0].Changed.Member != "carrier" {
		t.Errorf("handoff %+v", h[0])
	}
}
