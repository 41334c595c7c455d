package policy_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/policy"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// grants is a policy that lets a member read telemetry.
func grants(member string) string {
	return fmt.Sprintf(`permit (principal in Waymark::Member::%q, action == Waymark::Action::"ReadTelemetry", resource);`, member)
}

func put(id, text string) waymark.PutPolicyRequest {
	return waymark.PutPolicyRequest{ID: id, Text: text}
}

// unchanged runs f and checks that it changes nothing.
func unchanged(t *testing.T, c *scenario.Consortium, f func()) {
	t.Helper()
	keys, before := len(c.World.Keys()), string(c.World.Value("policy/producer/producer/p1"))
	f()
	if len(c.World.Keys()) != keys || string(c.World.Value("policy/producer/producer/p1")) != before {
		t.Error("the ledger changed")
	}
}

func TestPolicyLifecycle(t *testing.T) {
	c := scenario.New(t)
	admin := c.As("producer", waymark.Admin)
	first := scenario.Must(c, admin, policy.Put, put("p1", grants("auditor")))
	if first.Version != 1 || first.Owner != "producer" || first.Author != "producer" || first.State != waymark.PolicyActive || len(first.SHA256) != 64 {
		t.Fatalf("put %+v", first)
	}
	unchanged(t, c, func() {
		if again := scenario.Must(c, admin, policy.Put, put("p1", grants("auditor"))); *again != *first {
			t.Errorf("again %+v", again)
		}
	})
	c.Now = c.Now.Add(time.Minute)
	if second := scenario.Must(c, admin, policy.Put, put("p1", grants("retailer"))); second.Version != 2 || second.Created != first.Created || second.Changed == first.Changed || second.SHA256 == first.SHA256 {
		t.Errorf("replaced by %+v", second)
	}
	if third := scenario.Must(c, admin, policy.Put, waymark.PutPolicyRequest{ID: "p1", Text: grants("retailer"), Delegable: true}); third.Version != 3 || !third.Delegable {
		t.Errorf("made delegable %+v", third)
	}
	withdraw := waymark.WithdrawPolicyRequest{ID: "p1", Reason: "over"}
	gone := scenario.Must(c, admin, policy.Withdraw, withdraw)
	if gone.State != waymark.PolicyWithdrawn || gone.Reason != "over" || gone.Version != 4 {
		t.Errorf("withdrawn %+v", gone)
	}
	unchanged(t, c, func() {
		if again := scenario.Must(c, admin, policy.Withdraw, withdraw); *again != *gone {
			t.Errorf("again %+v", again)
		}
	})
	if back := scenario.Must(c, admin, policy.Put, put("p1", grants("retailer"))); back.State != waymark.PolicyActive || back.Version != 5 || back.Reason != "" {
		t.Errorf("put back %+v", back)
	}
	viewer, query := c.As("auditor", waymark.Viewer), waymark.PolicyQuery{Owner: "producer", Author: "producer", ID: "p1"}
	history := scenario.Must(c, viewer, policy.History, query)
	if len(history.Versions) != 5 || history.Versions[0].Text != grants("auditor") || history.Versions[3].State != waymark.PolicyWithdrawn {
		t.Errorf("history %+v", history)
	}
	if got := scenario.Must(c, viewer, policy.Get, query); got.Version != 5 {
		t.Errorf("got %+v", got)
	}
	scenario.Must(c, admin, policy.Put, put("p0", grants("carrier")))
	if list := scenario.Must(c, viewer, policy.List, waymark.PoliciesQuery{Owner: "producer"}); len(list.Policies) != 2 || list.Policies[0].ID != "p0" {
		t.Errorf("list %+v", list)
	}
	if list := scenario.Must(c, viewer, policy.List, waymark.PoliciesQuery{}); list.Owner != "auditor" || len(list.Policies) != 0 {
		t.Errorf("list of the auditor's %+v", list)
	}
}

