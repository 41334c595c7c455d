package custody_test

import (
	"slices"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/memledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/hold"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

var (
	quarantine = waymark.HoldRequest{Shipment: "s1", Kind: waymark.HoldQuarantine, Reason: "smells"}
	pending    = waymark.HoldRequest{Shipment: "s1", Kind: waymark.HoldPendingData, Reason: "no certificate"}
)

func TestHoldsStopHandoffs(t *testing.T) {
	s := newStory(t)
	s.measure(500)
	number := s.offer("producer", "carrier")
	quality := s.As("retailer", waymark.Quality)
	again(s, quality, custody.Hold, quarantine)
	again(s, s.operator("producer"), custody.Hold, pending)
	if v := s.view(); !slices.Equal(kindsOf(v.Holds), []string{"pending_data", "quarantine"}) || v.Holds[1].Set.Member != "retailer" {
		t.Errorf("holds %+v", v.Holds)
	}
	scenario.Refused(s.Consortium, s.operator("carrier"), custody.Accept, acceptRequest(number, "as it is"), waymark.FailedPrecondition, waymark.ReasonPendingData)
	scenario.Must(s.Consortium, s.operator("carrier"), custody.Reject, endRequest(number))
	scenario.Refused(s.Consortium, s.operator("producer"), custody.Offer, s.offerRequest("carrier"), waymark.FailedPrecondition, waymark.ReasonPendingData)
	arrived := pending
	arrived.Reason = "arrived"
	again(s, s.operator("producer"), custody.LiftHold, arrived)
	scenario.Refused(s.Consortium, s.operator("producer"), custody.Offer, s.offerRequest("carrier"), waymark.FailedPrecondition, waymark.ReasonQuarantine)
	fine := quarantine
	fine.Reason = "fine"
	again(s, s.As("auditor", waymark.Quality), custody.LiftHold, fine)
	fine.Reason = "really"
	scenario.Refused(s.Consortium, quality, custody.LiftHold, fine, waymark.FailedPrecondition, waymark.ReasonQuarantine)
	s.accept("carrier", s.offer("producer", "carrier"), "")
	again(s, quality, custody.Hold, quarantine) // once more
	s.expectHistory("shipment.created", "shipment.device_attached", "handoff.offered", "hold.set", "hold.set", "handoff.rejected",
		"hold.lifted", "hold.lifted", "handoff.offered", "handoff.accepted", "hold.set")
}

func kindsOf(holds []waymark.Hold) []string {
	var kinds []string
	for _, h := range holds {
		kinds = append(kinds, string(h.Kind))
	}
	return kinds
}

func TestADisputeHolds(t *testing.T) {
	s := newStory(t)
	if _, err := s.World.Submit(s.Tx(s.operator("producer")), func(l ledger.Ledger) error { return hold.Dispute(l, "s1", "short") }); err != nil {
		t.Fatal(err)
	}
	scenario.Refused(s.Consortium, s.operator("producer"), custody.Offer, s.offerRequest("carrier"), waymark.FailedPrecondition, waymark.ReasonDispute)
	for _, kind := range []waymark.HoldKind{waymark.HoldDispute, waymark.HoldRecall, "", "weather"} { // not by hand
		r := waymark.HoldRequest{Shipment: "s1", Kind: kind, Reason: "because"}
		scenario.Refused(s.Consortium, s.As("auditor", waymark.Quality), custody.LiftHold, r, waymark.Invalid, "")
		scenario.Refused(s.Consortium, s.As("auditor", waymark.Quality), custody.Hold, r, waymark.Invalid, "")
	}
}

func TestWhoHoldsAndLifts(t *testing.T) {
	tests := map[string]struct {
		by     string
		role   waymark.Role
		lift   bool // what the retailer has set, and else set it
		give   waymark.HoldRequest
		code   waymark.Code
		reason string
	}{
		"quarantine by an operator":                {"producer", waymark.Operator, false, quarantine, waymark.Forbidden, waymark.DefaultDeny},
		"quarantine by an admin":                   {"producer", waymark.Admin, false, quarantine, waymark.Forbidden, waymark.DefaultDeny},
		"quarantine by a former nobody":            {"carrier", waymark.Quality, false, quarantine, waymark.Forbidden, waymark.DefaultDeny},
		"pending data by the arbiter":              {"auditor", waymark.Quality, false, pending, waymark.Forbidden, waymark.DefaultDeny},
		"pending data by a viewer":                 {"retailer", waymark.Viewer, false, pending, waymark.Forbidden, waymark.DefaultDeny},
		"without a reason":                         {"retailer", waymark.Quality, false, waymark.HoldRequest{Shipment: "s1", Kind: waymark.HoldQuarantine}, waymark.Invalid, ""},
		"of nothing":                               {"retailer", waymark.Quality, false, waymark.HoldRequest{Shipment: "s9", Kind: waymark.HoldQuarantine, Reason: "x"}, waymark.NotFound, ""},
		"one that stands, by another":              {"producer", waymark.Quality, false, quarantine, waymark.FailedPrecondition, waymark.ReasonQuarantine},
		"lifting by the custodian":                 {"producer", waymark.Quality, true, quarantine, waymark.Forbidden, waymark.DefaultDeny},
		"lifting quarantine by the own operator":   {"retailer", waymark.Operator, true, quarantine, waymark.Forbidden, waymark.DefaultDeny},
		"lifting what does not stand":              {"auditor", waymark.Quality, true, pending, waymark.NotFound, ""},
		"lifting what does not stand, of no right": {"retailer", waymark.Quality, true, pending, waymark.Forbidden, waymark.DefaultDeny},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newStory(t)
			scenario.Must(s.Consortium, s.As("retailer", waymark.Quality), custody.Hold, quarantine)
			rule := custody.Hold
			if test.lift {
				rule = custody.LiftHold
			}
			scenario.Refused(s.Consortium, s.As(test.by, test.role), rule, test.give, test.code, test.reason)
		})
	}
}

