package policy_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/policy"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

func TestDryRun(t *testing.T) {
	c := world(t)
	admin := c.As("producer", waymark.Admin)
	on := waymark.DryRunRequest{Devices: []string{"logger-1"}, Shipments: []string{"s1"}, Purpose: "audit-1"}
	dry := func(by ledger.Caller, change func(*waymark.DryRunRequest)) []waymark.AccessChange {
		t.Helper()
		r := on
		change(&r)
		before := string(c.World.Snapshot())
		run := scenario.Must(c, by, policy.DryRun, r)
		if run.More || before == "" || run.Changes == nil {
			t.Errorf("run %+v", run)
		}
		return run.Changes
	}
	reads := `permit (principal in Waymark::Member::"auditor", action == Waymark::Action::"ReadTelemetry", resource)
when { principal.role == "viewer" && context.dataClass == "condition" && context.purpose == "audit-1" };`
	gain := waymark.AccessChange{Member: "auditor", Role: waymark.Viewer, Action: waymark.ActReadTelemetry, Device: "logger-1", DataClass: waymark.ClassCondition, Gains: true}
	if got := dry(admin, func(r *waymark.DryRunRequest) { r.Put = put("p1", reads) }); !slices.Equal(got, []waymark.AccessChange{gain}) {
		t.Errorf("put gives %+v", got)
	}
	if got := dry(admin, func(r *waymark.DryRunRequest) { r.Put, r.Purpose = put("p1", reads), "" }); len(got) != 0 {
		t.Errorf("without purpose it gives %+v", got)
	}
	scenario.Must(c, admin, policy.Put, waymark.PutPolicyRequest{ID: "p1", Text: reads, Delegable: true})
	loss := gain
	loss.Gains = false
	withdraw := func(r *waymark.DryRunRequest) { r.Withdraw.ID = "p1" }
	if got := dry(admin, withdraw); !slices.Equal(got, []waymark.AccessChange{loss}) {
		t.Errorf("withdrawal gives %+v", got)
	}
	operatorGains := gain
	operatorGains.Role = waymark.Operator
	replace := `permit (principal in Waymark::Member::"auditor", action, resource) when { principal.role == "operator" && resource is Waymark::Telemetry && context.dataClass == "condition" };`
	if got := dry(admin, func(r *waymark.DryRunRequest) { r.Put = put("p1", replace) }); !slices.Equal(got, []waymark.AccessChange{operatorGains, loss}) {
		t.Errorf("replacement gives %+v", got)
	}
	// A forbid takes only what the owner gives; the parties keep what the baseline gives.
	if got := dry(admin, func(r *waymark.DryRunRequest) { r.Put = put("no", "forbid (principal, action, resource);") }); !slices.Equal(got, []waymark.AccessChange{loss}) {
		t.Errorf("a forbid gives %+v", got)
	}
	all := dry(admin, func(r *waymark.DryRunRequest) { r.Put = put("all", "permit (principal, action, resource);") })
	if !slices.IsSortedFunc(all, func(a, b waymark.AccessChange) int {
		return slices.Compare([]string{a.Member, string(a.Role)}, []string{b.Member, string(b.Role)})
	}) || len(all) == 0 {
		t.Errorf("everything gives %+v", all)
	}
	for _, a := range all {
		if a.Member == "producer" && a.Role == waymark.Operator || !a.Gains {
			t.Errorf("gained what it has: %+v", a)
		}
	}

	// What ends with a withdrawal by cascade is told, to the author of a delegated one too.
	carrier := c.As("carrier", waymark.Admin)
	scenario.Must(c, admin, policy.Put, waymark.PutPolicyRequest{ID: "p2", Text: grants("retailer"), Delegable: true})
	scenario.Must(c, c.As("retailer", waymark.Admin), policy.Delegate, waymark.DelegatePolicyRequest{Owner: "producer", ID: "d1",
		From: waymark.PolicyRef{Author: "producer", ID: "p2"}, Text: grants("auditor")})
	lost := dry(admin, func(r *waymark.DryRunRequest) { r.Withdraw.ID = "p2" })
	if !slices.ContainsFunc(lost, func(a waymark.AccessChange) bool { return a.Member == "auditor" && !a.Gains }) {
		t.Errorf("the cascade gives %+v", lost)
	}
	if got := dry(c.As("retailer", waymark.Admin), func(r *waymark.DryRunRequest) { r.Withdraw = waymark.DryRunWithdrawal{ID: "d1", Owner: "producer"} }); len(got) == 0 {
		t.Error("the author's withdrawal changes nothing")
	}

	refuse := func(by ledger.Caller, code waymark.Code, change func(*waymark.DryRunRequest)) {
		t.Helper()
		r := on
		change(&r)
		scenario.Refused(c, by, policy.DryRun, r, code, "")
	}
	refuse(c.As("producer", waymark.Operator), waymark.Forbidden, withdraw)
	refuse(carrier, waymark.NotFound, withdraw)
	refuse(carrier, waymark.Forbidden, func(r *waymark.DryRunRequest) {
		r.Withdraw = waymark.DryRunWithdrawal{ID: "d1", Owner: "producer", Author: "retailer"}
	})
	refuse(carrier, waymark.Invalid, func(r *waymark.DryRunRequest) { r.Put = put("p1", reads) }) // nothing of its own
	refuse(admin, waymark.Invalid, func(r *waymark.DryRunRequest) { r.Put = put("p1", "permit") })
	refuse(admin, waymark.Invalid, func(r *waymark.DryRunRequest) { r.Put, r.Devices = put("p1", reads), []string{"logger-c"} })
	refuse(admin, waymark.NotFound, func(r *waymark.DryRunRequest) { r.Put, r.Devices = put("p1", reads), []string{"logger-9"} })
	refuse(admin, waymark.NotFound, func(r *waymark.DryRunRequest) { r.Put, r.Shipments = put("p1", reads), []string{"s9"} })
	for n := range waymark.MaxDryRunMembers {
		fill(t, c, ledger.MemberKey(fmt.Sprintf("m%d", n)), waymark.Member{ID: fmt.Sprintf("m%d", n)})
	}
	refuse(admin, waymark.ResourceExhausted, withdraw)
}

