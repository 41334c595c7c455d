package policy

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/cedar-policy/cedar-go"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// template is a policy with places to fill in. Each parameter becomes one literal of
// Cedar, so no value can be more than a value.
type template struct {
	about      string
	text       string // {name} is the literal of a parameter
	parameters []parameter
}

// parameter is one place.
type parameter struct {
	name, about string
	kind        kind
	// otherwise stands for a parameter that is left out; empty where it must be given.
	otherwise string
	// clause is what a given parameter that may be left out adds to the text.
	clause string
}

// kind says what a value must be and how it becomes a literal.
type kind int

const (
	memberKind kind = iota
	shipmentKind
	purposeKind
	modelKind
	timeKind
)

// templates are all there are, by id.
func templates() map[string]template {
	return map[string]template{
		"partner-reads-while-held": {
			about: "A partner reads the telemetry of shipments, as long as a member has custody of them: the partner itself, or another that it works with.",
			text: `permit (
  principal in {partner},
  action == Waymark::Action::"ReadTelemetry",
  resource
)
when { ["admin", "operator", "quality", "viewer"].contains(principal.role) && resource has custodian && resource.custodian == {holder} };
`,
			parameters: []parameter{
				{name: "partner", about: "the member that reads", kind: memberKind},
				{name: "holder", about: "the member that has custody; the partner if it is left out", kind: memberKind, otherwise: "partner"},
			},
		},
		"insurer-reads-for-claim": {
			about: "An insurer reads telemetry for a claim, without locations, until a time.",
			text: `@redact("location")
permit (
  principal in {insurer},
  action == Waymark::Action::"ReadTelemetry",
  resource
)
when { ["admin", "operator", "quality", "viewer"].contains(principal.role) }
when { context.dataClass == "condition" && context.purpose == {purpose} && context.time < {until} }{shipment};
`,
			parameters: []parameter{
				{name: "insurer", about: "the member that reads", kind: memberKind},
				{name: "purpose", about: "what the insurer must say it reads for, as in claim-17", kind: purposeKind},
				{name: "until", about: "when it ends (RFC 3339)", kind: timeKind},
				{name: "shipment", about: "the only shipment; any if it is left out", kind: shipmentKind, clause: "\nwhen { resource in {shipment} }"},
			},
		},
		"maintainer-commands-model": {
			about: "A maintainer commands the devices of one model.",
			text: `permit (
  principal in {maintainer},
  action == Waymark::Action::"CommandDevice",
  resource
)
when { ["admin", "operator"].contains(principal.role) && resource.model == {model} };
`,
			parameters: []parameter{
				{name: "maintainer", about: "the member that commands", kind: memberKind},
				{name: "model", about: "the model, as the devices were registered", kind: modelKind},
			},
		},
		"partner-commands-own-signers": {
			about: "A partner commands the devices that sign for themselves: of the others it would have an edge's word that they obeyed.",
			text: `permit (
  principal in {partner},
  action == Waymark::Action::"CommandDevice",
  resource
)
when { ["admin", "operator"].contains(principal.role) && resource.signer == "device" };
`,
			parameters: []parameter{{name: "partner", about: "the member that commands", kind: memberKind}},
		},
	}
}

// Templates returns every template.
func Templates(l ledger.Ledger) (*waymark.TemplateList, error) {
	if err := mayRead(l); err != nil {
		return nil, err
	}
	list := &waymark.TemplateList{Templates: []waymark.PolicyTemplate{}}
	all := templates()
	for _, id := range slices.Sorted(maps.Keys(all)) {
		t := waymark.PolicyTemplate{ID: id, About: all[id].about, Parameters: []waymark.TemplateParameter{}}
		for _, p := range all[id].parameters {
			t.Parameters = append(t.Parameters, waymark.TemplateParameter{Name: p.name, About: p.about, Required: p.required()})
		}
		list.Templates = append(list.Templates, t)
	}
	return list, nil
}

// PutTemplate renders a template and puts the policy.
func PutTemplate(l ledger.Ledger, r waymark.PutTemplateRequest) (*waymark.Policy, error) {
	text, err := render(r)
	if err != nil {
		return nil, err
	}
	return Put(l, waymark.PutPolicyRequest{ID: r.ID, Text: text, Delegable: r.Delegable})
}

// render fills in a template, or returns Invalid.
func render(r waymark.PutTemplateRequest) (string, error) {
	t, known := templates()[r.Template]
	if !known {
		return "", waymark.InvalidField("/template", "must be one of %v", slices.Sorted(maps.Keys(templates())))
	}
	if err := t.checkNames(r.Parameters); err != nil {
		return "", err
	}
	var fill []string
	for _, p := range t.parameters {
		text, err := p.fill(r.Parameters)
		if err != nil {
			return "", err
		}
		fill = append(fill, p.place(), text)
	}
	// All places are filled at once, so that no value is read as a place.
	return strings.NewReplacer(fill...).Replace(t.text), nil
}

func (p parameter) place() string { return "{" + p.name + "}" }

// fill returns what comes into the place of a parameter.
func (p parameter) fill(all map[string]string) (string, error) {
	pointer := "/parameters/" + p.name
	value, given := all[p.name]
	switch {
	case !given && p.required():
		return "", waymark.InvalidField(pointer, "must be given")
	case !given && p.clause != "":
		return "", nil
	case !given:
		value = all[p.otherwise]
	}
	literal, err := p.kind.literal(pointer, value)
	if err != nil || p.clause == "" {
		return literal, err
	}
	return strings.Replace(p.clause, p.place(), literal, 1), nil
}

func (p parameter) required() bool { return p.otherwise == "" && p.clause == "" }

func (t template) checkNames(given map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if !slices.ContainsFunc(t.parameters, func(p parameter) bool { return p.name == name }) {
			return waymark.InvalidField("/parameters", "has %s, which the template does not have", name)
		}
	}
	return nil
}

// literal checks a value and writes it as Cedar.
func (k kind) literal(pointer, value string) (string, error) {
	quoted := string(cedar.String(value).MarshalCedar())
	switch k {
	case memberKind:
		return `Waymark::Member::` + quoted, waymark.ValidateID(pointer, value)
	case shipmentKind:
		return `Waymark::Shipment::` + quoted, waymark.ValidateID(pointer, value)
	case purposeKind:
		return quoted, waymark.ValidateID(pointer, value)
	case modelKind:
		return quoted, waymark.ValidateText(pointer, value, 100, true)
	default:
		t, err := time.Parse(time.RFC3339, value)
		if err != nil || t.UTC().Year() < 1 || t.UTC().Year() > 9999 {
			return "", waymark.InvalidField(pointer, "must be a time (RFC 3339)")
		}
		return `datetime("` + t.UTC().Format("2006-01-02T15:04:05.000Z") + `")`, nil
	}
}
