package policy_test

import (
	"slices"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/policy"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// TestOwnersSeeHolds: what an owner grants can follow the holds on its goods, for the
// shipment, for what was measured of it, and for its witnesses.
func TestOwnersSeeHolds(t *testing.T) {
	c := world(t) // s1 is with the carrier, witnessed by logger-1
	admin, held := c.As("producer", waymark.Admin), waymark.HoldRequest{Shipment: "s1", Kind: waymark.HoldQuarantine, Reason: "smells"}
	scenario.Must(c, admin, policy.Put, put("inspector", `permit (principal in Waymark::Member::"auditor", action, resource)
when { context.holds.contains("quarantine") };`))
	expect := func(when string, allowed bool) {
		t.Helper()
		for _, r := range []waymark.CheckRequest{
			{Action: waymark.ActReadShipment, Shipment: "s1"},
			{Action: waymark.ActReadTelemetry, Device: "logger-1"},
			{Action: waymark.ActReadTelemetry, Device: "logger-1", Shipment: "s1"},
			{Action: waymark.ActCommandDevice, Device: "logger-1"},
		} {
			d := scenario.Must(c, c.As("auditor", waymark.Quality), policy.Check, r)
			if d.Allowed != allowed || allowed && !slices.Equal(d.Reasons, []string{"producer/inspector"}) {
				t.Errorf("%s, %s: %+v", when, r.Action, d)
			}
		}
		_, err := scenario.Submit(c, c.As("auditor", waymark.Viewer), custody.Get, waymark.ShipmentQuery{Shipment: "s1"})
		if (err == nil) != allowed {
			t.Errorf("%s the shipment is read with %v", when, err)
		}
	}
	expect("before", false)
	scenario.Must(c, c.As("retailer", waymark.Quality), custody.Hold, held)
	expect("in quarantine", true)
	r := scenario.Must(c, c.As("auditor", waymark.Operator), policy.Authorize, waymark.CheckRequest{Action: waymark.ActReadShipment, Shipment: "s1"})
	if !slices.Equal(r.Context.Holds, []string{"quarantine"}) {
		t.Errorf("the receipt has the holds %v", r.Context.Holds)
	}
	scenario.Must(c, c.As("retailer", waymark.Quality), custody.LiftHold, held)
	expect("after", false)
}
