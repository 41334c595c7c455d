package recount_test

import (
	"encoding/hex"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/waymark-ledger/waymark/chaincode/internal/recount"
	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/rules/telemetry"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// journey is a shipment with two loggers, and the messages of them that were recorded.
type journey struct {
	*scenario.Consortium
	loggers  [2]*scenario.Device
	recorded []string
}

func newJourney(t *testing.T) *journey {
	t.Helper()
	c := scenario.New(t)
	c.Goods("producer", scenario.GTIN, "1")
	j := &journey{Consortium: c, loggers: [2]*scenario.Device{c.Device("logger-1", "producer"), c.Device("logger-2", "producer")}}
	j.ship("logger-1", "logger-2")
	return j
}

// ship makes the shipment, with these witnesses.
func (j *journey) ship(loggers ...string) {
	j.T.Helper()
	operator := j.As("producer", waymark.Operator)
	scenario.Must(j.Consortium, operator, custody.Create, waymark.CreateShipmentRequest{ID: "s1", Consignee: "retailer", Arbiter: "auditor",
		Goods: []waymark.Line{{ID: waymark.Item(scenario.GTIN, "1").String()}},
		Conditions: []waymark.Condition{
			{ID: "plain", Name: "temperature", Unit: "Cel", Maximum: "20"},
			{ID: "budget", Name: "temperature", Unit: "Cel", Maximum: "8", IntervalSeconds: 1800, Agreement: "0.5", Budget: &waymark.Budget{Seconds: 7200, Mode: waymark.BudgetCumulative}},
			{ID: "mean", Kind: waymark.ConditionMKT, Name: "temperature", Unit: "Cel", MKT: &waymark.MKTLimit{Limit: "9", WindowSeconds: 3600}},
		}})
	for _, id := range loggers {
		scenario.Must(j.Consortium, operator, custody.Attach, waymark.AttachDeviceRequest{Shipment: "s1", Device: id})
	}
}

func (j *journey) record(messages ...string) {
	j.T.Helper()
	for i, r := range j.Record(messages...) {
		if r.Outcome == waymark.Recorded {
			j.recorded = append(j.recorded, messages[i])
		}
	}
}

func (j *journey) hand(from, to string) {
	j.T.Helper()
	h := scenario.Must(j.Consortium, j.As(from, waymark.Operator), custody.Offer, waymark.OfferHandoffRequest{Shipment: "s1", To: to, ExpiresAt: j.Now.Add(time.Hour)})
	scenario.Must(j.Consortium, j.As(to, waymark.Operator), custody.Accept, waymark.AcceptHandoffRequest{Shipment: "s1", Number: h.Number, Reservation: "as found"})
}

func (j *journey) view() waymark.ShipmentView {
	j.T.Helper()
	return *scenario.Must(j.Consortium, j.As("producer", waymark.Viewer), custody.Get, waymark.ShipmentQuery{Shipment: "s1"})
}

func parse(t require, texts []string) []recount.Message {
	messages := make([]recount.Message, 0, len(texts))
	for _, text := range texts {
		m, err := recount.Parse(text)
		if err != nil {
			t.Fatalf("%v", err)
		}
		messages = append(messages, m...)
	}
	return messages
}

// require is what a test needs of *testing.T or *rapid.T.
type require interface{ Fatalf(string, ...any) }

// leg draws what happens on a leg: readings that come, come late, or never.
func (j *journey) leg(t *rapid.T) {
	var held []string
	for range rapid.IntRange(0, 8).Draw(t, "messages") {
		j.Now = j.Now.Add(time.Duration(rapid.IntRange(-5, 70).Draw(t, "minutes")) * time.Minute)
		values := rapid.SliceOfN(rapid.Int64Range(200, 2200), 1, 3).Draw(t, "values")
		text := j.loggers[rapid.IntRange(0, 1).Draw(t, "logger")].Pack(values...)
		if rapid.IntRange(0, 4).Draw(t, "late") == 0 {
			held = append(held, text)
			continue
		}
		j.record(text)
	}
	if len(held) > 0 && rapid.Bool().Draw(t, "they come") {
		j.record(held...)
	}
	if rapid.IntRange(0, 5).Draw(t, "suspended") == 0 {
		for _, change := range []func(waymark.DeviceStateRequest) error{j.suspend, j.resume} {
			if err := change(waymark.DeviceStateRequest{Device: "logger-2", Reason: "lost"}); err != nil {
				t.Fatalf("%v", err)
			}
		}
	}
	j.Now = j.Now.Add(5 * time.Minute)
}

func (j *journey) suspend(r waymark.DeviceStateRequest) error {
	_, err := scenario.Submit(j.Consortium, j.As("producer", waymark.Operator), registry.SuspendDevice, r)
	return err
}

func (j *journey) resume(r waymark.DeviceStateRequest) error {
	_, err := scenario.Submit(j.Consortium, j.As("producer", waymark.Operator), registry.ResumeDevice, r)
	return err
}

// TestAnyJourneyIsRecounted: whatever happened, each acceptance's verdict follows from the
// messages, though later ones are known too.
func TestAnyJourneyIsRecounted(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		j := newJourney(t)
		j.leg(rt)
		j.hand("producer", "carrier")
		j.leg(rt)
		if rapid.Bool().Draw(rt, "detached") {
			scenario.Must(j.Consortium, j.As("producer", waymark.Operator), custody.Detach, waymark.DetachDeviceRequest{Shipment: "s1", Device: "logger-2"})
			j.leg(rt)
		}
		j.hand("carrier", "retailer")
		view := j.view()
		for number := range uint64(3) {
			kept, found, err := recount.Again(view, number, parse(rt, j.recorded))
			if err == nil {
				err = recount.Compare(kept, found)
			}
			if err != nil {
				rt.Fatalf("handoff %d: %v", number, err)
			}
		}
	})
}

