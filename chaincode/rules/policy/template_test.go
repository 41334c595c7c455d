package policy_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/cedar-policy/cedar-go"
	"pgregory.net/rapid"

	"github.com/waymark-ledger/waymark/chaincode/rules/policy"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

var filled = map[string]map[string]string{
	"partner-reads-while-held":  {"partner": "carrier"},
	"insurer-reads-for-claim":   {"insurer": "auditor", "purpose": "claim-17", "until": "2026-12-31T00:00:00+01:00", "shipment": "s1"},
	"maintainer-commands-model": {"maintainer": "carrier", "model": "TL-20"},

	"partner-commands-own-signers": {"partner": "carrier"},
}

// place is one that was not filled in.
var place = regexp.MustCompile(`\{[a-z]+\}`)

func TestTemplates(t *testing.T) {
	c := world(t)
	list, err := policy.Templates(c.World.Begin(c.Tx(c.As("auditor", waymark.Viewer))))
	if err != nil || len(list.Templates) != len(filled) {
		t.Fatalf("templates %+v, %v", list, err)
	}
	admin := c.As("producer", waymark.Admin)
	for _, template := range list.Templates {
		given := filled[template.ID]
		request := waymark.PutTemplateRequest{ID: template.ID, Template: template.ID, Parameters: given}
		p := scenario.Must(c, admin, policy.PutTemplate, request)
		for _, value := range given {
			if value[0] != '2' && !strings.Contains(p.Text, `"`+value+`"`) {
				t.Errorf("%s is without %s:\n%s", template.ID, value, p.Text)
			}
		}
		if again := scenario.Must(c, admin, policy.PutTemplate, request); *again != *p || place.MatchString(p.Text) {
			t.Errorf("%s again: %+v", template.ID, again)
		}
		for _, parameter := range template.Parameters {
			without := map[string]string{}
			for name, value := range given {
				if name != parameter.Name {
					without[name] = value
				}
			}
			request.Parameters = without
			if _, _, err := scenario.Endorse(c, admin, policy.PutTemplate, request); (err != nil) != parameter.Required {
				t.Errorf("%s without %s: %v", template.ID, parameter.Name, err)
			}
		}
	}
	asks := func(member string, role waymark.Role, action waymark.Action, class waymark.DataClass, purpose string) bool {
		return scenario.Must(c, admin, policy.Check, waymark.CheckRequest{Action: action, Device: "logger-1", DataClass: class, Purpose: purpose,
			Principal: waymark.Principal{Member: member, Role: role}}).Allowed
	}
	if !asks("auditor", waymark.Viewer, waymark.ActReadTelemetry, waymark.ClassCondition, "claim-17") ||
		asks("auditor", waymark.Viewer, waymark.ActReadTelemetry, waymark.ClassCondition, "") ||
		asks("auditor", waymark.Viewer, waymark.ActReadTelemetry, waymark.ClassLocation, "claim-17") ||
		asks("auditor", waymark.Viewer, waymark.ActReadTelemetry, "", "claim-17") ||
		asks("auditor", waymark.Relay, waymark.ActReadTelemetry, waymark.ClassCondition, "claim-17") {
		t.Error("the insurer reads otherwise than the template says")
	}
	scenario.Must(c, admin, policy.PutTemplate, waymark.PutTemplateRequest{ID: "m", Template: "maintainer-commands-model", Parameters: map[string]string{"maintainer": "auditor", "model": "TL-20"}})
	if !asks("auditor", waymark.Operator, waymark.ActCommandDevice, "", "") || asks("auditor", waymark.Viewer, waymark.ActCommandDevice, "", "") {
		t.Error("the maintainer commands otherwise than the template says")
	}
	scenario.Refused(c, admin, policy.PutTemplate, waymark.PutTemplateRequest{ID: "m", Template: "none"}, waymark.Invalid, "")
	scenario.Refused(c, admin, policy.PutTemplate, waymark.PutTemplateRequest{ID: "m", Template: "maintainer-commands-model",
		Parameters: map[string]string{"maintainer": "auditor", "model": "TL-20", "more": "x"}}, waymark.Invalid, "")
	scenario.Refused(c, c.As("producer", waymark.Operator), policy.PutTemplate, waymark.PutTemplateRequest{ID: "m", Template: "maintainer-commands-model",
		Parameters: map[string]string{"maintainer": "auditor", "model": "TL-20"}}, waymark.Forbidden, waymark.DefaultDeny)
}

