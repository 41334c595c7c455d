package registry_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/rules/telemetry"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// anchorOne has a member's relay record the next message of a device as a run, and returns it as it is to be checked, in a block of
// that number.
func anchorOne(c *scenario.Consortium, member string, d *scenario.Device, block uint64) waymark.CheckTelemetryRequest {
	c.T.Helper()
	text := d.Pack(400)
	result := scenario.Must(c, c.As(member, waymark.Relay), telemetry.Record, d.Anchoring(text)).Results[0]
	if result.Outcome != waymark.Recorded {
		c.T.Fatalf("%+v", result)
	}
	shown, err := scenario.Shown(result.TxID, block, []byte(strings.Repeat("b", 32)), text)
	if err != nil {
		c.T.Fatal(err)
	}
	return waymark.CheckTelemetryRequest{Device: d.ID, Windows: []waymark.CheckedWindow{shown}}
}

// TestADeviceThatMovesIsCheckedAndAnchorsNoMore: no window of the old owner waits, the new one chooses for itself, and no block that the
// old one named binds it.
func TestADeviceThatMovesIsCheckedAndAnchorsNoMore(t *testing.T) {
	c := scenario.New(t)
	d := c.Device("logger-1", "producer")
	c.Record(d.Pack(400))
	d.Anchors("temperature")
	waiting := anchorOne(c, "producer", d, 1<<50)
	carrier, relay := c.As("carrier", waymark.Operator), c.As("producer", waymark.Relay)
	scenario.Must(c, c.As("producer", waymark.Operator), registry.OfferTransfer, offer(c, "carrier"))
	scenario.Refused(c, carrier, registry.AcceptTransfer, acceptance, waymark.FailedPrecondition, waymark.ReasonUnchecked)
	scenario.Must(c, relay, telemetry.Check, waiting)
	// A run that commits first wins over an acceptance endorsed before it.
	_, endorsed, err := scenario.Endorse(c, carrier, registry.AcceptTransfer, acceptance)
	if err != nil {
		t.Fatal(err)
	}
	anchorOne(c, "producer", d, 1<<51)
	if endorsed.Commit() == nil {
		t.Error("a device moved with a window that waits")
	}
	scenario.Refused(c, carrier, registry.AcceptTransfer, acceptance, waymark.FailedPrecondition, waymark.ReasonUnchecked)
	scenario.Must(c, c.As("producer", waymark.Admin), telemetry.Forfeit, waymark.ForfeitTelemetryRequest{Device: d.ID, Last: d.Next - 1, Reason: "sold"})
	scenario.Must(c, carrier, registry.AcceptTransfer, acceptance)

	after := scenario.Must(c, carrier, registry.Device, waymark.DeviceQuery{Device: d.ID})
	want := []waymark.MeasuredClass{{Class: "bulk", Measurements: []string{"temperature"}, Visibility: waymark.VisibilityOpen}}
	if after.Attributes == nil || !reflect.DeepEqual(after.Attributes.Measures, want) {
		t.Errorf("attributes %+v", after.Attributes)
	}
	if _, tx, err := scenario.Endorse(c, relay, telemetry.Check, waiting); err != nil || len(tx.Writes()) > 0 {
		t.Errorf("the old owner's check again: %v", err)
	}
	scenario.Refused(c, c.As("carrier", waymark.Relay), telemetry.Check, waiting, waymark.Forbidden, waymark.DefaultDeny)
	d.Owner = "carrier"
	d.Anchors("temperature")
	scenario.Must(c, c.As("carrier", waymark.Relay), telemetry.Check, anchorOne(c, "carrier", d, 7))
}

// TestInheritedAttributesAreACopy: those of the old owner stay what they were.
func TestInheritedAttributesAreACopy(t *testing.T) {
	give := &waymark.DeviceAttributes{Measures: []waymark.MeasuredClass{
		{Class: "bulk", Measurements: []string{"temperature"}, Visibility: waymark.VisibilityAnchored},
		{Class: "cargo", Measurements: []string{"weight"}, Visibility: waymark.VisibilityPrivate},
	}}
	got := give.Inherited().Measures
	if got[0].Visibility != waymark.VisibilityOpen || got[1].Visibility != waymark.VisibilityPrivate || give.Measures[0].Visibility != waymark.VisibilityAnchored {
		t.Errorf("inherited %+v of %+v", got, give.Measures)
	}
}