// TestDryRunIsBounded: what is more than can be shown is said to be more.
func TestDryRunIsBounded(t *testing.T) {
	c := scenario.New(t)
	r := waymark.DryRunRequest{Put: put("all", "permit (principal, action, resource);")}
	for n := range waymark.MaxDryRunResources {
		id := fmt.Sprintf("d%d", n)
		fill(t, c, ledger.DeviceKey(id), waymark.Device{ID: id, Owner: "producer", State: waymark.DeviceActive})
		r.Devices = append(r.Devices, id)
	}
	run := scenario.Must(c, c.As("producer", waymark.Admin), policy.DryRun, r)
	if len(run.Changes) != waymark.MaxDryRunChanges || !run.More {
		t.Errorf("%d changes, more %v", len(run.Changes), run.More)
	}
}

// A dry run that would keep an endorser busy is refused before it begins.
func TestDryRunsAreBounded(t *testing.T) {
	c := world(t)
	admin := c.As("producer", waymark.Admin)
	request := waymark.DryRunRequest{Put: put("p", "permit (principal, action, resource);")}
	for i := range waymark.MaxDryRunResources {
		id := fmt.Sprint("fleet-", i)
		c.Device(id, "producer")
		request.Devices = append(request.Devices, id)
	}
	scenario.Must(c, admin, policy.DryRun, request)
	for i := range waymark.MaxOwnPolicies - 1 {
		scenario.Must(c, admin, policy.Put, put(fmt.Sprint("q", i), "forbid (principal, action, resource);"))
	}
	scenario.Refused(c, admin, policy.DryRun, request, waymark.ResourceExhausted, "")
}