// hostile are values that want to be more than a value.
var hostile = []string{
	`"`, `""`, `\`, `\"`, `x" }; permit (principal, action, resource); //`, `x" || true || "`, `x"); permit (principal, action, resource) when { ("`,
	`{holder}`, `{maintainer}`, `{model}`, `\u{22}`, `\u0022`, `\x22`, `// x`, `/* x`, `%q`, `$1`, `*`, "é", "\u2028", "\u202e", "`", `'`, `a::"b`,
	`"]; forbid (principal, action, resource); @id("`, "?principal", strings.Repeat(`"`, 100), strings.Repeat(`\`, 99),
}

// TestParametersAreValues: whatever a parameter holds, the policy is the template's
// with that very text in its place, or none.
func TestParametersAreValues(t *testing.T) {
	c := scenario.New(t)
	admin := c.As("producer", waymark.Admin)
	model := func(value string) error {
		p, _, err := scenario.Endorse(c, admin, policy.PutTemplate, waymark.PutTemplateRequest{ID: "m", Template: "maintainer-commands-model",
			Parameters: map[string]string{"maintainer": "carrier", "model": value}})
		if err != nil {
			return err
		}
		return sameButFor(p.Text, value)
	}
	for _, value := range hostile {
		if err := model(value); err != nil && (waymark.CodeOf(err) != waymark.Invalid || value == `"`) {
			t.Errorf("model %q: %v", value, err)
		}
		for template, parameters := range filled {
			for name := range parameters {
				if name == "model" {
					continue
				}
				given := map[string]string{}
				for other, v := range parameters {
					given[other] = v
				}
				given[name] = value
				scenario.Refused(c, admin, policy.PutTemplate, waymark.PutTemplateRequest{ID: "m", Template: template, Parameters: given}, waymark.Invalid, "")
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.StringN(1, -1, 100).Draw(t, "model")
		if err := model(value); err != nil && waymark.CodeOf(err) != waymark.Invalid {
			t.Fatalf("model %q: %v", value, err)
		}
	})
}

// sameButFor checks that a text is one policy, which differs from that for a harmless
// model in this one literal alone.
func sameButFor(text, value string) error {
	literal := string(cedar.String(value).MarshalCedar())
	trees := make([]any, 2)
	for i, t := range []string{text, strings.Replace(text, literal, `"MODEL"`, 1)} {
		list, err := cedar.NewPolicyListFromBytes("", []byte(t))
		if err != nil || len(list) != 1 {
			return fmt.Errorf("%d policies, %w", len(list), err)
		}
		encoded, err := list[0].MarshalJSON()
		if err != nil {
			return err
		}
		if err := json.Unmarshal(encoded, &trees[i]); err != nil {
			return err
		}
	}
	if put := replaced(trees[1], value); !reflect.DeepEqual(trees[0], put) {
		return fmt.Errorf("the policy is %v, want %v", trees[0], put)
	}
	return nil
}

// replaced puts a value in the place of MODEL in a tree.
func replaced(tree any, value string) any {
	switch node := tree.(type) {
	case string:
		if node == "MODEL" {
			return value
		}
	case []any:
		for i := range node {
			node[i] = replaced(node[i], value)
		}
	case map[string]any:
		for key := range node {
			node[key] = replaced(node[key], value)
		}
	}
	return tree
}
