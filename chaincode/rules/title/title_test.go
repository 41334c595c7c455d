package title_test

import (
	"errors"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/memledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/shipment"
	"github.com/waymark-ledger/waymark/chaincode/rules/title"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// story is a shipment of the producer to the retailer, without conditions.
type story struct{ *scenario.Consortium }

func newStory(t *testing.T) story {
	t.Helper()
	s := story{scenario.New(t)}
	goods := s.Goods("producer", scenario.GTIN, "1")
	scenario.Must(s.Consortium, s.operator("producer"), custody.Create, waymark.CreateShipmentRequest{ID: "s1", Consignee: "retailer", Arbiter: "auditor",
		Goods: goods})
	return s
}

func (s story) operator(member string) ledger.Caller { return s.As(member, waymark.Operator) }

func (s story) offerTo(to string) waymark.OfferTitleRequest {
	return waymark.OfferTitleRequest{Shipment: "s1", To: to, ExpiresAt: s.Now.Add(time.Hour)}
}

// offered is a story in which title is offered to the retailer.
func offered(t *testing.T) story {
	t.Helper()
	s := newStory(t)
	scenario.Must(s.Consortium, s.operator("producer"), title.Offer, s.offerTo("retailer"))
	return s
}

// accept and ending are of the first offer.
var accept, ending = acceptOf(1), endOf(1)

func acceptOf(number uint64) waymark.AcceptTitleRequest {
	return waymark.AcceptTitleRequest{Shipment: "s1", Number: number}
}

func endOf(number uint64) waymark.EndTitleOfferRequest {
	return waymark.EndTitleOfferRequest{Shipment: "s1", Number: number, Reason: "changed plans"}
}

func (s story) view() *waymark.TitleView {
	s.T.Helper()
	return scenario.Must(s.Consortium, s.As("producer", waymark.Viewer), title.Get, waymark.ShipmentQuery{Shipment: "s1"})
}

func (s story) expectHolder(holder string) {
	s.T.Helper()
	if v := s.view(); v.Title.Holder != holder || v.Title.Shipment != "s1" {
		s.T.Errorf("title %+v, want %s", v.Title, holder)
	}
}

// again runs a rule that must succeed, and a minute later once more: that changes nothing.
func again[Q waymark.Validator](s *story, by string, rule func(ledger.Ledger, Q) (*waymark.TitleOffer, error), request Q) *waymark.TitleOffer {
	s.T.Helper()
	o := scenario.Must(s.Consortium, s.operator(by), rule, request)
	s.Now = s.Now.Add(time.Minute)
	if _, tx, err := scenario.Endorse(s.Consortium, s.operator(by), rule, request); err != nil || len(tx.Writes()) > 0 {
		s.T.Errorf("%T again: %v, writes %v", request, err, tx.Writes())
	}
	return o
}

func TestTitleMovesByOfferAndAcceptance(t *testing.T) {
	s := newStory(t)
	s.expectHolder("producer")
	if v := s.view(); v.Offer != nil || v.Obligations == nil {
		t.Errorf("before the first offer %+v", v)
	}
	if o := again(&s, "producer", title.Offer, s.offerTo("retailer")); o.From != "producer" || o.To != "retailer" || o.State != waymark.TitleOffered {
		t.Errorf("offered %+v", o)
	}
	s.expectHolder("producer")
	if o := again(&s, "retailer", title.Accept, accept); o.State != waymark.TitleAccepted || o.Changed.Member != "retailer" {
		t.Errorf("accepted %+v", o)
	}
	s.expectHolder("retailer")
	scenario.Refused(s.Consortium, s.operator("producer"), title.Offer, s.offerTo("carrier"), waymark.Forbidden, waymark.DefaultDeny)
	again(&s, "retailer", title.Offer, s.offerTo("auditor"))
	again(&s, "auditor", title.Decline, endOf(2))
	again(&s, "retailer", title.Offer, s.offerTo("carrier"))
	again(&s, "retailer", title.Cancel, endOf(3))
	other := endOf(3)
	other.Reason = "another"
	scenario.Refused(s.Consortium, s.operator("retailer"), title.Cancel, other, waymark.FailedPrecondition, waymark.ReasonTitleOpen)
	scenario.Refused(s.Consortium, s.operator("carrier"), title.Accept, acceptOf(3), waymark.FailedPrecondition, waymark.ReasonTitleOpen)
	scenario.Refused(s.Consortium, s.operator("carrier"), title.Decline, endOf(3), waymark.FailedPrecondition, waymark.ReasonTitleOpen)
	s.expectHolder("retailer")
}

// Title moves while the goods are with a carrier, and custody stays where it is.
func TestTitleMovesInTransit(t *testing.T) {
	s := offered(t)
	scenario.Must(s.Consortium, s.operator("producer"), custody.Offer, waymark.OfferHandoffRequest{Shipment: "s1", To: "carrier", ExpiresAt: s.Now.Add(time.Hour)})
	scenario.Must(s.Consortium, s.operator("carrier"), custody.Accept, waymark.AcceptHandoffRequest{Shipment: "s1", Number: 1})
	scenario.Must(s.Consortium, s.operator("retailer"), title.Accept, accept)
	v := scenario.Must(s.Consortium, s.operator("carrier"), custody.Get, waymark.ShipmentQuery{Shipment: "s1"})
	if v.Custody.Custodian != "carrier" || v.Title.Holder != "retailer" || v.Custody.State != waymark.ShipmentInCustody {
		t.Errorf("custody %+v, title %+v", v.Custody, v.Title)
	}
	h := scenario.Must(s.Consortium, s.operator("carrier"), custody.History, waymark.ShipmentQuery{Shipment: "s1"})
	if last := h.Entries[len(h.Entries)-1]; len(h.Entries) != 5 || last.What != "title.accepted" || last.Detail != "1, producer to retailer" {
		t.Errorf("history %+v", h.Entries)
	}
}

func TestOfferRefuses(t *testing.T) {
	tests := map[string]struct {
		by     string
		role   waymark.Role
		change func(*waymark.OfferTitleRequest)
		code   waymark.Code
		reason string
	}{
		"not the holder":      {"carrier", waymark.Operator, nil, waymark.Forbidden, waymark.DefaultDeny},
		"the consignee":       {"retailer", waymark.Admin, nil, waymark.Forbidden, waymark.DefaultDeny},
		"a viewer":            {"producer", waymark.Viewer, nil, waymark.Forbidden, waymark.DefaultDeny},
		"quality":             {"producer", waymark.Quality, nil, waymark.Forbidden, waymark.DefaultDeny},
		"to itself":           {"producer", waymark.Operator, func(r *waymark.OfferTitleRequest) { r.To = "producer" }, waymark.Invalid, ""},
		"to an unknown":       {"producer", waymark.Operator, func(r *waymark.OfferTitleRequest) { r.To = "nobody" }, waymark.NotFound, ""},
		"to no id":            {"producer", waymark.Operator, func(r *waymark.OfferTitleRequest) { r.To = "a/b" }, waymark.Invalid, ""},
		"an unknown shipment": {"producer", waymark.Operator, func(r *waymark.OfferTitleRequest) { r.Shipment = "s9" }, waymark.NotFound, ""},
		"until now":           {"producer", waymark.Operator, func(r *waymark.OfferTitleRequest) { r.ExpiresAt = scenario.Start }, waymark.Invalid, ""},
		"until never":         {"producer", waymark.Operator, func(r *waymark.OfferTitleRequest) { r.ExpiresAt = time.Time{} }, waymark.Invalid, ""},
		"for too long":        {"producer", waymark.Operator, func(r *waymark.OfferTitleRequest) { r.ExpiresAt = scenario.Start.Add(title.MaxOffer + 1) }, waymark.Invalid, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newStory(t)
			r := s.offerTo("retailer")
			if test.change != nil {
				test.change(&r)
			}
			scenario.Refused(s.Consortium, s.As(test.by, test.role), title.Offer, r, test.code, test.reason)
		})
	}
}

