package telemetry_test

import (
	"slices"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/rules/telemetry"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
)

// Who is named as lacking disclosures lacks some: a message is judged by itself, whatever
// was recorded beside it.
func TestUndisclosedNamesTheMessagesThatAreSealed(t *testing.T) {
	c := scenario.New(t)
	d := guarded(c, "logger-1")
	open, humidity := d.Pack(400), senml.Reading{Name: "humidity", Unit: "%RH", Value: 5000}
	sealed, text := d.PackSealed(door())
	beyond, beyondText := d.PackSealed(humidity)
	expect(t, c.Record(open, sealed, beyond), "recorded", "recorded", "recorded")
	for sequence, want := range map[uint64][]string{1: {}, 2: {"producer"}, 3: {}} {
		if got := lacking(c, d.ID, sequence); !slices.Equal(got, want) {
			t.Errorf("of message %d %v lack the disclosures", sequence, got)
		}
	}
	expect(t, mustDisclose(c, "producer", text, beyondText), "recorded", "invalid disclosure")
	if got := lacking(c, d.ID, 2); len(got) != 0 {
		t.Errorf("%v lack the disclosures", got)
	}
	w := scenario.Must(c, c.As("producer", waymark.Viewer), telemetry.Window, waymark.WindowQuery{Device: d.ID, Sequence: 1})
	if !slices.Equal(w.SealedIn, []uint64{2}) {
		t.Errorf("window %+v", w)
	}
}

func TestUndisclosedOfWhatIsNotSealed(t *testing.T) {
	c := scenario.New(t)
	d := guarded(c, "logger-1")
	expect(t, c.Record(d.Pack(400)), "recorded")
	for _, ref := range []waymark.MessageRef{{Device: d.ID, Sequence: 1}, {Device: d.ID, Sequence: 2}, {Device: "nobody", Sequence: 1}} {
		if got := lacking(c, ref.Device, ref.Sequence); len(got) != 0 {
			t.Errorf("%v: %v lack the disclosures", ref, got)
		}
	}
	for _, q := range []waymark.DisclosedQuery{{Device: d.ID, Sequence: 1}, {Device: d.ID, Sequence: 2}, {Device: "nobody", Sequence: 1}} {
		if _, err := disclosedTo(c, "producer", q); waymark.CodeOf(err) != waymark.NotFound {
			t.Errorf("%v: %v", q, err)
		}
	}
	scenario.Refused(c, c.As("producer", waymark.Viewer), telemetry.Undisclosed,
		waymark.UndisclosedQuery{Messages: []waymark.MessageRef{{Device: d.ID, Sequence: 1}}}, waymark.Forbidden, waymark.DefaultDeny)
}
