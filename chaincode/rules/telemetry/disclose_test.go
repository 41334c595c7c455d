package telemetry_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/rules/telemetry"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
)

// planted is what no record, event, answer or error may hold in the open.
const planted = "forced open at the back"

// guarded is a logger whose door is private, in class security.
func guarded(c *scenario.Consortium, id string) *scenario.Device {
	c.T.Helper()
	d := c.Device(id, "producer")
	classify(c, id, waymark.VisibilityPrivate)
	return d
}

func classify(c *scenario.Consortium, id string, v waymark.Visibility) {
	c.T.Helper()
	scenario.Must(c, c.As("producer", waymark.Operator), registry.SetAttributes, waymark.SetAttributesRequest{Device: id, Reason: "theft",
		Attributes: waymark.DeviceAttributes{Measures: []waymark.MeasuredClass{
			{Class: "security", Measurements: []string{"door", "weight"}, Visibility: v},
			{Class: "climate", Measurements: []string{"humidity"}, Visibility: waymark.VisibilityOpen},
		}}})
}

func door() senml.Reading { return senml.Reading{Kind: senml.Text, Name: "door", Body: planted} }

func weight() senml.Reading {
	return senml.Reading{Kind: senml.Number, Name: "weight", Unit: "kg", Value: 7331337331}
}

// bring makes what texts disclose come with the transactions that follow.
func bring(c *scenario.Consortium, texts ...string) {
	c.T.Helper()
	encoded, err := json.Marshal(waymark.Disclosures{Messages: texts})
	if err != nil {
		c.T.Fatal(err)
	}
	c.Disclosures = encoded
}

// disclose gives a member what texts disclose.
func disclose(c *scenario.Consortium, to string, texts ...string) ([]waymark.MessageResult, error) {
	c.T.Helper()
	bring(c, texts...)
	defer func() { c.Disclosures = nil }()
	result, err := scenario.Submit(c, c.As("carrier", waymark.Relay), telemetry.Disclose, waymark.DiscloseRequest{To: to})
	if err != nil {
		return nil, err
	}
	return result.Results, nil
}

func mustDisclose(c *scenario.Consortium, to string, texts ...string) []waymark.MessageResult {
	c.T.Helper()
	results, err := disclose(c, to, texts...)
	if err != nil {
		c.T.Fatal(err)
	}
	return results
}

func lacking(c *scenario.Consortium, device string, sequence uint64) []string {
	c.T.Helper()
	q := waymark.UndisclosedQuery{Messages: []waymark.MessageRef{{Device: device, Sequence: sequence}}}
	return scenario.Must(c, c.As("carrier", waymark.Relay), telemetry.Undisclosed, q).Messages[0].Members
}

func disclosedTo(c *scenario.Consortium, member string, q waymark.DisclosedQuery) (*waymark.DisclosedMessage, error) {
	c.T.Helper()
	return scenario.Submit(c, c.As(member, waymark.Viewer), telemetry.Disclosed, q)
}

// inTheOpen fails for a planted value in what every member sees.
func inTheOpen(c *scenario.Consortium, also ...any) {
	c.T.Helper()
	for _, key := range c.World.Keys() {
		if !strings.HasPrefix(key, "private ") {
			also = append(also, string(c.World.Value(key)))
		}
	}
	for _, text := range also {
		if s := fmt.Sprint(text); strings.Contains(s, planted) || strings.Contains(s, "73313") {
			c.T.Errorf("in the open: %s", s)
		}
	}
}