func TestNoHoldOnWhatHasEnded(t *testing.T) {
	s := newStory(t)
	s.measure(500)
	scenario.Must(s.Consortium, s.operator("producer"), custody.Hold, pending)
	arrived := pending
	arrived.Reason = "arrived"
	scenario.Must(s.Consortium, s.operator("producer"), custody.LiftHold, arrived)
	s.accept("retailer", s.offer("producer", "retailer"), "")
	scenario.Refused(s.Consortium, s.As("retailer", waymark.Quality), custody.Hold, quarantine, waymark.FailedPrecondition, waymark.ReasonShipment)
}

// TestAHoldThatComesFirst: an acceptance that was endorsed before does not slip past it.
func TestAHoldThatComesFirst(t *testing.T) {
	s := newStory(t)
	s.measure(500)
	number := s.offer("producer", "carrier")
	accepting := endorse(s, s.operator("carrier"), custody.Accept, acceptRequest(number, ""))
	s.Now = s.Now.Add(time.Second)
	scenario.Must(s.Consortium, s.As("producer", waymark.Quality), custody.Hold, quarantine)
	if err := accepting.Commit(); err == nil || err.Error() != memledger.ErrInvalid.Error() {
		t.Errorf("the acceptance committed with %v", err)
	}
}

// A hold keeps a shipment from being void: its goods would be free of it.
func TestAHoldIsNotEvadedByVoid(t *testing.T) {
	void := waymark.VoidShipmentRequest{Shipment: "s1", Reason: "no more"}
	for _, kind := range []waymark.HoldKind{waymark.HoldQuarantine, waymark.HoldPendingData} {
		t.Run(string(kind), func(t *testing.T) {
			s := newStory(t)
			role := waymark.Quality
			hold := waymark.HoldRequest{Shipment: "s1", Kind: kind, Reason: "smells"}
			scenario.Must(s.Consortium, s.As("producer", role), custody.Hold, hold)
			scenario.Refused(s.Consortium, s.operator("producer"), custody.Void, void, waymark.FailedPrecondition, kind.Reason())
			scenario.Must(s.Consortium, s.As("producer", role), custody.LiftHold, hold)
			again(s, s.operator("producer"), custody.Void, void)
		})
	}
}

// TestAHoldThatAnotherLiftedIsNotSetAnew on that leg: nobody keeps goods where they are for ever.
func TestAHoldThatAnotherLiftedIsNotSetAnew(t *testing.T) {
	for _, kind := range []waymark.HoldKind{waymark.HoldQuarantine, waymark.HoldPendingData} {
		t.Run(string(kind), func(t *testing.T) {
			s := newStory(t)
			s.measure(500)
			arbiter, retailer, producer := s.As("auditor", waymark.Quality), s.As("retailer", waymark.Quality), s.As("producer", waymark.Quality)
			hold := waymark.HoldRequest{Shipment: "s1", Kind: kind, Reason: "smells"}
			again(s, retailer, custody.Hold, hold)
			again(s, retailer, custody.LiftHold, hold)
			scenario.Must(s.Consortium, retailer, custody.Hold, hold) // who lifted its own may set another
			again(s, arbiter, custody.LiftHold, hold)
			scenario.Refused(s.Consortium, retailer, custody.Hold, hold, waymark.FailedPrecondition, waymark.ReasonOverruled)
			hold.Reason = "still smells"
			scenario.Refused(s.Consortium, retailer, custody.Hold, hold, waymark.FailedPrecondition, waymark.ReasonOverruled)
			scenario.Must(s.Consortium, producer, custody.Hold, hold)
			scenario.Must(s.Consortium, arbiter, custody.LiftHold, hold)
			for _, by := range []ledger.Caller{retailer, producer} { // neither makes the ledger forget the other
				scenario.Refused(s.Consortium, by, custody.Hold, hold, waymark.FailedPrecondition, waymark.ReasonOverruled)
			}
			s.accept("carrier", s.offer("producer", "carrier"), "")
			again(s, retailer, custody.Hold, hold) // they have moved on
			scenario.Must(s.Consortium, arbiter, custody.LiftHold, hold)
			scenario.Must(s.Consortium, producer, custody.Hold, hold)
		})
	}
}

// TestWithoutAnArbiterTheTitleHolderLiftsHolds: no consignee locks goods up that are another's.
func TestWithoutAnArbiterTheTitleHolderLiftsHolds(t *testing.T) {
	c := newConsortium(t)
	s := &story{Consortium: c}
	r := createRequest("s1")
	r.Arbiter, r.Conditions = "", nil
	scenario.Must(c, s.operator("producer"), custody.Create, r)
	s.accept("carrier", s.offer("producer", "carrier"), "")
	for _, hold := range []waymark.HoldRequest{quarantine, pending} {
		scenario.Must(c, s.As("retailer", waymark.Quality), custody.Hold, hold)
		scenario.Refused(c, s.As("carrier", waymark.Quality), custody.LiftHold, hold, waymark.Forbidden, waymark.DefaultDeny)
		again(s, s.As("producer", waymark.Quality), custody.LiftHold, hold)
		scenario.Refused(c, s.As("retailer", waymark.Quality), custody.Hold, hold, waymark.FailedPrecondition, waymark.ReasonOverruled)
	}
	s.accept("producer", s.offer("carrier", "producer"), "")
}