func TestWhoAnswers(t *testing.T) {
	s := offered(t)
	const onlyOfferee = "only-offeree-answers-title"
	for _, by := range []string{"producer", "carrier", "auditor", "stranger", "Retailer"} {
		scenario.Refused(s.Consortium, s.operator(by), title.Accept, accept, waymark.Forbidden, onlyOfferee)
		scenario.Refused(s.Consortium, s.operator(by), title.Decline, ending, waymark.Forbidden, onlyOfferee)
	}
	for _, role := range []waymark.Role{waymark.Quality, waymark.Viewer, waymark.Relay, ""} {
		scenario.Refused(s.Consortium, s.As("retailer", role), title.Accept, accept, waymark.Forbidden, waymark.DefaultDeny)
	}
	scenario.Refused(s.Consortium, s.operator("retailer"), title.Cancel, ending, waymark.Forbidden, waymark.DefaultDeny)
	scenario.Refused(s.Consortium, s.As("stranger", waymark.Viewer), title.Get, waymark.ShipmentQuery{Shipment: "s1"}, waymark.Forbidden, waymark.DefaultDeny)
	scenario.Refused(s.Consortium, s.operator("retailer"), title.Accept, waymark.AcceptTitleRequest{Shipment: "s9", Number: 1}, waymark.NotFound, "")
	s.expectHolder("producer")
}

