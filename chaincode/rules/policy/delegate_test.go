package policy_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/rules/policy"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// chained is a consortium in which the producer grants the retailer, which passes it
// on to the auditor.
func chained(t *testing.T) (*scenario.Consortium, waymark.DelegatePolicyRequest) {
	t.Helper()
	c := scenario.New(t)
	c.Device("logger-1", "producer")
	scenario.Must(c, c.As("producer", waymark.Admin), policy.Put, waymark.PutPolicyRequest{ID: "p1", Text: "@retain(\"P9D\")\n" + grants("retailer"), Delegable: true})
	delegate := waymark.DelegatePolicyRequest{Owner: "producer", From: waymark.PolicyRef{Author: "producer", ID: "p1"}, ID: "d1", Text: grants("auditor"), Delegable: true}
	scenario.Must(c, c.As("retailer", waymark.Admin), policy.Delegate, delegate)
	return c, delegate
}

// decided is what the policies answer to a viewer.
func decided(c *scenario.Consortium, member string) *waymark.Decision {
	return scenario.Must(c, c.As(member, waymark.Viewer), policy.Check, waymark.CheckRequest{Action: waymark.ActReadTelemetry, Device: "logger-1"})
}

func TestDelegation(t *testing.T) {
	c, delegate := chained(t)
	d := decided(c, "auditor")
	if !d.Allowed || !slices.Equal(d.Reasons, []string{"producer/p1", "retailer/d1"}) || len(d.Obligations) != 1 {
		t.Errorf("decided %+v", d)
	}
	query := waymark.PolicyQuery{Owner: "producer", Author: "retailer", ID: "d1"}
	first := scenario.Must(c, c.As("carrier", waymark.Viewer), policy.Get, query)
	if again := scenario.Must(c, c.As("retailer", waymark.Admin), policy.Delegate, delegate); *again != *first || first.Version != 1 || first.From != delegate.From {
		t.Errorf("first %+v, again %+v", first, again)
	}
	delegate.Delegable = false
	if next := scenario.Must(c, c.As("retailer", waymark.Admin), policy.Delegate, delegate); next.Version != 2 {
		t.Errorf("replaced by %+v", next)
	}
}

// TestWithdrawalCascades: whatever ends what was granted ends what was passed on.
func TestWithdrawalCascades(t *testing.T) {
	for name, end := range map[string]func(*scenario.Consortium){
		"withdrawn": func(c *scenario.Consortium) {
			scenario.Must(c, c.As("producer", waymark.Admin), policy.Withdraw, waymark.WithdrawPolicyRequest{ID: "p1", Reason: "over"})
		},
		"replaced": func(c *scenario.Consortium) {
			scenario.Must(c, c.As("producer", waymark.Admin), policy.Put, waymark.PutPolicyRequest{ID: "p1", Text: grants("carrier"), Delegable: true})
		},
		"no longer delegable": func(c *scenario.Consortium) {
			scenario.Must(c, c.As("producer", waymark.Admin), policy.Put, put("p1", grants("retailer")))
		},
		"its author forbidden": func(c *scenario.Consortium) {
			scenario.Must(c, c.As("producer", waymark.Admin), policy.Put, put("no", `forbid (principal in Waymark::Member::"retailer", action, resource);`))
		},
		"withdrawn by the owner": func(c *scenario.Consortium) {
			scenario.Must(c, c.As("producer", waymark.Admin), policy.Withdraw, waymark.WithdrawPolicyRequest{ID: "d1", Author: "retailer", Reason: "over"})
		},
	} {
		c, _ := chained(t)
		end(c)
		if d := decided(c, "auditor"); d.Allowed || !slices.Equal(d.Reasons, []string{waymark.DefaultDeny}) {
			t.Errorf("%s: %+v", name, d)
		}
	}
}

func TestDelegationsThatMayNotBe(t *testing.T) {
	c, good := chained(t)
	retailer, auditor := c.As("retailer", waymark.Admin), c.As("auditor", waymark.Admin)
	scenario.Must(c, c.As("producer", waymark.Admin), policy.Put, put("private", grants("retailer")))
	for name, test := range map[string]struct {
		change func(*waymark.DelegatePolicyRequest)
		code   waymark.Code
		reason string
	}{
		"of its own":         {func(r *waymark.DelegatePolicyRequest) { r.Owner = "retailer" }, waymark.Invalid, ""},
		"of a stranger's":    {func(r *waymark.DelegatePolicyRequest) { r.Owner = "stranger" }, waymark.NotFound, ""},
		"of nothing":         {func(r *waymark.DelegatePolicyRequest) { r.ID, r.From.ID = "d2", "p9" }, waymark.NotFound, ""},
		"of another owner's": {func(r *waymark.DelegatePolicyRequest) { r.Owner, r.ID = "carrier", "d2" }, waymark.NotFound, ""},
		"not delegable":      {func(r *waymark.DelegatePolicyRequest) { r.ID, r.From.ID = "d2", "private" }, waymark.FailedPrecondition, waymark.ReasonDelegation},
		"a forbid":           {func(r *waymark.DelegatePolicyRequest) { r.Text = "forbid (principal, action, resource);" }, waymark.Invalid, ""},
		"of itself":          {func(r *waymark.DelegatePolicyRequest) { r.From = waymark.PolicyRef{Author: "retailer", ID: "d1"} }, waymark.Invalid, ""},
		"no policy":          {func(r *waymark.DelegatePolicyRequest) { r.Text = "permit" }, waymark.Invalid, ""},
	} {
		r := good
		test.change(&r)
		t.Run(name, func(*testing.T) { scenario.Refused(c, retailer, policy.Delegate, r, test.code, test.reason) })
	}
	// In a circle: the auditor's comes from the retailer's, which then would come from it.
	onward := waymark.DelegatePolicyRequest{Owner: "producer", From: waymark.PolicyRef{Author: "retailer", ID: "d1"}, ID: "a1", Text: grants("carrier"), Delegable: true}
	scenario.Must(c, auditor, policy.Delegate, onward)
	circle := good
	circle.From = waymark.PolicyRef{Author: "auditor", ID: "a1"}
	scenario.Refused(c, retailer, policy.Delegate, circle, waymark.Invalid, "")
	// From what is withdrawn.
	scenario.Must(c, retailer, policy.Withdraw, waymark.WithdrawPolicyRequest{ID: "d1", Owner: "producer", Reason: "over"})
	onward.ID = "a2"
	scenario.Refused(c, auditor, policy.Delegate, onward, waymark.FailedPrecondition, waymark.ReasonDelegation)
}

func TestDelegationsHaveADepth(t *testing.T) {
	c, _ := chained(t)
	for n := 2; n <= waymark.MaxDelegationDepth+1; n++ {
		member := fmt.Sprintf("m%d", n)
		admin := c.As(member, waymark.Admin)
		scenario.Must(c, admin, registry.RegisterMember, waymark.RegisterMemberRequest{ID: member, Name: member})
		from := waymark.PolicyRef{Author: fmt.Sprintf("m%d", n-1), ID: "d"}
		if n == 2 {
			from = waymark.PolicyRef{Author: "retailer", ID: "d1"}
		}
		r := waymark.DelegatePolicyRequest{Owner: "producer", From: from, ID: "d", Text: "permit (principal, action, resource);", Delegable: true}
		if n > waymark.MaxDelegationDepth {
			scenario.Refused(c, admin, policy.Delegate, r, waymark.FailedPrecondition, waymark.ReasonDelegation)
			return
		}
		scenario.Must(c, admin, policy.Delegate, r)
	}
}
