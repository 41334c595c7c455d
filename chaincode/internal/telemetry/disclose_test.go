package telemetry_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/internal/custody"
	"github.com/waymark-ledger/waymark/chaincode/internal/ledger"
	"github.com/waymark-ledger/waymark/chaincode/internal/policy"
	"github.com/waymark-ledger/waymark/chaincode/internal/registry"
	"github.com/waymark-ledger/waymark/chaincode/internal/scenario"
	"github.com/waymark-ledger/waymark/chaincode/internal/telemetry"
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

// disclose gives a member what texts disclose.
func disclose(c *scenario.Consortium, to string, texts ...string) ([]waymark.MessageResult, error) {
	c.T.Helper()
	encoded, err := json.Marshal(waymark.Disclosures{Messages: texts})
	if err != nil {
		c.T.Fatal(err)
	}
	c.Disclosures = encoded
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

func TestTheCustodianHoldsWhatIsDisclosed(t *testing.T) {
	c := scenario.New(t)
	d := guarded(c, "logger-1")
	ship(c, d)
	early, earlyText := d.PackSealed(door())
	expect(t, c.Record(early), "recorded")
	h := scenario.Must(c, c.As("producer", waymark.Operator), custody.Offer, waymark.OfferHandoffRequest{Shipment: "s1", To: "carrier", ExpiresAt: c.Now.Add(time.Hour)})
	if results, err := disclose(c, "carrier", earlyText); err != nil || results[0].Code != waymark.Forbidden || results[0].Reasons[0] != waymark.ReasonHolder {
		t.Errorf("to who is offered custody: %+v, %v", results, err)
	}
	scenario.Must(c, c.As("carrier", waymark.Operator), custody.Accept, waymark.AcceptHandoffRequest{Shipment: "s1", Number: h.Number, Reservation: "no temperature"})
	late, lateText := d.PackSealed(door())
	expect(t, c.Record(late), "recorded")
	if got := lacking(c, d.ID, 2); !slices.Equal(got, []string{"carrier", "producer"}) {
		t.Errorf("%v lack the disclosures", got)
	}
	expect(t, mustDisclose(c, "carrier", lateText), "recorded")
	if got := lacking(c, d.ID, 2); !slices.Equal(got, []string{"producer"}) {
		t.Errorf("%v lack the disclosures", got)
	}
	if got, err := disclosedTo(c, "carrier", waymark.DisclosedQuery{Device: d.ID, Sequence: 2}); err != nil || got.Readings[0].Text != planted {
		t.Errorf("the custodian gets %+v, %v", got, err)
	}
	if _, err := disclosedTo(c, "carrier", waymark.DisclosedQuery{Device: d.ID, Sequence: 1}); waymark.CodeOf(err) != waymark.NotFound {
		t.Errorf("the custodian gets what was not disclosed to it: %v", err)
	}
	for _, q := range []waymark.DisclosedQuery{{Device: d.ID, Sequence: 2}, {Device: d.ID, Sequence: 2, Holder: "carrier"}} {
		if _, err := disclosedTo(c, "retailer", q); waymark.CodeOf(err) != waymark.Forbidden {
			t.Errorf("a party gets %v", err)
		}
	}
	if got, err := disclose(c, "retailer", lateText); err != nil || got[0].Code != waymark.Forbidden {
		t.Errorf("to the consignee: %+v, %v", got, err)
	}
	inTheOpen(c)
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

// What a device measured before it witnessed the shipment is not its custodian's, though it
// comes late.
func TestABacklogIsNotTheCustodians(t *testing.T) {
	c := scenario.New(t)
	d := guarded(c, "logger-1")
	message, text := d.PackSealed(door())
	c.Now = c.Now.Add(time.Hour)
	ship(c, d)
	h := scenario.Must(c, c.As("producer", waymark.Operator), custody.Offer, waymark.OfferHandoffRequest{Shipment: "s1", To: "carrier", ExpiresAt: c.Now.Add(time.Hour)})
	scenario.Must(c, c.As("carrier", waymark.Operator), custody.Accept, waymark.AcceptHandoffRequest{Shipment: "s1", Number: h.Number, Reservation: "unknown"})
	expect(t, c.Record(message), "recorded")
	if got := lacking(c, d.ID, 1); !slices.Equal(got, []string{"producer"}) {
		t.Errorf("%v lack the disclosures", got)
	}
	expect(t, mustDisclose(c, "carrier", text), "forbidden not-a-holder")
	expect(t, mustDisclose(c, "producer", text), "recorded")
	if _, err := disclosedTo(c, "carrier", waymark.DisclosedQuery{Device: d.ID, Sequence: 1, Holder: "producer"}); waymark.CodeOf(err) != waymark.Forbidden {
		t.Errorf("the custodian gets %v", err)
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
	encoded, err := json.Marshal(waymark.Disclosures{Messages: []string{text}})
	if err != nil {
		t.Fatal(err)
	}
	c.Disclosures = encoded
	result := scenario.Must(c, c.As("carrier", waymark.Relay), func(l ledger.Ledger, r waymark.DiscloseRequest) (*waymark.RecordResult, error) {
		return telemetry.Disclose(forgetful{l}, r)
	}, waymark.DiscloseRequest{To: "producer"})
	expect(t, result.Results, "recorded")
	if got, err := disclosedTo(c, "producer", waymark.DisclosedQuery{Device: d.ID, Sequence: 1}); err != nil || got.Readings[0].Text != planted {
		t.Errorf("disclosed %+v, %v", got, err)
	}
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

// The former owner holds what its device measured, not the next one.
func TestDisclosuresStayWithTheOwnerOfThen(t *testing.T) {
	c := scenario.New(t)
	d := guarded(c, "logger-1")
	message, text := d.PackSealed(door())
	expect(t, c.Record(message), "recorded")
	scenario.Must(c, c.As("producer", waymark.Operator), registry.OfferTransfer, waymark.OfferTransferRequest{Device: d.ID, To: "carrier", ExpiresAt: c.Now.Add(time.Hour)})
	scenario.Must(c, c.As("carrier", waymark.Operator), registry.AcceptTransfer, waymark.AcceptTransferRequest{Device: d.ID})
	expect(t, mustDisclose(c, "carrier", text), "forbidden not-a-holder")
	expect(t, mustDisclose(c, "producer", text), "recorded")
	if _, err := disclosedTo(c, "carrier", waymark.DisclosedQuery{Device: d.ID, Sequence: 1, Holder: "producer"}); waymark.CodeOf(err) != waymark.Forbidden {
		t.Errorf("the next owner gets %v", err)
	}
	if got, err := disclosedTo(c, "producer", waymark.DisclosedQuery{Device: d.ID, Sequence: 1}); err != nil || got.Readings[0].Text != planted {
		t.Errorf("the owner of then gets %+v, %v", got, err)
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

// A ledger that fails decides nothing.
func TestABrokenLedgerDisclosesNothing(t *testing.T) {
	c := scenario.New(t)
	d := guarded(c, "logger-1")
	ship(c, d)
	message, text := d.PackSealed(door())
	expect(t, c.Record(message), "recorded")
	encoded, err := json.Marshal(waymark.Disclosures{Messages: []string{text}})
	if err != nil {
		t.Fatal(err)
	}
	c.Disclosures = encoded
	scenario.Sweep(c, c.As("carrier", waymark.Relay), telemetry.Disclose, waymark.DiscloseRequest{To: "producer"})
	scenario.Must(c, c.As("carrier", waymark.Relay), telemetry.Disclose, waymark.DiscloseRequest{To: "producer"})
	scenario.Sweep(c, c.As("producer", waymark.Viewer), telemetry.Disclosed, waymark.DisclosedQuery{Device: d.ID, Sequence: 1})
	scenario.Sweep(c, c.As("carrier", waymark.Relay), telemetry.Undisclosed, waymark.UndisclosedQuery{Messages: []waymark.MessageRef{{Device: d.ID, Sequence: 1}}})
}

// A device goes on while what it sealed is disclosed: the two do not conflict.
func TestDisclosingDoesNotConflictWithLaterMessages(t *testing.T) {
	c := scenario.New(t)
	d := guarded(c, "logger-1")
	first, text := d.PackSealed(door())
	second, secondText := d.PackSealed(door())
	expect(t, c.Record(first), "recorded")
	expect(t, c.Record(second), "recorded")
	encoded, err := json.Marshal(waymark.Disclosures{Messages: []string{text, secondText}})
	if err != nil {
		t.Fatal(err)
	}
	c.Disclosures = encoded
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