// TestAnchoredMessagesAreRecounted: by the runs that are in blocks, as by the messages that the owner has.
func TestAnchoredMessagesAreRecounted(t *testing.T) {
	c := scenario.New(t)
	c.Goods("producer", scenario.GTIN, "1")
	j := &journey{Consortium: c, loggers: [2]*scenario.Device{c.Device("logger-1", "producer"), c.Device("logger-2", "producer")}}
	d, operator := j.loggers[0], j.As("producer", waymark.Operator)
	d.Anchors("temperature")
	scenario.Must(c, operator, custody.Create, waymark.CreateShipmentRequest{ID: "s1", Consignee: "retailer", Goods: []waymark.Line{{ID: waymark.Item(scenario.GTIN, "1").String()}},
		Conditions: []waymark.Condition{{Name: "temperature", Unit: "Cel", Maximum: "8", Anchored: true}}})
	for _, device := range j.loggers {
		scenario.Must(c, operator, custody.Attach, waymark.AttachDeviceRequest{Shipment: "s1", Device: device.ID})
	}
	j.record(d.Pack(500), j.loggers[1].Pack(400))
	texts := []string{d.Pack(510), d.Pack(520, 530)}
	request := d.Anchoring(texts...)
	result := scenario.Must(c, j.As("producer", waymark.Relay), telemetry.Record, request).Results[0]
	shown, err := scenario.Shown(result.TxID, 7, make([]byte, 32), texts...)
	if err != nil {
		t.Fatal(err)
	}
	at := scenario.Must(c, j.As("producer", waymark.Relay), telemetry.Check, waymark.CheckTelemetryRequest{Device: d.ID, Windows: []waymark.CheckedWindow{shown}})
	own := []waymark.OwnChecked{{Device: d.ID, Checked: at.Anchored.Checked, Digest: hex.EncodeToString(at.Anchored.Digest)}}
	accept := func(from, to string) {
		j.record(d.Pack(540), j.loggers[1].Pack(410))
		h := scenario.Must(c, j.As(from, waymark.Operator), custody.Offer, waymark.OfferHandoffRequest{Shipment: "s1", To: to, ExpiresAt: j.Now.Add(time.Hour)})
		scenario.Must(c, j.As(to, waymark.Operator), custody.Accept, waymark.AcceptHandoffRequest{Shipment: "s1", Number: h.Number, Reservation: "as found", Checked: own})
	}
	accept("producer", "carrier")
	scenario.Must(c, operator, custody.Detach, waymark.DetachDeviceRequest{Shipment: "s1", Device: d.ID})
	d.Pack(0) // it is elsewhere
	own = nil
	j.loggers[0] = c.Device("logger-3", "producer")
	d = j.loggers[0]
	accept("carrier", "retailer")
	view := j.view()
	for number, want := range map[uint64]waymark.ConditionState{1: waymark.ConditionConformant, 2: waymark.ConditionUnknown} {
		for name, entries := range map[string][]string{"runs": request.Messages, "messages": texts} {
			kept, found, err := recount.Again(view, number, parse(t, slices.Concat(j.recorded, entries)))
			if err == nil {
				err = recount.Compare(kept, found)
			}
			if err != nil || kept.State != want || !found.Rules[0].Anchored {
				t.Errorf("handoff %d by %s: %s %v, %v", number, name, kept.State, kept.Reasons, err)
			}
		}
	}
	forged := view.Handoffs[1].Verdict
	forged.Witnesses[1].Anchored.Agreed = true
	kept, found, err := recount.Again(view, 2, parse(t, slices.Concat(j.recorded, texts)))
	if err != nil || recount.Compare(kept, found) == nil {
		t.Errorf("a forged word of the acceptor's blocks holds: %v", err)
	}
}

