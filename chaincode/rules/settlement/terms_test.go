package settlement_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/settlement"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

func TestTermsAreAgreedOnByBoth(t *testing.T) {
	s := newStory(t)
	propose := waymark.ProposeTermsRequest{Shipment: "s1"}
	first := s.propose(terms())
	if again := scenario.Must(s.Consortium, s.as("retailer"), settlement.Propose, propose); again.Changed || again.SHA256 != first {
		t.Errorf("proposed again: %+v", again)
	}
	scenario.Must(s.Consortium, s.as("producer"), settlement.Agree, waymark.AgreeTermsRequest{Shipment: "s1", SHA256: first})

	better := terms()
	better.Price++
	second := s.propose(better)
	agree := waymark.AgreeTermsRequest{Shipment: "s1", SHA256: second}
	scenario.Refused(s.Consortium, s.as("retailer"), settlement.Agree, waymark.AgreeTermsRequest{Shipment: "s1", SHA256: first}, waymark.FailedPrecondition, waymark.ReasonTerms)
	if a := scenario.Must(s.Consortium, s.as("retailer"), settlement.Agree, agree); a.Both() {
		t.Errorf("the producer agreed to other terms, and not to these: %+v", a)
	}
	for range 2 { // the same again changes nothing
		if a := scenario.Must(s.Consortium, s.as("producer"), settlement.Agree, agree); !a.Both() || a.SHA256 != second || len(a.Agreed) != 2 {
			t.Errorf("agreed %+v", a)
		}
	}
	s.bring(terms())
	scenario.Refused(s.Consortium, s.as("producer"), settlement.Propose, propose, waymark.FailedPrecondition, waymark.ReasonTerms)
	scenario.Refused(s.Consortium, s.as("producer"), settlement.Agree, waymark.AgreeTermsRequest{Shipment: "s1", SHA256: first}, waymark.FailedPrecondition, waymark.ReasonTerms)
	v := scenario.Must(s.Consortium, s.As("retailer", waymark.Viewer), settlement.Terms, waymark.SettlementQuery{Shipment: "s1"})
	if v.SHA256 != second || v.Terms.Price != 51 {
		t.Errorf("the retailer reads %+v", v)
	}
}

// TestTermsAreInTheCollectionsOfThePartiesAlone and in nothing that is public.
func TestTermsAreInTheCollectionsOfThePartiesAlone(t *testing.T) {
	s := newStory(t)
	s.bring(terms())
	result, tx, err := scenario.Endorse(s.Consortium, s.as("producer"), settlement.Propose, waymark.ProposeTermsRequest{Shipment: "s1"})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(tx.Writes(), ", "); got != "private producer terms/s1, private retailer terms/s1" {
		t.Errorf("proposing writes %s", got)
	}
	event, err := s.World.Submit(s.Tx(s.as("producer")), func(l ledger.Ledger) error {
		_, err := settlement.Propose(l, waymark.ProposeTermsRequest{Shipment: "s1"})
		return err
	})
	answer, _ := json.Marshal(result)
	for _, public := range []string{string(answer), string(event.Payload)} {
		if err != nil || strings.Contains(public, "5a5a") || strings.Contains(public, "price") {
			t.Errorf("public: %s (%v)", public, err)
		}
	}
}

// TestFaultsOfTermsAreTold without a word of them.
func TestFaultsOfTermsAreTold(t *testing.T) {
	s := newStory(t)
	secret := terms()
	secret.Currency, secret.Salt = "secret-currency", "secret-salt"
	s.bring(secret)
	_, _, err := scenario.Endorse(s.Consortium, s.as("producer"), settlement.Propose, waymark.ProposeTermsRequest{Shipment: "s1"})
	if waymark.CodeOf(err) != waymark.Invalid || strings.Contains(err.Error(), "secret") {
		t.Errorf("told %v", err)
	}
	if err := secret.Validate(); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("told %v", err)
	}
	other := terms()
	other.Shipment = "s2"
	s.bring(other)
	scenario.Refused(s.Consortium, s.as("producer"), settlement.Propose, waymark.ProposeTermsRequest{Shipment: "s1"}, waymark.Invalid, "")
	for _, p := range []waymark.ConditionPenalty{{Condition: "humidity", Side: waymark.Above, Fixed: 1}, {Condition: "", Side: waymark.Above, Fixed: 1}} {
		unknown := terms()
		unknown.Conditions = append(unknown.Conditions, p)
		s.bring(unknown)
		code, reason := waymark.FailedPrecondition, waymark.ReasonTerms
		if p.Condition == "" {
			code, reason = waymark.Invalid, ""
		}
		scenario.Refused(s.Consortium, s.as("producer"), settlement.Propose, waymark.ProposeTermsRequest{Shipment: "s1"}, code, reason)
	}
	for _, member := range []string{"carrier", "auditor"} {
		scenario.Refused(s.Consortium, s.as(member), settlement.Propose, waymark.ProposeTermsRequest{Shipment: "s1"}, waymark.Forbidden, waymark.DefaultDeny)
	}
}

