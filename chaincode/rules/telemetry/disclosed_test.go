package telemetry_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/rules/policy"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// TestDisclosedIsCoarsened: of a class that is rounded there are numbers and nothing that
// tells them exactly, no disclosure and no text.
func TestDisclosedIsCoarsened(t *testing.T) {
	c := scenario.New(t)
	d := guarded(c, "logger-1")
	ship(c, d)
	message, text := d.PackSealed(door(), weight())
	expect(t, c.Record(message), "recorded")
	expect(t, mustDisclose(c, "producer", text), "recorded")
	for annotation, want := range map[string][]waymark.Decimal{
		`@coarsen("security:2")`: {"7331.34"}, `@coarsen("security:2,security:0")`: {"7331"}, `@coarsen("climate:0")`: {"", "7331.337331"},
		"@coarsen(\"security:0\")\n@redact(\"security\")": {},
	} {
		scenario.Must(c, c.As("producer", waymark.Admin), policy.Put, waymark.PutPolicyRequest{ID: "p1", Text: annotation + ` permit (principal in Waymark::Member::"auditor",
action == Waymark::Action::"ReadTelemetry", resource) when { context.dataClass == "security" };`})
		got, err := disclosedTo(c, "auditor", waymark.DisclosedQuery{Device: d.ID, Sequence: 1, Holder: "producer"})
		if err != nil {
			t.Fatal(err)
		}
		var values []waymark.Decimal
		exact := got.Coarsened == nil
		for _, r := range got.Readings {
			if values = append(values, r.Value); exact != (len(r.Disclosure) > 0) {
				t.Errorf("%s: %+v", annotation, r)
			}
		}
		if !slices.Equal(values, want) || len(got.Obligations) == 0 && len(want) > 0 {
			t.Errorf("%s: %v in %+v", annotation, values, got)
		}
	}
}

func TestAnOwnerGrantsAPrivateClass(t *testing.T) {
	c := scenario.New(t)
	d := guarded(c, "logger-1")
	message, text := d.PackSealed(door())
	expect(t, c.Record(message), "recorded")
	mustDisclose(c, "producer", text)
	ask := waymark.DisclosedQuery{Device: d.ID, Sequence: 1, Holder: "producer"}
	if _, err := disclosedTo(c, "auditor", ask); waymark.CodeOf(err) != waymark.Forbidden {
		t.Errorf("nobody granted it: %v", err)
	}
	for id, class := range map[string]string{"p1": "climate", "p2": "security"} {
		scenario.Must(c, c.As("producer", waymark.Admin), policy.Put, waymark.PutPolicyRequest{ID: id,
			Text: fmt.Sprintf(`permit (principal in Waymark::Member::"auditor", action == Waymark::Action::"ReadTelemetry", resource) when { context.dataClass == %q };`, class)})
		_, err := disclosedTo(c, "auditor", ask)
		if granted := id == "p2" || err == nil; granted != (err == nil) {
			t.Errorf("%s: %v", class, err)
		}
	}
	if got, err := disclosedTo(c, "auditor", ask); err != nil || got.Readings[0].Text != planted {
		t.Errorf("granted: %+v, %v", got, err)
	}
}
