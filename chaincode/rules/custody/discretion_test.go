package custody_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/policy"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// measuredStory has an excursion and means in a verdict and in that of a handoff, an
// excursion at a fence, and a disagreement of two loggers.
func measuredStory(t *testing.T) *story {
	t.Helper()
	warm := warmBudget(waymark.BudgetCumulative)
	warm.Agreement = "1"
	s := storyOf(t, warm, mkt("7"), waymark.Condition{ID: "near", Kind: waymark.ConditionGeofence, Name: "latitude", Unit: "lat", Fence: &waymark.Fence{
		LongitudeName: "longitude", Circle: &waymark.Circle{Center: waymark.Position{Latitude: "52", Longitude: "4"}, RadiusMeters: 1000}}})
	other := s.Device("logger-2", "producer")
	s.attach("logger-2")
	s.at(1234567)
	for range 3 {
		s.Now = s.Now.Add(10 * time.Minute)
		s.Record(s.logger.Pack(886), other.Pack(333))
	}
	s.accept("carrier", s.offer("producer", "carrier"), "warm")
	return s
}

// told is all that a shipment tells of readings: excursions, means, kinetic means and
// disagreements, of the verdict and of that of the handoff.
func told(v *waymark.ShipmentView) []string {
	var all []string
	for _, e := range v.Excursions {
		all = append(all, fmt.Sprintf("%s %s..%s", e.Rule, e.Min, e.Max))
	}
	for _, verdict := range []*waymark.Verdict{v.Verdict, v.Handoffs[0].Verdict} {
		for _, f := range verdict.Rules {
			for _, d := range f.Devices {
				all = append(all, fmt.Sprintf("%s %s mean %s kinetic %s", f.Rule, d.Device, d.Mean, d.MeanKinetic))
			}
		}
		for _, d := range verdict.Disagreements {
			all = append(all, fmt.Sprintf("%s apart %s", d.Rule, d.Apart))
		}
		for _, w := range verdict.Witnesses {
			all = append(all, fmt.Sprintf("%s committed %v", w.Device, len(w.Digest) > 0))
		}
	}
	return all
}

// TestAShipmentTellsWithDiscretion: what a policy obliges to is carried out on all that a
// shipment tells of readings, and what was found by them stays.
func TestAShipmentTellsWithDiscretion(t *testing.T) {
	s := measuredStory(t)
	query := waymark.ShipmentQuery{Shipment: "s1"}
	exact := scenario.Must(s.Consortium, s.As("producer", waymark.Viewer), custody.Get, query)
	for name, test := range map[string]struct {
		annotation string
		change     []string // old and new text
	}{
		"nothing":            {"", nil},
		"only kept":          {`@retain("P9D")`, nil},
		"condition rounded":  {`@coarsen("condition:1,condition:0")`, []string{"8.86", "9", "3.33", "3", "5.53", "6", "true", "false"}},
		"location rounded":   {`@coarsen("location:2")`, []string{"52.1234567", "52.12", "true", "false"}},
		"condition left out": {`@redact("condition")`, []string{"8.86", "", "3.33", "", "5.53", "", "true", "false"}},
		"location left out":  {`@redact("location")`, []string{"52.1234567", "", "true", "false"}},
		"another class":      {`@redact("zone")`, []string{"true", "false"}},
		"both, and more":     {"@redact(\"location\")\n@coarsen(\"location:2,condition:1\")", []string{"52.1234567", "", "8.86", "8.9", "3.33", "3.3", "5.53", "5.5", "true", "false"}},
	} {
		t.Run(name, func(t *testing.T) {
			scenario.Must(s.Consortium, s.As("producer", waymark.Admin), policy.Put, waymark.PutPolicyRequest{ID: "ship",
				Text: test.annotation + ` permit (principal in Waymark::Member::"stranger", action == Waymark::Action::"ReadShipment", resource);`})
			got := scenario.Must(s.Consortium, s.As("stranger", waymark.Viewer), custody.Get, query)
			change := strings.NewReplacer(test.change...)
			var want []string
			for _, line := range told(exact) {
				want = append(want, change.Replace(line))
			}
			if !slices.Equal(told(got), want) {
				t.Errorf("told\n got %s\nwant %s", strings.Join(told(got), "\n     "), strings.Join(want, "\n     "))
			}
			if got.Condition != exact.Condition || !slices.Equal(got.Reasons, exact.Reasons) || got.Verdict.Rules[0].OutsideMS == 0 || len(got.Excursions) != 2 {
				t.Errorf("what was found became %s %v, %+v", got.Condition, got.Reasons, got.Verdict)
			}
			history := scenario.Must(s.Consortium, s.As("stranger", waymark.Viewer), custody.History, query)
			for _, e := range history.Entries {
				for i := 0; i < len(test.change); i += 2 {
					if strings.Contains(e.Detail, test.change[i]) {
						t.Errorf("the history tells %s", e.Detail)
					}
				}
			}
			if own := scenario.Must(s.Consortium, s.As("producer", waymark.Viewer), custody.Get, query); !slices.Equal(told(own), told(exact)) {
				t.Errorf("a party is told %v", told(own))
			}
		})
	}
}

// TestDiscretionByTheOwnersClass: what an owner has in a class of its own is of both.
func TestDiscretionByTheOwnersClass(t *testing.T) {
	s := measuredStory(t)
	scenario.Must(s.Consortium, s.operator("producer"), registry.SetAttributes, waymark.SetAttributesRequest{Device: "logger-1", Reason: "theft",
		Attributes: waymark.DeviceAttributes{Measures: []waymark.MeasuredClass{{Class: "zone", Measurements: []string{"latitude"}, Visibility: waymark.VisibilityOpen}}}})
	for annotation, want := range map[string]string{`@coarsen("zone:0")`: "52", `@coarsen("location:2")`: "52.12", `@coarsen("zone:1,location:2")`: "52.1", `@redact("zone")`: ""} {
		scenario.Must(s.Consortium, s.As("producer", waymark.Admin), policy.Put, waymark.PutPolicyRequest{ID: "ship",
			Text: annotation + ` permit (principal in Waymark::Member::"stranger", action == Waymark::Action::"ReadShipment", resource);`})
		got := scenario.Must(s.Consortium, s.As("stranger", waymark.Viewer), custody.Get, waymark.ShipmentQuery{Shipment: "s1"})
		if place := got.Excursions[slices.IndexFunc(got.Excursions, func(e waymark.Excursion) bool { return e.Rule == "near" })]; string(place.Max) != want {
			t.Errorf("%s: %+v", annotation, place)
		}
	}
	scenario.Sweep(s.Consortium, s.As("stranger", waymark.Viewer), custody.Get, waymark.ShipmentQuery{Shipment: "s1"})
}