func TestWhoMayWritePolicies(t *testing.T) {
	c := scenario.New(t)
	scenario.Must(c, c.As("producer", waymark.Admin), policy.Put, waymark.PutPolicyRequest{ID: "p1", Text: grants("carrier"), Delegable: true})
	delegate := waymark.DelegatePolicyRequest{Owner: "producer", From: waymark.PolicyRef{Author: "producer", ID: "p1"}, ID: "d1", Text: grants("auditor")}
	scenario.Must(c, c.As("carrier", waymark.Admin), policy.Delegate, delegate)
	for _, role := range []waymark.Role{waymark.Operator, waymark.Viewer, waymark.Relay, ""} {
		scenario.Refused(c, c.As("producer", role), policy.Put, put("p2", grants("carrier")), waymark.Forbidden, waymark.DefaultDeny)
		scenario.Refused(c, c.As("carrier", role), policy.Delegate, delegate, waymark.Forbidden, waymark.DefaultDeny)
		scenario.Refused(c, c.As("producer", role), policy.Withdraw, waymark.WithdrawPolicyRequest{ID: "p1", Reason: "x"}, waymark.Forbidden, waymark.DefaultDeny)
	}
	scenario.Refused(c, c.As("stranger", waymark.Admin), policy.Put, put("p2", grants("carrier")), waymark.NotFound, "")
	scenario.Refused(c, c.As("a/b", waymark.Admin), policy.Put, put("p2", grants("carrier")), waymark.Invalid, "")
	admin := c.As("producer", waymark.Admin)
	scenario.Refused(c, admin, policy.Put, put("p2", "permit everything"), waymark.Invalid, "")
	scenario.Refused(c, admin, policy.Put, waymark.PutPolicyRequest{ID: "p2", Text: "forbid (principal, action, resource);", Delegable: true}, waymark.Invalid, "")

	theirs := waymark.WithdrawPolicyRequest{ID: "d1", Owner: "producer", Author: "carrier", Reason: "x"}
	for _, member := range []string{"retailer", "auditor"} {
		scenario.Refused(c, c.As(member, waymark.Admin), policy.Withdraw, theirs, waymark.Forbidden, waymark.DefaultDeny)
	}
	scenario.Refused(c, c.As("carrier", waymark.Admin), policy.Withdraw, waymark.WithdrawPolicyRequest{ID: "p1", Owner: "producer", Author: "producer", Reason: "x"}, waymark.Forbidden, waymark.DefaultDeny)
	scenario.Refused(c, admin, policy.Withdraw, waymark.WithdrawPolicyRequest{ID: "p9", Reason: "x"}, waymark.NotFound, "")
	scenario.Refused(c, c.As("a/b", waymark.Admin), policy.Withdraw, waymark.WithdrawPolicyRequest{ID: "p9", Reason: "x"}, waymark.Invalid, "")
	scenario.Must(c, admin, policy.Withdraw, theirs) // the owner, what is about its resources
	scenario.Must(c, c.As("carrier", waymark.Admin), policy.Delegate, delegate)
	scenario.Must(c, c.As("carrier", waymark.Admin), policy.Withdraw, waymark.WithdrawPolicyRequest{ID: "d1", Owner: "producer", Reason: "x"})

	nobody := c.As("producer", "")
	query := waymark.PolicyQuery{Owner: "producer", Author: "producer", ID: "p1"}
	scenario.Refused(c, nobody, policy.Get, query, waymark.Forbidden, waymark.DefaultDeny)
	scenario.Refused(c, nobody, policy.History, query, waymark.Forbidden, waymark.DefaultDeny)
	scenario.Refused(c, nobody, policy.List, waymark.PoliciesQuery{}, waymark.Forbidden, waymark.DefaultDeny)
	scenario.Refused(c, c.As("a/b", waymark.Viewer), policy.List, waymark.PoliciesQuery{}, waymark.Invalid, "")
	scenario.Refused(c, admin, policy.Get, waymark.PolicyQuery{Owner: "producer", Author: "producer", ID: "p9"}, waymark.NotFound, "")
	scenario.Refused(c, admin, policy.History, waymark.PolicyQuery{Owner: "producer", Author: "producer", ID: "p9"}, waymark.NotFound, "")
	if _, err := policy.Templates(c.World.Begin(c.Tx(nobody))); waymark.CodeOf(err) != waymark.Forbidden {
		t.Errorf("templates: %v", err)
	}
}

