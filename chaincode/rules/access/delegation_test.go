package access

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

var everyone = []string{"producer", "carrier", "retailer", "auditor"}

// drawText draws a policy for some members under some conditions, a few of which fail
// when they are evaluated.
func drawText(t *rapid.T, effect string) string {
	conditions := []string{
		"true", "true", "true", "true", `principal.role == "viewer"`, `principal.role != "relay"`, `principal.app == ""`, `principal.app == "dashboard"`,
		`context.dataClass == "condition"`, `context.purpose == "claim"`, `context.time < datetime("2026-06-01")`,
		`resource has custodian && principal in resource.custodian`, `resource.model == "TL-20"`,
		`principal.role != "viewer" || 9223372036854775807 + 1 > 0`,
	}
	scope := "principal"
	if m := rapid.SampledFrom(append([]string{""}, everyone...)).Draw(t, "member"); m != "" {
		scope = fmt.Sprintf(`principal in Waymark::Member::"%s"`, m)
	}
	annotation := ""
	if n := rapid.IntRange(0, 3).Draw(t, "retain"); n > 0 && effect == "permit" {
		annotation = fmt.Sprintf(`@retain("P%dD") `, n)
	}
	return fmt.Sprintf(`%s%s (%s, action == Waymark::Action::"ReadTelemetry", resource) when { %s } when { %s };`, annotation, effect, scope,
		rapid.SampledFrom(conditions).Draw(t, "when"), rapid.SampledFrom(conditions).Draw(t, "and"))
}

// drawPolicies draws policies about the producer's resources: its own, and delegated
// ones from any other, whatever it is.
func drawPolicies(t *rapid.T) []waymark.Policy {
	var all []waymark.Policy
	add := func(p waymark.Policy) {
		p.Owner, p.ID = "producer", fmt.Sprintf("p%d", len(all))
		p.State = rapid.SampledFrom([]waymark.PolicyState{waymark.PolicyActive, waymark.PolicyActive, waymark.PolicyActive, waymark.PolicyWithdrawn}).Draw(t, "state")
		p.Delegable = rapid.IntRange(0, 3).Draw(t, "delegable") > 0
		all = append(all, p)
	}
	for range rapid.IntRange(1, 3).Draw(t, "own") {
		add(waymark.Policy{Author: "producer", Text: drawText(t, rapid.SampledFrom([]string{"permit", "permit", "permit", "forbid"}).Draw(t, "effect"))})
	}
	for range rapid.IntRange(0, 8).Draw(t, "delegated") {
		from := rapid.SampledFrom(all).Draw(t, "from")
		author := rapid.SampledFrom(everyone[1:]).Draw(t, "author")
		for _, member := range everyone[1:] { // mostly who is granted something
			if strings.Contains(from.Text, `"`+member+`"`) && rapid.IntRange(0, 3).Draw(t, "granted") > 0 {
				author = member
			}
		}
		add(waymark.Policy{Author: author, From: from.Ref(), Text: drawText(t, "permit")})
	}
	if len(all) > 2 && rapid.Bool().Draw(t, "circle") { // one that was replaced can come from a later one
		i := len(all) - 2
		if all[i].Author != "producer" {
			all[i].From = all[len(all)-1].Ref()
		}
	}
	return all
}

// requests are those of everybody in every role, through an application or none, for
// a purpose or none, for each class and for all.
func requests(custodian string) []Request {
	var all []Request
	for n := range len(everyone) * len(waymark.Roles()) * 2 * 2 * 3 {
		r := askTelemetry("")
		r.Resource = Telemetry(waymark.Device{ID: "logger-1", Owner: "producer", Model: "TL-20"}, "", Witnessed{Shipment: "s1", Custodian: custodian}, nil)
		pick := func(values ...string) string {
			value := values[n%len(values)]
			n /= len(values)
			return value
		}
		r.Context.DataClass = waymark.DataClass(pick("", "condition", "location"))
		r.Context.Purpose = pick("", "claim")
		app, who := pick("", "dashboard"), pick(everyone...)
		r.Principal = Caller(ledger.Caller{Member: who, Role: waymark.Roles()[n], App: app})
		all = append(all, r)
	}
	return all
}