func TestWhoIsOfferedTitleReadsTheShipment(t *testing.T) {
	s := newStory(t)
	query := waymark.ShipmentQuery{Shipment: "s1"}
	scenario.Refused(s.Consortium, s.As("carrier", waymark.Viewer), custody.Get, query, waymark.Forbidden, waymark.DefaultDeny)
	scenario.Must(s.Consortium, s.operator("producer"), title.Offer, s.offerTo("carrier"))
	scenario.Must(s.Consortium, s.As("carrier", waymark.Viewer), custody.Get, query)
	scenario.Must(s.Consortium, s.operator("carrier"), title.Decline, ending)
	scenario.Refused(s.Consortium, s.As("carrier", waymark.Viewer), title.Get, query, waymark.Forbidden, waymark.DefaultDeny)
}

func TestOneOfferAtATimeUntilItExpires(t *testing.T) {
	s := offered(t)
	scenario.Refused(s.Consortium, s.operator("producer"), title.Offer, s.offerTo("carrier"), waymark.FailedPrecondition, waymark.ReasonTitleOpen)
	s.Now = s.Now.Add(time.Hour) // to the millisecond it expires
	scenario.Refused(s.Consortium, s.operator("producer"), title.Offer, s.offerTo("carrier"), waymark.FailedPrecondition, waymark.ReasonTitleOpen)
	s.Now = s.Now.Add(time.Millisecond)
	scenario.Refused(s.Consortium, s.operator("retailer"), title.Accept, accept, waymark.FailedPrecondition, waymark.ReasonTitleExpired)
	if v := s.view(); v.Offer.State != waymark.TitleExpired || v.Offer.Changed != v.Offer.Offered {
		t.Errorf("past its time a reader sees %+v", v.Offer)
	}
	scenario.Must(s.Consortium, s.operator("producer"), title.Offer, s.offerTo("carrier"))
	scenario.Refused(s.Consortium, s.operator("retailer"), title.Accept, accept, waymark.FailedPrecondition, waymark.ReasonTitleOpen)
	scenario.Refused(s.Consortium, s.operator("retailer"), title.Accept, acceptOf(2), waymark.Forbidden, "only-offeree-answers-title")
	scenario.Must(s.Consortium, s.operator("carrier"), title.Accept, acceptOf(2))
	s.expectHolder("carrier")
}

// What is sent again answers the offer that it was an answer to, and no other.
func TestAnAnswerSentAgainAnswersNoOtherOffer(t *testing.T) {
	s := newStory(t)
	give := func(from, to string) {
		scenario.Must(s.Consortium, s.operator(from), title.Offer, s.offerTo(to))
		s.Now = s.Now.Add(time.Second)
	}
	unchanged := func(by string, rule func(ledger.Ledger) error) {
		t.Helper()
		tx := s.World.Begin(s.Tx(s.operator(by)))
		if err := rule(tx); err != nil || len(tx.Writes()) > 0 {
			t.Errorf("again: %v, writes %v", err, tx.Writes())
		}
	}
	give("producer", "carrier")
	scenario.Must(s.Consortium, s.operator("carrier"), title.Accept, accept)
	give("carrier", "producer")
	scenario.Must(s.Consortium, s.operator("producer"), title.Decline, endOf(2))
	give("carrier", "producer")
	unchanged("carrier", func(l ledger.Ledger) error { _, err := title.Accept(l, accept); return err })
	unchanged("producer", func(l ledger.Ledger) error { _, err := title.Decline(l, endOf(2)); return err })
	scenario.Must(s.Consortium, s.operator("producer"), title.Accept, acceptOf(3))
	give("producer", "carrier")
	unchanged("carrier", func(l ledger.Ledger) error { _, err := title.Accept(l, accept); return err })
	s.expectHolder("producer")
	scenario.Must(s.Consortium, s.operator("producer"), title.Cancel, endOf(4))
	give("producer", "carrier")
	unchanged("producer", func(l ledger.Ledger) error { _, err := title.Cancel(l, endOf(4)); return err })
	if v := s.view(); v.Title.Offers != 5 || v.Offer.State != waymark.TitleOffered {
		t.Errorf("the newest offer %+v", v.Offer)
	}
}