// TestRoomForPolicies: an author has its number of ids, all delegated ones together
// have theirs, and none of them takes room from the owner.
func TestRoomForPolicies(t *testing.T) {
	c := scenario.New(t)
	admin := c.As("producer", waymark.Admin)
	for i := range waymark.MaxOwnPolicies {
		scenario.Must(c, admin, policy.Put, waymark.PutPolicyRequest{ID: fmt.Sprintf("p%d", i), Text: grants("carrier"), Delegable: true})
	}
	scenario.Refused(c, admin, policy.Put, put("more", grants("carrier")), waymark.FailedPrecondition, waymark.ReasonLimit)
	scenario.Must(c, admin, policy.Put, put("p0", grants("auditor")))
	scenario.Must(c, admin, policy.Withdraw, waymark.WithdrawPolicyRequest{ID: "p0", Reason: "x"})
	scenario.Refused(c, admin, policy.Put, put("more", grants("carrier")), waymark.FailedPrecondition, waymark.ReasonLimit)

	delegation := func(i int) waymark.DelegatePolicyRequest {
		return waymark.DelegatePolicyRequest{Owner: "producer", From: waymark.PolicyRef{Author: "producer", ID: "p1"}, ID: fmt.Sprintf("d%d", i), Text: grants("auditor")}
	}
	carrier := c.As("carrier", waymark.Admin)
	for n := waymark.MaxAuthorPolicies; n < waymark.MaxDelegated; n++ { // by members of other records, in an earlier version
		fill(t, c, ledger.PolicyKey("producer", fmt.Sprintf("m%d", n), "d"), waymark.Policy{Owner: "producer", Author: fmt.Sprintf("m%d", n), ID: "d"})
	}
	for i := range waymark.MaxAuthorPolicies {
		scenario.Must(c, carrier, policy.Delegate, delegation(i))
	}
	scenario.Refused(c, carrier, policy.Delegate, delegation(waymark.MaxAuthorPolicies), waymark.FailedPrecondition, waymark.ReasonLimit)
	scenario.Refused(c, c.As("retailer", waymark.Admin), policy.Delegate, delegation(1), waymark.FailedPrecondition, waymark.ReasonLimit)
	if list := scenario.Must(c, admin, policy.List, waymark.PoliciesQuery{}); len(list.Policies) != waymark.MaxOwnPolicies+waymark.MaxDelegated {
		t.Errorf("%d policies", len(list.Policies))
	}
	c.Device("logger-1", "producer")
	if d := scenario.Must(c, c.As("carrier", waymark.Viewer), policy.Check, waymark.CheckRequest{Action: waymark.ActReadTelemetry, Device: "logger-1"}); !d.Allowed || len(d.Reasons) != waymark.MaxOwnPolicies-1 {
		t.Errorf("decided %+v", d)
	}
}

// fill writes a record past the rules.
func fill[T any](t *testing.T, c *scenario.Consortium, key ledger.Key, record T) {
	t.Helper()
	if _, err := c.World.Submit(ledger.Tx{}, func(l ledger.Ledger) error { return ledger.Save(l, key, &record) }); err != nil {
		t.Fatal(err)
	}
}

func TestLedgerFailures(t *testing.T) {
	c := world(t)
	admin, carrier := c.As("producer", waymark.Admin), c.As("carrier", waymark.Admin)
	scenario.Must(c, admin, policy.Put, waymark.PutPolicyRequest{ID: "p1", Text: grants("carrier"), Delegable: true})
	delegate := waymark.DelegatePolicyRequest{Owner: "producer", From: waymark.PolicyRef{Author: "producer", ID: "p1"}, ID: "d1", Text: grants("auditor")}
	query := waymark.PolicyQuery{Owner: "producer", Author: "producer", ID: "p1"}
	telemetry := waymark.CheckRequest{Action: waymark.ActReadTelemetry, Device: "logger-1", Principal: waymark.Principal{Member: "auditor", Role: waymark.Viewer}}
	past := telemetry
	past.Shipment = "s1"
	scenario.Sweep(c, admin, policy.Put, put("p2", grants("auditor")))
	scenario.Sweep(c, admin, policy.Put, put("p1", grants("auditor")))
	scenario.Sweep(c, carrier, policy.Delegate, delegate)
	scenario.Sweep(c, admin, policy.Withdraw, waymark.WithdrawPolicyRequest{ID: "p1", Reason: "over"})
	scenario.Sweep(c, admin, policy.Get, query)
	scenario.Sweep(c, admin, policy.History, query)
	scenario.Sweep(c, admin, policy.List, waymark.PoliciesQuery{})
	scenario.Sweep(c, admin, policy.Check, telemetry)
	scenario.Sweep(c, admin, policy.Check, past)
	scenario.Sweep(c, admin, policy.Check, waymark.CheckRequest{Action: waymark.ActCommandDevice, Device: "logger-1"})
	scenario.Sweep(c, admin, policy.Authorize, telemetry)
	r := scenario.Must(c, admin, policy.Authorize, telemetry)
	scenario.Sweep(c, admin, policy.Receipt, waymark.ReceiptQuery{TxID: r.TxID})
	scenario.Sweep(c, admin, policy.DryRun, waymark.DryRunRequest{Put: put("p2", grants("auditor")), Devices: []string{"logger-1"}, Shipments: []string{"s1"}})
	scenario.Sweep(c, admin, policy.DryRun, waymark.DryRunRequest{Withdraw: waymark.DryRunWithdrawal{ID: "p1"}, Devices: []string{"logger-1"}})
}