func TestSealedReadingsAreDisclosedToTheirHolders(t *testing.T) {
	c := scenario.New(t)
	d := guarded(c, "logger-1")
	ship(c, d)
	message, text := d.PackSealed(door(), weight())
	expect(t, c.Record(message), "recorded")
	w := scenario.Must(c, c.As("producer", waymark.Viewer), telemetry.Window, waymark.WindowQuery{Device: d.ID, Sequence: 1})
	if want := []waymark.SealedSeries{{Name: "door", Class: "security", Count: 1}, {Name: "weight", Class: "security", Count: 1}}; !slices.Equal(w.Sealed, want) ||
		len(w.Series) != 0 || w.Readings != 2 {
		t.Errorf("window %+v", w)
	}
	if got := lacking(c, d.ID, 1); !slices.Equal(got, []string{"producer"}) {
		t.Errorf("%v lack the disclosures", got)
	}
	first := mustDisclose(c, "producer", text, text)
	expect(t, first, "recorded", "duplicate")
	c.Now = c.Now.Add(time.Minute)
	again := mustDisclose(c, "producer", text)
	if expect(t, again, "duplicate"); again[0].TxID != first[0].TxID {
		t.Errorf("repeated: %+v, first %+v", again, first)
	}
	if got := lacking(c, d.ID, 1); len(got) != 0 {
		t.Errorf("%v lack the disclosures", got)
	}
	got, err := disclosedTo(c, "producer", waymark.DisclosedQuery{Device: d.ID, Sequence: 1})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Readings) != 2 || got.Readings[0].Text != planted || got.Readings[0].Kind != "text" || got.Readings[1].Value != "7331.337331" ||
		got.Readings[1].Unit != "kg" || got.Readings[1].Class != "security" || got.Readings[1].Index != 1 || got.TxID != first[0].TxID || got.Holder != "producer" ||
		!got.Readings[0].Time.Equal(scenario.Start) {
		t.Errorf("disclosed %+v", got)
	}
	inTheOpen(c, first, again)
}

// What is sealed beyond what is private costs nothing that is private its place.
func TestASealThatWasNotAskedFor(t *testing.T) {
	c := scenario.New(t)
	d := guarded(c, "logger-1")
	humidity := senml.Reading{Name: "humidity", Unit: "%RH", Value: 5000}
	message, text := d.PackSealed(humidity, door(), humidity)
	expect(t, c.Record(message), "recorded")
	_, disclosures, err := attest.Split(text)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, mustDisclose(c, "producer", attest.WithDisclosures(message, disclosures[1:2])), "recorded")
	message, text = d.PackSealed(humidity, door(), humidity)
	expect(t, c.Record(message), "recorded")
	expect(t, mustDisclose(c, "producer", text), "recorded")
	got, err := disclosedTo(c, "producer", waymark.DisclosedQuery{Device: d.ID, Sequence: 2})
	if err != nil || len(got.Readings) != 1 || got.Readings[0].Index != 1 || got.Readings[0].Text != planted {
		t.Errorf("disclosed %+v, %v", got, err)
	}
}

// forgetful is a ledger whose peer has lost what its member holds.
type forgetful struct{ ledger.Ledger }

func (forgetful) GetPrivate(string, ledger.Key) (ledger.Private, error) {
	return ledger.Private{}, waymark.Errorf(waymark.Unavailable, "it is not here")
}

// A holder whose peer has lost what was disclosed to it gets it again.
func TestWhatIsLostCanBeDisclosedAgain(t *testing.T) {
	c := scenario.New(t)
	d := guarded(c, "logger-1")
	message, text := d.PackSealed(door())
	expect(t, c.Record(message), "recorded")
	expect(t, mustDisclose(c, "producer", text), "recorded")
	bring(c, text)
	result := scenario.Must(c, c.As("carrier", waymark.Relay), func(l ledger.Ledger, r waymark.DiscloseRequest) (*waymark.RecordResult, error) {
		return telemetry.Disclose(forgetful{l}, r)
	}, waymark.DiscloseRequest{To: "producer"})
	expect(t, result.Results, "recorded")
	if got, err := disclosedTo(c, "producer", waymark.DisclosedQuery{Device: d.ID, Sequence: 1}); err != nil || got.Readings[0].Text != planted {
		t.Errorf("disclosed %+v, %v", got, err)
	}
}

// A device goes on while what it sealed is disclosed: the two do not conflict.
func TestDisclosingDoesNotConflictWithLaterMessages(t *testing.T) {
	c := scenario.New(t)
	d := guarded(c, "logger-1")
	first, text := d.PackSealed(door())
	second, secondText := d.PackSealed(door())
	expect(t, c.Record(first), "recorded")
	expect(t, c.Record(second), "recorded")
	bring(c, text, secondText)
	result, tx, err := scenario.Endorse(c, c.As("carrier", waymark.Relay), telemetry.Disclose, waymark.DiscloseRequest{To: "producer"})
	if err != nil {
		t.Fatal(err)
	}
	expect(t, result.Results, "recorded", "recorded")
	expect(t, c.Record(d.Pack(400)), "recorded")
	if err := tx.Commit(); err != nil {
		t.Errorf("disclosed while the device went on: %v", err)
	}
}