// TestALapsedCalibrationIsRecounted, though its owner said another thing later.
func TestALapsedCalibrationIsRecounted(t *testing.T) {
	c := scenario.New(t)
	c.Goods("producer", scenario.GTIN, "1")
	j := &journey{Consortium: c, loggers: [2]*scenario.Device{c.Device("logger-1", "producer")}}
	calibrate := func(d time.Duration) {
		scenario.Must(c, j.As("producer", waymark.Operator), registry.SetAttributes, waymark.SetAttributesRequest{Device: "logger-1", Reason: "yearly",
			Attributes: waymark.DeviceAttributes{Calibration: &waymark.Calibration{CertificateSHA256: strings.Repeat("0f", 32), ExpiresAt: j.Now.Add(d)}}})
	}
	calibrate(time.Minute)
	j.ship("logger-1")
	j.Now = j.Now.Add(10 * time.Minute)
	j.record(j.loggers[0].Pack(500))
	j.hand("producer", "carrier")
	calibrate(time.Hour)
	kept, found, err := recount.Again(j.view(), 1, parse(t, j.recorded))
	if err == nil {
		err = recount.Compare(kept, found)
	}
	if err != nil || !slices.Contains(found.Reasons, waymark.ReasonCalibration) || slices.Contains(found.Reasons, waymark.ReasonWitness) {
		t.Errorf("found %v (%v)", found.Reasons, err)
	}
}

// TestMoreExcursionsThanAreShownAreRecounted: neither a verdict on them, nor one on what they push out
// of sight, is contradicted.
func TestMoreExcursionsThanAreShownAreRecounted(t *testing.T) {
	for first, name := range []string{"of one device", "of two"} {
		t.Run(name, func(t *testing.T) {
			j := newJourney(t)
			j.spoil(first)
			j.record(j.loggers[0].Pack(500), j.loggers[1].Pack(500))
			j.releaseAll()
			j.hand("producer", "carrier")
			for range custody.MaxExcursions { // of each of two rules one
				j.spoil(0)
			}
			j.record(j.loggers[1].Pack(500))
			j.releaseAll()
			j.hand("carrier", "retailer")
			view := j.view()
			if !view.MoreExcursions || len(view.Excursions) != custody.MaxExcursions {
				t.Fatalf("shows %d excursions, and more: %v", len(view.Excursions), view.MoreExcursions)
			}
			for n, want := range []waymark.ConditionState{waymark.ConditionReleased, waymark.ConditionNonConformant} {
				kept, found, err := recount.Again(view, uint64(n)+1, parse(t, j.recorded))
				if err == nil {
					err = recount.Compare(kept, found)
				}
				if err != nil || kept.Rules[0].State != want {
					t.Errorf("handoff %d: %s, %v", n+1, kept.Rules[0].State, err)
				}
			}
		})
	}
}

