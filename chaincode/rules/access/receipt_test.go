package access

import (
	"slices"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// receiptOf is the receipt of a vector's decision, and the texts it needs.
func receiptOf(t *testing.T, v vector) (waymark.DecisionReceipt, []string) {
	t.Helper()
	q, policies, texts := v.request(), v.policies(), []string{}
	if q.Context.Holds == nil {
		q.Context.Holds = []string{}
	}
	if _, silent := judge(q); !silent {
		policies = nil
	}
	policies = slices.DeleteFunc(policies, func(p waymark.Policy) bool { return p.Owner != q.Resource.Owner() }) // as Ask scans
	for i := range policies {
		policies[i].SHA256, policies[i].Version = hexSHA256(policies[i].Text), 1
		texts = append(texts, policies[i].Text)
	}
	r, err := NewReceipt(ledger.Tx{ID: "t"}, q, Decide(q, policies), policies)
	if err != nil {
		t.Fatal(err)
	}
	return *r, texts
}

// TestEveryDecisionCanBeReplayed takes the vectors for all kinds of decisions.
func TestEveryDecisionCanBeReplayed(t *testing.T) {
	for i, v := range vectors(t) {
		r, texts := receiptOf(t, v)
		if err := Replay(r, append(texts, "another text")); err != nil {
			t.Errorf("case %d: %v", i, err)
		}
	}
}

func TestReceiptsThatWereChanged(t *testing.T) {
	all := vectors(t)
	i := slices.IndexFunc(all, func(v vector) bool { return len(v.Policies) == 2 && v.Allowed && v.Policies[1].From.ID != "" })
	baselineOnly, _ := receiptOf(t, all[0])
	tests := map[string]struct {
		change func(*waymark.DecisionReceipt, *[]string)
		says   string
	}{
		"baseline":      {func(r *waymark.DecisionReceipt, _ *[]string) { r.Baseline = strings.Repeat("0", 64) }, "another baseline"},
		"policy set":    {func(r *waymark.DecisionReceipt, _ *[]string) { r.PolicySet = strings.Repeat("0", 64) }, "have the hash"},
		"a version":     {func(r *waymark.DecisionReceipt, _ *[]string) { r.Policies[0].Version++ }, "have the hash"},
		"delegable":     {func(r *waymark.DecisionReceipt, _ *[]string) { r.Policies[0].Delegable = false }, "have the hash"},
		"a policy less": {func(r *waymark.DecisionReceipt, _ *[]string) { r.Policies = r.Policies[:1] }, "have the hash"},
		"a policy less, hashed anew": {func(r *waymark.DecisionReceipt, _ *[]string) {
			r.Policies = r.Policies[:1]
			r.PolicySet, _ = policySet(r)
		}, "the decision is"},
		"no texts": {func(_ *waymark.DecisionReceipt, texts *[]string) { *texts = nil }, "no text has"},
		"a text":   {func(_ *waymark.DecisionReceipt, texts *[]string) { (*texts)[0] += " " }, "no text has"},
		"entities": {func(r *waymark.DecisionReceipt, _ *[]string) {
			r.Entities = strings.Replace(r.Entities, "viewer", "admin", 1)
		}, "have the hash"},
		"entities, hashed anew": {func(r *waymark.DecisionReceipt, _ *[]string) {
			r.Entities = strings.ReplaceAll(r.Entities, `"s1"`, `"s2"`) + " "
			r.EntitiesSHA256 = hexSHA256(r.Entities)
		}, "canonical"},
		"entities that are none": {func(r *waymark.DecisionReceipt, _ *[]string) {
			r.Entities, r.EntitiesSHA256 = "{", hexSHA256("{")
		}, "read entities"},
		"an entity of another": {func(r *waymark.DecisionReceipt, _ *[]string) { r.Principal.ID = "auditor/admin" }, "hold no"},
		"purpose and class":    {func(r *waymark.DecisionReceipt, _ *[]string) { r.Context.DataClass = waymark.ClassLocation }, "the decision is"},
		"action":               {func(r *waymark.DecisionReceipt, _ *[]string) { r.Action = waymark.ActReadShipment }, "the decision is"},
		"the answer":           {func(r *waymark.DecisionReceipt, _ *[]string) { r.Decision.Allowed = false }, "the decision is"},
		"a reason":             {func(r *waymark.DecisionReceipt, _ *[]string) { r.Decision.Reasons = []string{"producer/x"} }, "the decision is"},
		"an obligation":        {func(r *waymark.DecisionReceipt, _ *[]string) { r.Decision.Obligations = []waymark.Obligation{} }, "the decision is"},
		"another decision": {func(r *waymark.DecisionReceipt, _ *[]string) {
			policies, set := r.Policies, ""
			*r = baselineOnly
			r.Policies = policies
			set, _ = policySet(r)
			r.PolicySet = set
		}, "decides alone"},
	}
	for name, test := range tests {
		r, texts := receiptOf(t, all[i])
		r.Policies, r.Decision.Obligations = slices.Clone(r.Policies), slices.Clone(r.Decision.Obligations)
		test.change(&r, &texts)
		if err := Replay(r, texts); err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
