package access

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// when makes a policy with a condition.
func when(condition string) string {
	return "permit (principal, action, resource) when { " + condition + " };"
}

// usedCPU is how long this process has used a processor: what others use of it does not count.
func usedCPU(t *testing.T) time.Duration {
	t.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// fill repeats a part until the policy is as long as it may be.
func fill(format, part string) string {
	n := (waymark.MaxPolicyBytes - len(fmt.Sprintf(format, ""))) / len(part)
	return fmt.Sprintf(format, strings.Repeat(part, n))
}

func TestPoliciesThatMayBe(t *testing.T) {
	for name, text := range map[string]string{
		"all":                        "permit (principal, action, resource);",
		"a forbid":                   "forbid (principal, action, resource);",
		"comments":                   "// permit all(((((\npermit (principal, action, resource); // \"",
		"an id of its own":           `@id("p") permit (principal, action, resource);`,
		"a note":                     `@note("as agreed") permit (principal, action, resource);`,
		"obligations":                `@redact("location") @coarsen("location:2,condition:0") @retain("P30D,2026-12-31T00:00:00Z") permit (principal, action, resource);`,
		"the group":                  `permit (principal, action in Waymark::Action::"Grantable", resource);`,
		"a bracket in a string":      when(`context.purpose == "` + strings.Repeat("(", 250) + `"`),
		"an escaped quote":           when(`context.purpose == "\"(((\\"`),
		"64 brackets in all":         when(strings.Repeat("(", 63) + "true" + strings.Repeat(")", 63)),
		"64 unary operators":         when(strings.Repeat("!", 63) + "true"),
		"brackets one after another": when(strings.TrimSuffix(strings.Repeat("(true) && ", 280), " && ")),
		"differences":                when("1" + strings.Repeat("-1", 500) + " < 0"),
		"paths, not a chain":         when(strings.TrimSuffix(strings.Repeat("principal.member in principal.member || ", 100), " || ")),
		"64 ifs":                     when(strings.Repeat("if true then true else ", 64) + "true"),
		"a class and a time":         when(`context.dataClass == "condition" && context.time < datetime("2026-04-01T00:00:00Z")`),
		"a custodian":                `permit (principal, action in [Waymark::Action::"CommandDevice", Waymark::Action::"ReadTelemetry"], resource) when { resource has custodian && principal in resource.custodian };`,
	} {
		if err := CheckPolicy("p", text, false, false); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestPoliciesThatMayNotBe: each is refused with Invalid that points at the text, in
// the same words every time, and soon.
func TestPoliciesThatMayNotBe(t *testing.T) {
	for name, test := range map[string]struct{ text, says string }{
		"nothing":                          {"", "one statement"},
		"a comment alone":                  {"// permit (principal, action, resource);", "one statement"},
		"two statements":                   {"permit (principal, action, resource); permit (principal, action, resource);", "one statement"},
		"a permit hidden after a comment":  {"forbid (principal, action, resource); // \n permit (principal, action, resource);", "one statement"},
		"prose":                            {"permit everything", "not Cedar"},
		"half":                             {"permit (principal, action, resource)", "not Cedar"},
		"a template":                       {"permit (principal == ?principal, action, resource);", "not Cedar"},
		"a template's resource":            {"permit (principal, action, resource in ?resource);", "not Cedar"},
		"no UTF-8":                         {when("context.purpose == \"\xff\""), "not Cedar"},
		"no UTF-8 outside":                 {"\xff\xfe", "not Cedar"},
		"a string without an end":          {when(`context.purpose == "a`), "does not end"},
		"an escape at the end":             {`@note("\`, "does not end"},
		"a block comment":                  {"/* ( */ permit (principal, action, resource);", "/*"},
		"a block comment without an end":   {"permit (principal, action, resource); /*", "/*"},
		"16 KB of !":                       {fill(when("%s true"), "!"), "nested"},
		"16 KB of -":                       {fill(when("%s 1 < 0"), "-"), "nested"},
		"! and - in turn":                  {fill(when("%s 1"), "!-"), "nested"},
		"! apart":                          {fill(when("%s true"), "! \n"), "nested"},
		"! between comments":               {fill(when("%s true"), "!//\n"), "nested"},
		"! between what is no space":       {fill(when("%s true"), "!\f"), "nested"},
		"16 KB of (":                       {fill("%s", "("), "nested"},
		"16 KB of [":                       {fill(when("%s"), "["), "nested"},
		"16 KB of {":                       {fill(when("%s"), "{a:"), "nested"},
		"brackets of every kind":           {fill(when("%s"), "([{"), "nested"},
		"!( again and again":               {when(strings.Repeat("!(", 33) + "true" + strings.Repeat(")", 33)), "nested"},
		"65 brackets":                      {when(strings.Repeat("(", 64) + "true" + strings.Repeat(")", 64)), "nested"},
		"65 unary operators":               {when(strings.Repeat("!", 64) + "true"), "nested"},
		"a closing bracket more":           {when("true)"), "not Cedar"},
		"16 KB of ifs":                     {fill(when("%s true"), "if "), "ifs"},
		"65 ifs":                           {when(strings.Repeat("if true then true else ", 65) + "true"), "ifs"},
		"a sum without an end":             {fill(when("1%s > 0"), "+1"), "1500 words"},
		"a pattern to match for long":      {when(`(if principal.role == "q" then "x" else "` + strings.Repeat("a", 8000) + `") like "*` + strings.Repeat("a", 4000) + `b"`), "256 bytes"},
		"a chain of has":                   {fill(when("principal has a%s"), ".a"), "chain"},
		"a chain apart":                    {fill(when("principal has a%s"), " . //\n a"), "chain"},
		"another action":                   {`permit (principal, action == Waymark::Action::"ManageDevice", resource);`, `unrecognized action`},
		"an action of nobody's":            {`permit (principal, action == Waymark::Action::"Fly", resource);`, `unrecognized action`},
		"a device that reports":            {`permit (principal is Waymark::Device, action, resource);`, "schema"},
		"another resource":                 {`permit (principal, action, resource is Waymark::Handoff);`, "schema"},
		"an unknown type":                  {`permit (principal in Waymark::Union::"x", action, resource);`, "schema"},
		"an unknown attribute":             {when("principal.salary > 3"), "schema"},
		"an attribute that may be absent":  {`permit (principal, action == Waymark::Action::"CommandDevice", resource) when { principal in resource.custodian };`, "schema"},
		"an attribute of another resource": {when("resource.parties.contains(principal.member)"), "schema"},
		"the context of another action":    {when("context.deviceOwner == principal.member"), "schema"},
		"another type":                     {when(`context.purpose == 1`), "schema"},
		"no condition":                     {when(`context.purpose`), "schema"},
		"a time that is none":              {when(`context.time < datetime("soon")`), "schema"},
		"faults by the dozen":              {when("principal.a && principal.b && resource.c && context.d && resource.e.f"), "schema"},
		"a foreign annotation":             {`@advice("x") permit (principal, action, resource);`, "annotation"},
		"an id of another":                 {`@id("q") permit (principal, action, resource);`, "annotation"},
		"a long note":                      {`@note("` + strings.Repeat("x", 201) + `") permit (principal, action, resource);`, "annotation"},
		"no id of a class":                 {`@redact("my money") permit (principal, action, resource);`, "@redact"},
		"no class":                         {`@redact permit (principal, action, resource);`, "@redact"},
		"too many decimals":                {`@coarsen("location:8") permit (principal, action, resource);`, "@coarsen"},
		"a period in words":                {`@retain("a month") permit (principal, action, resource);`, "@retain"},
		"a local time":                     {`@retain("2026-12-31T00:00:00+02:00") permit (principal, action, resource);`, "@retain"},
		"many values":                      {`@retain("P1D,P2D,P3D,P4D,P5D,P6D,P7D,P8D,P9D") permit (principal, action, resource);`, "@retain"},
		"a forbid that obliges":            {`@retain("P1D") forbid (principal, action, resource);`, "forbid"},
		"an annotation twice":              {`@retain("P1D") @retain("P2D") permit (principal, action, resource);`, "not Cedar"},
	} {
		t.Run(name, func(t *testing.T) {
			start := usedCPU(t)
			err := CheckPolicy("p", test.text, false, false)
			e := waymark.AsError(err)
			if err == nil || e.Code != waymark.Invalid || e.Field != "/text" || !strings.Contains(e.Message, test.says) || len(e.Message) > 600 {
				t.Fatalf("got %v", err)
			}
			if took := usedCPU(t) - start; took > time.Second {
				t.Errorf("took %s", took)
			}
			for range 20 {
				if again := CheckPolicy("p", test.text, false, false); again == nil || again.Error() != err.Error() {
					t.Fatalf("first %v, then %v", err, again)
				}
			}
		})
	}
}

func TestForbidsAreNotDelegated(t *testing.T) {
	for _, how := range [][2]bool{{true, false}, {false, true}} {
		if err := CheckPolicy("p", "forbid (principal, action, resource);", how[0], how[1]); waymark.CodeOf(err) != waymark.Invalid {
			t.Errorf("delegable %v, delegated %v: %v", how[0], how[1], err)
		}
		if err := CheckPolicy("p", "permit (principal, action, resource);", how[0], how[1]); err != nil {
			t.Error(err)
		}
	}
}

// TestTheDearestPolicies: what is within the bounds is checked and evaluated in time.
func TestTheDearestPolicies(t *testing.T) {
	for name, text := range map[string]string{
		"or":                 fill(when("true%s"), " || false"),
		"and":                fill(when("true%s"), "&&true"),
		"has":                fill(`permit (principal, action == Waymark::Action::"CommandDevice", resource) when { resource has custodian%s };`, " && resource has custodian"),
		"minus":              fill(when("1%s < 0"), "-1"),
		"a set":              fill(when(`[""%s].contains(context.purpose)`), `,"a"`),
		"like":               fill(when(`"`+strings.Repeat("a", 5000)+`" like "%sb"`), "*a"),
		"whens":              fill("permit (principal, action, resource)%s;", "when{true}"),
		"ifs in conditions":  when(strings.Repeat("if (", 60) + `principal.role == "x"` + strings.Repeat(`) then principal.role == "y" else principal.app == "z"`, 60)),
		"ifs in branches":    when(strings.Repeat(`if principal.role == "x" then `, 30) + "true" + strings.Repeat(` else (if principal.app == "y" then false else true)`, 30)),
		"sets in sets":       when(strings.Repeat("[", 60) + "principal.role" + strings.Repeat("]", 60) + ".isEmpty()"),
		"records in records": when(strings.Repeat("{a: ", 60) + "principal.role == context.purpose" + strings.Repeat("}", 60) + strings.Repeat(".a", 15) + " == 1"),
		"or in and": fill(`permit (principal, action == Waymark::Action::"CommandDevice", resource) when { true%s };`,
			" && (resource has custodian || resource has custodian)"),
		"methods in a row": fill(when("[1]%s"), ".contains(1)"),
		"not in not":       when(strings.Repeat("!(", 31) + `principal.role == "x"` + strings.Repeat(" && true)", 31)),
		"brackets":         when(strings.Repeat("(", 63) + strings.Repeat("true && ", 1900) + "true" + strings.Repeat(")", 63)),
		"path":             "permit (principal in A" + strings.Repeat("::A", 5000) + `::"x", action, resource);`,
	} {
		start := usedCPU(t)
		err := CheckPolicy("p", text, false, false)
		checked := usedCPU(t) - start
		g := NewGrants("producer", []waymark.Policy{{ID: "p", Owner: "producer", Author: "producer", Text: text, State: waymark.PolicyActive}})
		start = usedCPU(t)
		g.Decide(askTelemetry("auditor"))
		decided := usedCPU(t) - start
		t.Logf("%s: %d bytes, checked in %s (%.60v), decided in %s", name, len(text), checked, err, decided)
		if took := checked + decided; took > 5*time.Second {
			t.Errorf("%s took %s", name, took)
		}
	}
}