// spoil has a logger measure what breaks two rules, and then what does not.
func (j *journey) spoil(logger int) {
	j.T.Helper()
	for _, value := range []int64{2100, 500} {
		j.Now = j.Now.Add(time.Second)
		j.record(j.loggers[logger].Pack(value))
	}
}

// releaseAll releases the excursions that are shown.
func (j *journey) releaseAll() {
	j.T.Helper()
	for _, e := range j.view().Excursions {
		if e.Released == nil {
			scenario.Must(j.Consortium, j.As("producer", waymark.Quality), custody.ReleaseExcursion,
				waymark.ReleaseExcursionRequest{Shipment: "s1", Device: e.Device, Rule: e.Rule, First: e.First, Disposition: "stable"})
		}
	}
}

// TestAForgeryIsFound in the record or in the messages.
func TestAForgeryIsFound(t *testing.T) {
	j := newJourney(t)
	for _, value := range []int64{500, 900, 2100, 500} {
		j.Now = j.Now.Add(20 * time.Minute)
		j.record(j.loggers[0].Pack(value), j.loggers[1].Pack(510))
	}
	twin := *j.loggers[0]
	j.hand("producer", "carrier")
	j.Now = j.Now.Add(time.Minute)
	other := twin.Pack(500) // never recorded
	tests := map[string]struct {
		change func(*waymark.ShipmentView, *[]string)
		says   string // empty if it holds
	}{
		"as it was":                   {func(*waymark.ShipmentView, *[]string) {}, ""},
		"in another order":            {func(_ *waymark.ShipmentView, m *[]string) { slices.Reverse(*m) }, ""},
		"with a message of after it":  {func(_ *waymark.ShipmentView, m *[]string) { *m = append(*m, other) }, ""},
		"a message is left out":       {func(_ *waymark.ShipmentView, m *[]string) { *m = (*m)[1:] }, "3 messages are given of the 4"},
		"a message comes twice":       {func(_ *waymark.ShipmentView, m *[]string) { *m = append((*m)[1:], (*m)[2]) }, "given twice"},
		"a conformant state":          {func(v *waymark.ShipmentView, _ *[]string) { v.Handoffs[0].Verdict.State = waymark.ConditionConformant }, "state"},
		"a reason less":               {func(v *waymark.ShipmentView, _ *[]string) { v.Handoffs[0].Verdict.Reasons = []string{} }, "reasons"},
		"less time outside":           {func(v *waymark.ShipmentView, _ *[]string) { v.Handoffs[0].Verdict.Rules[1].Devices[0].OutsideMS-- }, "rules"},
		"another digest":              {func(v *waymark.ShipmentView, _ *[]string) { v.Handoffs[0].Verdict.Witnesses[0].Digest[0]++ }, "message 4 is not"},
		"a device that counts anyway": {func(v *waymark.ShipmentView, _ *[]string) { v.Handoffs[0].Verdict.Witnesses[1].Counts = false }, "witnesses"},
		"a device that nobody knows":  {func(v *waymark.ShipmentView, _ *[]string) { v.Attachments = v.Attachments[:1] }, "is not attached"},
		"no verdict":                  {func(v *waymark.ShipmentView, _ *[]string) { v.Handoffs[0].Verdict = nil }, "no such accepted"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			view, messages := j.view(), slices.Clone(j.recorded)
			test.change(&view, &messages)
			kept, found, err := recount.Again(view, 1, parse(t, messages))
			if err == nil {
				err = recount.Compare(kept, found)
			}
			if test.says == "" && err != nil || test.says != "" && (err == nil || !strings.Contains(err.Error(), test.says)) {
				t.Errorf("got %v, want %q", err, test.says)
			}
		})
	}
}