func TestTitleIsOfferedSoManyTimes(t *testing.T) {
	s := newStory(t)
	for n := range uint64(shipment.MaxTitleOffers) {
		scenario.Must(s.Consortium, s.operator("producer"), title.Offer, s.offerTo("carrier"))
		scenario.Must(s.Consortium, s.operator("producer"), title.Cancel, endOf(n+1))
	}
	scenario.Refused(s.Consortium, s.operator("producer"), title.Offer, s.offerTo("carrier"), waymark.FailedPrecondition, waymark.ReasonLimit)
}

func TestTitleStaysWhileTheShipmentIsHeldOrAtItsEnd(t *testing.T) {
	s := offered(t)
	hold := waymark.HoldRequest{Shipment: "s1", Kind: waymark.HoldQuarantine, Reason: "smells"}
	quality := s.As("producer", waymark.Quality)
	scenario.Must(s.Consortium, quality, custody.Hold, hold)
	scenario.Refused(s.Consortium, s.operator("retailer"), title.Accept, accept, waymark.FailedPrecondition, waymark.ReasonQuarantine)
	scenario.Must(s.Consortium, s.operator("producer"), title.Cancel, ending)
	scenario.Refused(s.Consortium, s.operator("producer"), title.Offer, s.offerTo("retailer"), waymark.FailedPrecondition, waymark.ReasonQuarantine)
	scenario.Must(s.Consortium, quality, custody.LiftHold, hold)
	scenario.Must(s.Consortium, s.operator("producer"), title.Offer, s.offerTo("retailer"))
	scenario.Must(s.Consortium, s.operator("producer"), custody.Void, waymark.VoidShipmentRequest{Shipment: "s1", Reason: "sold out"})
	scenario.Refused(s.Consortium, s.operator("retailer"), title.Accept, acceptOf(2), waymark.FailedPrecondition, waymark.ReasonShipment)
	scenario.Must(s.Consortium, s.operator("retailer"), title.Decline, endOf(2))
	scenario.Refused(s.Consortium, s.operator("producer"), title.Offer, s.offerTo("retailer"), waymark.FailedPrecondition, waymark.ReasonShipment)
	s.expectHolder("producer")
}

// TestAtOnce: an act that was endorsed is invalid if what it relied on has changed since.
func TestAtOnce(t *testing.T) {
	endorse := func(s story, by string, rule func(ledger.Ledger) error) *memledger.Transaction {
		s.T.Helper()
		tx := s.World.Begin(s.Tx(s.operator(by)))
		if err := rule(tx); err != nil {
			s.T.Fatal(err)
		}
		return tx
	}
	accepted := func(s story) *memledger.Transaction {
		return endorse(s, "retailer", func(l ledger.Ledger) error { _, err := title.Accept(l, accept); return err })
	}
	cancelled := func(s story) *memledger.Transaction {
		return endorse(s, "producer", func(l ledger.Ledger) error { _, err := title.Cancel(l, ending); return err })
	}
	handoff := func(s story) *memledger.Transaction { // it reads who the title holder is, to guard custody by
		return endorse(s, "carrier", func(l ledger.Ledger) error {
			_, err := custody.Accept(l, waymark.AcceptHandoffRequest{Shipment: "s1", Number: 1})
			return err
		})
	}
	for name, pair := range map[string][2]func(story) *memledger.Transaction{
		"two acceptances": {accepted, accepted}, "an acceptance and a cancellation": {accepted, cancelled}, "the other way": {cancelled, accepted},
		"title and custody": {accepted, handoff}, "custody and title": {handoff, accepted},
	} {
		t.Run(name, func(t *testing.T) {
			s := offered(t)
			scenario.Must(s.Consortium, s.operator("producer"), custody.Offer, waymark.OfferHandoffRequest{Shipment: "s1", To: "carrier", ExpiresAt: s.Now.Add(time.Hour)})
			first, second := pair[0](s), pair[1](s)
			if err := first.Commit(); err != nil {
				t.Fatal(err)
			}
			if err := second.Commit(); !errors.Is(err, memledger.ErrInvalid) {
				t.Errorf("the second committed with %v", err)
			}
		})
	}
}

func TestABrokenLedgerDecidesNothing(t *testing.T) {
	s := newStory(t)
	scenario.Sweep(s.Consortium, s.operator("producer"), title.Offer, s.offerTo("retailer"))
	scenario.Must(s.Consortium, s.operator("producer"), title.Offer, s.offerTo("retailer"))
	scenario.Sweep(s.Consortium, s.operator("retailer"), title.Accept, accept)
	scenario.Sweep(s.Consortium, s.operator("retailer"), title.Decline, ending)
	scenario.Sweep(s.Consortium, s.operator("producer"), title.Cancel, ending)
	scenario.Sweep(s.Consortium, s.operator("producer"), title.Get, waymark.ShipmentQuery{Shipment: "s1"})
}