func drawRequests(t *rapid.T) []Request {
	return requests(rapid.SampledFrom(everyone).Draw(t, "custodian"))
}

// by are the policies that members of whom a condition holds wrote.
func by(policies []waymark.Policy, holds func(waymark.Policy) bool) []waymark.Policy {
	return slices.DeleteFunc(slices.Clone(policies), func(p waymark.Policy) bool { return !holds(p) })
}

// TestDelegationNeverWidens: whatever policies there are, who is allowed by a delegated
// one alone is allowed nothing that its author is not, by what it passes on from; and
// with the obligations of both.
func TestDelegationNeverWidens(t *testing.T) {
	allowed := 0
	rapid.Check(t, func(t *rapid.T) {
		policies := drawPolicies(t)
		all := NewGrants("producer", policies)
		own := NewGrants("producer", by(policies, func(p waymark.Policy) bool { return p.Author == "producer" }))
		for _, r := range drawRequests(t) {
			if _, silent := judge(r); !silent {
				continue
			}
			d, alone := all.decide(r), own.decide(r)
			switch {
			case alone.Allowed && !d.Allowed:
				t.Fatalf("delegated policies took away what the owner grants: %+v", d)
			case !alone.Allowed && d.Allowed:
				allowed++
				checkDelegated(t, policies, r, d)
			}
		}
	})
	if allowed == 0 {
		t.Error("no request was allowed by a delegated policy alone")
	}
}

// checkDelegated checks each policy that decided. What an author is granted is found
// without what it wrote itself.
func checkDelegated(t *rapid.T, policies []waymark.Policy, r Request, d waymark.Decision) {
	for _, p := range policies {
		if !slices.Contains(d.Reasons, policyName(p.Ref())) {
			continue
		}
		_, obligations, err := parse(p.ID, p.Text)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range obligations {
			if !slices.Contains(d.Obligations, o) {
				t.Fatalf("%v of %s is not among %v", o, policyName(p.Ref()), d.Obligations)
			}
		}
		if p.Author == "producer" {
			continue
		}
		author := r
		author.Principal = Caller(ledger.Caller{Member: p.Author, Role: waymark.Role(r.Principal.attribute("role"))})
		others := NewGrants("producer", by(policies, func(o waymark.Policy) bool { return o.Ref() != p.Ref() }))
		granted := others.decide(author)
		if !granted.Allowed || !slices.Contains(granted.Reasons, policyName(p.From)) || !slices.Contains(d.Reasons, policyName(p.From)) {
			t.Fatalf("%s permits what its author is not granted by %v: %+v", policyName(p.Ref()), p.From, granted)
		}
	}
}

// TestWithoutTheOwnerNothing: what an owner withdraws ends, whatever others wrote.
func TestWithoutTheOwnerNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		others := NewGrants("producer", by(drawPolicies(t), func(p waymark.Policy) bool { return p.Author != "producer" }))
		for _, r := range drawRequests(t) {
			if d := others.decide(r); d.Allowed {
				t.Fatalf("allowed %+v", d)
			}
		}
	})
}

// TestOtherOwnersHaveNoPart: policies about others' resources change no decision.
func TestOtherOwnersHaveNoPart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		policies, foreign := drawPolicies(t), drawPolicies(t)
		for i := range foreign {
			foreign[i].Owner = "carrier"
		}
		one, other := NewGrants("producer", policies), NewGrants("producer", append(foreign, policies...))
		for _, r := range drawRequests(t) {
			if want, got := one.Decide(r), other.Decide(r); !reflect.DeepEqual(want, got) {
				t.Fatalf("decided %+v, with foreign policies %+v", want, got)
			}
		}
	})
}
