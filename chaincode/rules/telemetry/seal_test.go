package telemetry_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/policy"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/rules/telemetry"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
)

// TestWhatIsNotSealedDoesNotPass: the batch is refused as a whole, so that no block holds
// it, and says which messages those are; without them it is recorded.
func TestWhatIsNotSealedDoesNotPass(t *testing.T) {
	c := scenario.New(t)
	d, open := guarded(c, "logger-1"), c.Device("logger-2", "producer")
	plain := fmt.Sprintf(`[{"n":"door","vs":%q,"t":%d}]`, planted, scenario.Start.Unix())
	twin, forger, suspended := *d, c.NewDevice("logger-1", "producer"), guarded(c, "logger-3")
	scenario.Must(c, c.As("producer", waymark.Operator), registry.SuspendDevice, waymark.DeviceStateRequest{Device: suspended.ID, Reason: "lost"})
	sealed, _ := d.PackSealed(door())
	expect(t, c.Record(sealed), "recorded")
	good := open.Pack(400)
	for name, message := range map[string]string{
		"authentic":       d.SignPack([]byte(plain)),
		"a fork":          twin.SignPack([]byte(plain)),
		"forged":          forger.SignPack([]byte(plain)),
		"suspended":       suspended.SignPack([]byte(plain)),
		"unreadable":      twin.SignPack([]byte(plain[:len(plain)-1])),
		"no pack":         d.Sign(attest.Header{Device: d.ID, Consortium: scenario.Channel, KeyID: d.KeyID, Kind: attest.Receipt}, []byte(plain)),
		"a field of ours": twin.SignPack(fmt.Appendf(nil, `[{"n":"door","vd":%q,"note":%q,"t":%d}]`, strings.Repeat("A", 43), planted, scenario.Start.Unix())),
		"a base value":    twin.SignPack(fmt.Appendf(nil, `[{"n":"door","vd":%q,"bv":7331337331,"bu":"Cel","t":%d}]`, strings.Repeat("A", 43), scenario.Start.Unix())),
		"an earlier one":  twin.SignPack(fmt.Appendf(nil, `[{"bt":%d,"bv":7331337331,"bu":"kg"},{"n":"weight","vd":%q}]`, scenario.Start.Unix(), strings.Repeat("A", 43))),
		"a base sum":      twin.SignPack(fmt.Appendf(nil, `[{"n":"door","vd":%q,"bs":7331337331,"t":%d}]`, strings.Repeat("A", 43), scenario.Start.Unix())),
		"31 bytes":        twin.SignPack(fmt.Appendf(nil, `[{"n":"door","vd":%q,"t":%d}]`, strings.Repeat("A", 42), scenario.Start.Unix())),
		"beside a sealed": twin.SignPack(fmt.Appendf(nil, `[{"bt":%d,"n":"door","vd":%q},{"n":"weight","u":"kg","v":7331.3}]`, scenario.Start.Unix(), strings.Repeat("A", 43))),
	} {
		request := waymark.RecordRequest{Messages: []string{good, message, good}}
		_, tx, err := scenario.Endorse(c, c.As("producer", waymark.Relay), telemetry.Record, request)
		e := waymark.AsError(err)
		if err == nil || e.Code != waymark.Invalid || !slices.Equal(e.Reasons, []string{waymark.ReasonExposed}) || len(e.Rows) != 1 || e.Rows[0].Index != 1 ||
			e.Field != "/messages/1" || len(tx.Writes()) > 0 {
			t.Errorf("%s: %v, %+v", name, err, e)
		}
		inTheOpen(c, err)
	}
	repeated := waymark.RecordRequest{Messages: slices.Repeat([]string{d.SignPack([]byte(plain))}, 3)}
	if _, _, err := scenario.Endorse(c, c.As("producer", waymark.Relay), telemetry.Record, repeated); len(waymark.AsError(err).Rows) != 3 {
		t.Errorf("three times the same: %v", err)
	}
	expect(t, c.Record(good), "recorded")
	if _, err := scenario.Submit(c, c.As("producer", waymark.Relay), telemetry.Record, waymark.RecordRequest{Messages: []string{sealed + "~AA~"}}); waymark.CodeOf(err) != waymark.Invalid {
		t.Errorf("disclosures in an argument: %v", err)
	}
}

// What was in the open before an owner made its class private stays, and can be repeated.
func TestWhatWasOpenStaysOpen(t *testing.T) {
	c := scenario.New(t)
	d := c.Device("logger-1", "producer")
	before := d.SignPack(fmt.Appendf(nil, `[{"n":"door","vs":"open","t":%d}]`, scenario.Start.Unix()))
	expect(t, c.Record(before), "recorded")
	classify(c, d.ID, waymark.VisibilityPrivate)
	expect(t, c.Record(before), "duplicate")
	sealed, text := d.PackSealed(door())
	expect(t, c.Record(sealed), "recorded")
	classify(c, d.ID, waymark.VisibilityOpen)
	expect(t, mustDisclose(c, "producer", text), "recorded") // it was private when it was recorded
	if got := mustDisclose(c, "producer", before+"~AA~"); got[0].Outcome != waymark.Rejected {
		t.Errorf("an open message disclosed: %+v", got)
	}
}

// A series keeps the class that it had when it was recorded.
func TestClassesAreKept(t *testing.T) {
	c := scenario.New(t)
	d := guarded(c, "logger-1")
	pack := fmt.Appendf(nil, `[{"bt":%d,"n":"humidity","u":"%%RH","v":50},{"n":"temperature","u":"Cel","v":4},{"n":"here","u":"lat","v":52}]`, scenario.Start.Unix())
	expect(t, c.Record(d.SignPack(pack)), "recorded")
	scenario.Must(c, c.As("producer", waymark.Operator), registry.SetAttributes, waymark.SetAttributesRequest{Device: d.ID, Reason: "none"})
	scenario.Must(c, c.As("producer", waymark.Admin), policy.Put, waymark.PutPolicyRequest{ID: "p1",
		Text: `permit (principal in Waymark::Member::"auditor", action == Waymark::Action::"ReadTelemetry", resource) when { context.dataClass == "climate" };`})
	w := scenario.Must(c, c.As("auditor", waymark.Viewer), telemetry.Window, waymark.WindowQuery{Device: d.ID, Sequence: 1})
	if len(w.Series) != 1 || w.Series[0].Class != "climate" || !slices.Equal(w.Withheld, []waymark.DataClass{waymark.ClassCondition, waymark.ClassLocation}) {
		t.Errorf("window %+v", w)
	}
}

// A condition on a sealed measurement is unknown, whatever it was.
func TestASealedMeasurementIsNoEvidence(t *testing.T) {
	c := scenario.New(t)
	d := c.Device("logger-1", "producer")
	scenario.Must(c, c.As("producer", waymark.Operator), registry.SetAttributes, waymark.SetAttributesRequest{Device: d.ID, Reason: "theft",
		Attributes: waymark.DeviceAttributes{Measures: []waymark.MeasuredClass{{Class: "climate", Measurements: []string{"temperature"}, Visibility: waymark.VisibilityPrivate}}}})
	ship(c, d)
	message, _ := d.PackSealed(senml.Reading{Name: "temperature", Unit: "Cel", Value: 9000})
	expect(t, c.Record(message), "recorded")
	s := scenario.Must(c, c.As("producer", waymark.Viewer), custody.Get, waymark.ShipmentQuery{Shipment: "s1"})
	if s.Condition != waymark.ConditionUnknown || len(s.Excursions) != 0 {
		t.Errorf("the verdict is %s, with %d excursions", s.Condition, len(s.Excursions))
	}
}
