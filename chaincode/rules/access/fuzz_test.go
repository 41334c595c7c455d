package access

import (
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// FuzzCheckPolicy: no text ends the process or is refused with another code than
// Invalid, and what is accepted decides the same every time.
func FuzzCheckPolicy(f *testing.F) {
	for _, text := range []string{
		"permit (principal, action, resource);",
		`@redact("location") permit (principal in Waymark::Member::"a", action == Waymark::Action::"ReadTelemetry", resource) when { context.dataClass == "condition" };`,
		`forbid (principal, action, resource) unless { resource has custodian && resource.custodian == principal.member };`,
		"permit (principal, action, resource) when { !!(1 - -1 < 2) };", "permit (principal == ?principal, action, resource);",
		`permit (principal, action, resource) when { if true then {a: [1, "\u{1F600}"]}["a"].contains("x") else "a" like "*\*" };`,
		"/* permit", `"`, "((((", "@a @b(\"\") permit", "permit (principal, action, resource); // \xff",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > waymark.MaxPolicyBytes {
			return
		}
		if err := CheckPolicy("p", text, false, false); err != nil {
			if e := waymark.AsError(err); e.Code != waymark.Invalid || e.Field != "/text" {
				t.Fatalf("refused with %v", err)
			}
			return
		}
		policy := waymark.Policy{ID: "p", Owner: "producer", Author: "producer", Text: text, State: waymark.PolicyActive}
		one, other := Decide(askTelemetry("auditor"), []waymark.Policy{policy}), Decide(askTelemetry("auditor"), []waymark.Policy{policy})
		if one.Allowed != other.Allowed || len(one.Reasons) != 1 || one.Reasons[0] != other.Reasons[0] {
			t.Fatalf("%+v and %+v", one, other)
		}
	})
}
