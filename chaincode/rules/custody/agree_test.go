package custody_test

import (
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/rules/condition"
	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/profiles"
)

func TestEveryProfileCanBeAgreedOn(t *testing.T) {
	for _, p := range profiles.All() {
		r := createRequest("s1")
		r.Conditions = p.Conditions
		if err := r.Validate(); err != nil {
			t.Errorf("%s: %v", p.Name, err)
		}
		if _, err := condition.NewRules(p.Conditions); err != nil {
			t.Errorf("%s: %v", p.Name, err)
		}
	}
}

func TestAShipmentKeepsTheProfileThatWasAgreedOn(t *testing.T) {
	c := newConsortium(t)
	s := &story{Consortium: c, logger: c.Device("logger-1", "producer")}
	r := createRequest("s1")
	r.Conditions, r.Profile = nil, "who-pqs-e006-tr07-type-1"
	made := scenario.Must(c, s.operator("producer"), custody.Create, r)
	if made.Profile == nil || made.Profile.Name != r.Profile || made.Profile.Version != "1" || len(made.Conditions) != 3 {
		t.Errorf("made %+v", made)
	}
	old := strings.Replace(string(s.World.Value(ledger.ShipmentKey("s1").String())), `"version":"1"`, `"version":"0"`, 1)
	s.put(ledger.ShipmentKey("s1"), old)
	if again := scenario.Must(c, s.operator("producer"), custody.Create, r); again.Profile.Version != "0" {
		t.Errorf("made again %+v", again)
	}
	if v := s.view().Verdict; v.Profile != (waymark.ProfileRef{Name: r.Profile, Version: "0"}) {
		t.Errorf("verdict by %+v", v.Profile)
	}
	r.Profile = "refrigerated"
	scenario.Refused(c, s.operator("producer"), custody.Create, r, waymark.AlreadyExists, "")
	r.ID, r.Profile = "s2", "who"
	scenario.Refused(c, s.operator("producer"), custody.Create, r, waymark.Invalid, "")
}

func TestAFenceMustBeAShape(t *testing.T) {
	c := newConsortium(t)
	r := createRequest("s1")
	at := func(latitude, longitude waymark.Decimal) waymark.Position {
		return waymark.Position{Latitude: latitude, Longitude: longitude}
	}
	r.Conditions = []waymark.Condition{{Kind: waymark.ConditionGeofence, Name: "latitude", Unit: "lat", Fence: &waymark.Fence{LongitudeName: "longitude",
		Polygon: []waymark.Position{at("52", "4"), at("53", "5"), at("53", "4"), at("52", "5")}}}}
	scenario.Refused(c, c.As("producer", waymark.Operator), custody.Create, r, waymark.Invalid, "")
}
