package telemetry_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/rules/telemetry"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

func TestDisclosuresThatAreRefused(t *testing.T) {
	c := scenario.New(t)
	d, other := guarded(c, "logger-1"), guarded(c, "logger-2")
	message, text := d.PackSealed(door(), weight())
	expect(t, c.Record(message), "recorded")
	unrecorded, unrecordedText := d.PackSealed(door())
	_, elsewhere := other.PackSealed(door(), weight())
	_, disclosures, err := attest.Split(text)
	if err != nil {
		t.Fatal(err)
	}
	_, foreign, err := attest.Split(elsewhere)
	if err != nil {
		t.Fatal(err)
	}
	a, b := disclosures[0], disclosures[1]
	for name, give := range map[string]struct{ text, want string }{
		"none":            {message, "invalid disclosure"},
		"one of two":      {attest.WithDisclosures(message, [][]byte{a}), "invalid disclosure"},
		"turned":          {attest.WithDisclosures(message, [][]byte{b, a}), "invalid disclosure"},
		"one too many":    {attest.WithDisclosures(message, [][]byte{a, b, a}), "invalid disclosure"},
		"another's":       {attest.WithDisclosures(message, foreign), "invalid disclosure"},
		"not ended":       {strings.TrimSuffix(text, "~"), "invalid disclosure"},
		"not base64":      {message + "~" + planted + "~", "invalid disclosure"},
		"no message":      {planted + "~AA~", "invalid disclosure"},
		"not recorded":    {unrecordedText, "not_found"},
		"another's words": {attest.WithDisclosures(unrecorded, disclosures), "not_found"},
	} {
		results := mustDisclose(c, "producer", give.text)
		expect(t, results, give.want)
		if inTheOpen(c, results); t.Failed() {
			t.Fatal(name)
		}
	}
	if got := lacking(c, d.ID, 1); !slices.Equal(got, []string{"producer"}) {
		t.Errorf("after all that %v lack the disclosures", got)
	}
	expect(t, mustDisclose(c, "producer", planted, text), "invalid disclosure", "recorded")
}

func TestTransientDataThatIsRefused(t *testing.T) {
	c := scenario.New(t)
	for _, raw := range []string{"", "null", "[]", "{}", `{"messages":[]}`, `{"messages":["` + planted + `"],"x":1}`, `{"messages":["a"]}{}`, `{"messages":["a\u0000"]}`, planted} {
		c.Disclosures = []byte(raw)
		_, err := scenario.Submit(c, c.As("producer", waymark.Relay), telemetry.Disclose, waymark.DiscloseRequest{To: "producer"})
		if waymark.CodeOf(err) != waymark.Invalid {
			t.Errorf("%q: %v", raw, err)
		}
		inTheOpen(c, err)
	}
	scenario.Refused(c, c.As("producer", waymark.Viewer), telemetry.Disclose, waymark.DiscloseRequest{To: "producer"}, waymark.Forbidden, waymark.DefaultDeny)
}

// A fork with the number of a recorded message discloses nothing under it.
func TestAForkDisclosesNothing(t *testing.T) {
	c := scenario.New(t)
	d := guarded(c, "logger-1")
	twin := *d
	message, _ := d.PackSealed(door())
	expect(t, c.Record(message), "recorded")
	_, fork := twin.PackSealed(door())
	expect(t, mustDisclose(c, "producer", fork), "already_exists fork")
	impostor := c.NewDevice("logger-1", "producer")
	_, forged := impostor.PackSealed(door())
	expect(t, mustDisclose(c, "producer", forged), "unauthenticated signature")
}

// A ledger that fails decides nothing.
func TestABrokenLedgerDisclosesNothing(t *testing.T) {
	c := scenario.New(t)
	d := guarded(c, "logger-1")
	ship(c, d)
	message, text := d.PackSealed(door())
	expect(t, c.Record(message), "recorded")
	bring(c, text)
	scenario.Sweep(c, c.As("carrier", waymark.Relay), telemetry.Disclose, waymark.DiscloseRequest{To: "producer"})
	scenario.Must(c, c.As("carrier", waymark.Relay), telemetry.Disclose, waymark.DiscloseRequest{To: "producer"})
	scenario.Sweep(c, c.As("producer", waymark.Viewer), telemetry.Disclosed, waymark.DisclosedQuery{Device: d.ID, Sequence: 1})
	scenario.Sweep(c, c.As("carrier", waymark.Relay), telemetry.Undisclosed, waymark.UndisclosedQuery{Messages: []waymark.MessageRef{{Device: d.ID, Sequence: 1}}})
}
