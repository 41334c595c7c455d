package access

import (
	"fmt"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

var testTime = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

// askTelemetry is a viewer's question for the conditions that the producer's logger
// measures for the carrier.
func askTelemetry(member string) Request {
	return Request{
		Principal: Caller(ledger.Caller{Member: member, Role: waymark.Viewer}), Action: waymark.ActReadTelemetry,
		Resource: Telemetry(waymark.Device{ID: "logger-1", Owner: "producer", Model: "TL-20"}, "", Witnessed{Shipment: "s1", Custodian: "carrier", Parties: []string{"producer", "carrier"}}, nil),
		Context:  waymark.DecisionContext{Time: testTime, DataClass: waymark.ClassCondition, Holds: []string{}},
	}
}

// BenchmarkDecideWithPolicies is a decision with its policies parsed, as each
// transaction does it.
func BenchmarkDecideWithPolicies(b *testing.B) {
	for _, n := range []int{0, 5, 64} {
		var policies []waymark.Policy
		for i := range n {
			policies = append(policies, waymark.Policy{ID: fmt.Sprintf("p%d", i), Owner: "producer", Author: "producer", State: waymark.PolicyActive,
				Text: fmt.Sprintf(`@retain("P30D") permit (principal in Waymark::Member::"m%d", action == Waymark::Action::"ReadTelemetry", resource)
when { ["admin", "viewer"].contains(principal.role) && context.dataClass == "condition" && context.time < datetime("2027-01-01T00:00:00Z") };`, i)})
		}
		r := askTelemetry(fmt.Sprintf("m%d", n-1))
		b.Run(fmt.Sprintf("policies=%d", n), func(b *testing.B) {
			for b.Loop() {
				if Decide(r, policies).Allowed != (n > 0) {
					b.Fatal("the wrong decision")
				}
			}
		})
	}
}