func TestPurge(t *testing.T) {
	s := newStory(t)
	purge := waymark.PurgeTermsRequest{Shipment: "s1"}
	if p := scenario.Must(s.Consortium, s.as("producer"), settlement.Purge, purge); p.Changed {
		t.Errorf("purged nothing: %+v", p)
	}
	s.propose(terms())
	if p := scenario.Must(s.Consortium, s.as("producer"), settlement.Purge, purge); !p.Changed {
		t.Errorf("purged what was not agreed on: %+v", p)
	}
	scenario.Refused(s.Consortium, s.as("producer"), settlement.Terms, waymark.SettlementQuery{Shipment: "s1"}, waymark.NotFound, "")
	s.agree()
	scenario.Refused(s.Consortium, s.as("producer"), settlement.Purge, purge, waymark.FailedPrecondition, waymark.ReasonEscrow)
	s.fund()
	s.deliver("", 500)
	scenario.Refused(s.Consortium, s.as("producer"), settlement.Purge, purge, waymark.FailedPrecondition, waymark.ReasonEscrow)
	s.settle()
	for _, party := range []string{"producer", "retailer"} {
		scenario.Must(s.Consortium, s.as(party), settlement.Purge, purge)
		scenario.Refused(s.Consortium, s.as(party), settlement.Terms, waymark.SettlementQuery{Shipment: "s1"}, waymark.NotFound, "")
	}
	for _, key := range s.World.Keys() {
		if strings.HasSuffix(key, "terms/s1") {
			t.Errorf("%s is still there", key)
		}
	}

	s = newStory(t) // agreed on, and never funded
	s.agree()
	s.deliver("", 500)
	scenario.Must(s.Consortium, s.as("retailer"), settlement.Purge, purge)
}

// TestPenaltiesFitTheConditions: a range costs on a side that it bounds, another rule as a whole.
func TestPenaltiesFitTheConditions(t *testing.T) {
	s := newStory(t)
	fence := &waymark.Fence{LongitudeName: "longitude", Circle: &waymark.Circle{Center: waymark.Position{Latitude: "48", Longitude: "16"}, RadiusMeters: 1000}}
	scenario.Must(s.Consortium, s.as("producer"), custody.Create, waymark.CreateShipmentRequest{ID: "s2", Consignee: "retailer",
		Goods: s.Goods("producer", scenario.GTIN, "s2"), Conditions: []waymark.Condition{
			{ID: "warm", Name: "temperature", Unit: "Cel", Maximum: "8"},
			{ID: "here", Kind: waymark.ConditionGeofence, Name: "latitude", Unit: "lat", Fence: fence}}})
	for _, test := range []struct {
		penalty waymark.ConditionPenalty
		code    waymark.Code
	}{
		{waymark.ConditionPenalty{Condition: "warm", Side: waymark.Above, PerUnitDegree: 1}, ""},
		{waymark.ConditionPenalty{Condition: "warm", Side: waymark.Below, PerUnitDegree: 1}, waymark.FailedPrecondition},
		{waymark.ConditionPenalty{Condition: "warm", Fixed: 1}, waymark.FailedPrecondition},
		{waymark.ConditionPenalty{Condition: "here", Fixed: 1}, ""},
		{waymark.ConditionPenalty{Condition: "here", Side: waymark.Above, Fixed: 1}, waymark.FailedPrecondition},
		{waymark.ConditionPenalty{Condition: "here", PerUnitDegree: 1}, waymark.Invalid},
		{waymark.ConditionPenalty{Condition: "there", Fixed: 1}, waymark.FailedPrecondition},
	} {
		proposed := terms()
		proposed.Shipment, proposed.Conditions = "s2", []waymark.ConditionPenalty{test.penalty}
		s.bring(proposed)
		if _, _, err := scenario.Endorse(s.Consortium, s.as("producer"), settlement.Propose, waymark.ProposeTermsRequest{Shipment: "s2"}); waymark.CodeOf(err) != test.code {
			t.Errorf("%+v: %v", test.penalty, err)
		}
	}
}
