package access

import (
	"cmp"
	"encoding/json"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/cedar-policy/cedar-go"
	xast "github.com/cedar-policy/cedar-go/x/exp/ast"
	"github.com/cedar-policy/cedar-go/x/exp/schema/validate"

	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// vector is one case of test/vectors/decisions.json.
type vector struct {
	Principal struct {
		Member string
		Role   waymark.Role
		App    string
		Device string // a device as principal
	}
	Action   waymark.Action
	Resource struct {
		Member, Consortium string
		Device             *struct {
			ID, Owner, Model    string
			State               waymark.DeviceState
			Shipment, Custodian string
			Edge                string // that signs for it
		}
		Command   *struct{ Device, Owner, Custodian, Requester string }
		Telemetry *struct {
			Device, Owner, Model string
			Shipment, Custodian  string
			Parties              []string
			Classes, Private     []waymark.DataClass // that the owner named; private ones come in both
			Edge                 string              // that signed it
		}
		Shipment *struct {
			Consignor, Custodian, TitleHolder string
			Parties                           []string
		}
		Hold *struct {
			Kind                                              waymark.HoldKind
			Custodian, Consignee, TitleHolder, Arbiter, SetBy string
		}
		TitleOffer *struct{ From, To string }
		Handoff    *struct{ From, To string }
		Transfer   *struct{ From, To string }
		Policy     *struct{ Owner, Author string }
		Question   *struct{ Subject, Owner string }
		Product    *struct {
			Owner      string
			Regulators []string
		}
		Goods *struct {
			Holder, TitleHolder, BrandOwner string
			Regulators, Parties             []string
		}
		Excursion *struct{ Consignee, TitleHolder string }

		Settlement *struct{ Payer, Payee, Arbiter, Opener string }
	}
	Context struct { // by the names of the schema
		Purpose     string
		Time        time.Time
		DataClass   waymark.DataClass
		Holds       []string
		DeviceOwner string
	}
	Policies    []waymark.Policy // those about owners' resources; active unless they say otherwise
	Allowed     bool
	Reasons     []string
	Obligations []waymark.Obligation
}

func vectors(t *testing.T) []vector {
	t.Helper()
	content, err := os.ReadFile("../../../test/vectors/decisions.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []vector
	if err := json.Unmarshal(content, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// measuring are the attributes of a device with some classes.
func measuring(classes []waymark.DataClass) *waymark.DeviceAttributes {
	a := &waymark.DeviceAttributes{}
	for _, c := range classes {
		a.Measures = append(a.Measures, waymark.MeasuredClass{Class: c})
	}
	return a
}

func (v vector) request() Request {
	r := Request{Principal: Caller(ledger.Caller{Member: v.Principal.Member, Role: v.Principal.Role, App: v.Principal.App}), Action: v.Action, Context: waymark.DecisionContext(v.Context)}
	switch {
	case v.Resource.Device != nil:
		d := v.Resource.Device
		w := Witnessed{Shipment: d.Shipment, Custodian: d.Custodian}
		if w.Custodian != "" {
			w.Shipment = cmp.Or(w.Shipment, "s1")
		}
		r.Resource = DeviceAt(waymark.Device{ID: d.ID, Owner: d.Owner, Model: d.Model, State: d.State, Keys: []waymark.DeviceKey{{ID: "k1"}, {ID: "k2", Edge: d.Edge}}}, v.Context.Time, w)
	case v.Resource.Command != nil:
		c := v.Resource.Command
		r.Resource = Command(waymark.Device{ID: c.Device, Owner: c.Owner}, c.Custodian, c.Requester)
	case v.Resource.Telemetry != nil:
		w := v.Resource.Telemetry
		r.Resource = Telemetry(waymark.Device{ID: w.Device, Owner: w.Owner, Model: w.Model, Attributes: measuring(w.Classes)}, w.Edge, Witnessed{Shipment: w.Shipment, Custodian: w.Custodian, Parties: w.Parties}, w.Private)
	case v.Resource.Shipment != nil:
		s := v.Resource.Shipment
		r.Resource = Shipment(waymark.Shipment{ID: "s1", Consignor: s.Consignor},
			Present{Custodian: s.Custodian, TitleHolder: cmp.Or(s.TitleHolder, s.Consignor), Parties: s.Parties})
	case v.Resource.Hold != nil:
		h := v.Resource.Hold
		r.Resource = Hold(waymark.Shipment{ID: "s1", Consignee: h.Consignee, Arbiter: h.Arbiter}, Present{Custodian: h.Custodian, TitleHolder: h.TitleHolder}, h.Kind, h.SetBy)
	case v.Resource.TitleOffer != nil:
		r.Resource = TitleOffer(waymark.TitleOffer{Shipment: "s1", From: v.Resource.TitleOffer.From, To: v.Resource.TitleOffer.To})
	case v.Resource.Excursion != nil:
		e := v.Resource.Excursion
		r.Resource = Excursion(waymark.Shipment{ID: "s1", Consignee: e.Consignee}, e.TitleHolder)
	case v.Resource.Handoff != nil:
		r.Resource = Handoff(waymark.Handoff{Shipment: "s1", From: v.Resource.Handoff.From, To: v.Resource.Handoff.To})
	case v.Resource.Transfer != nil:
		r.Resource = Transfer(waymark.Transfer{Device: "d1", From: v.Resource.Transfer.From, To: v.Resource.Transfer.To})
	case v.Resource.Policy != nil:
		r.Resource = Policy(v.Resource.Policy.Owner, v.Resource.Policy.Author)
	case v.Resource.Settlement != nil:
		s := v.Resource.Settlement
		r.Resource = Settlement(waymark.Shipment{ID: "s1", Consignee: s.Payer, Consignor: s.Payee, Arbiter: s.Arbiter}, s.Opener)
	case v.Resource.Question != nil:
		r.Resource = Question(v.Resource.Question.Subject, v.Resource.Question.Owner)
	case v.Resource.Product != nil:
		r.Resource = Product(waymark.Product{GTIN: "09506000134352", Owner: v.Resource.Product.Owner, Regulators: v.Resource.Product.Regulators})
	case v.Resource.Goods != nil:
		r.Resource = Goods(waymark.Item("09506000134352", "1").String(), Concerned(*v.Resource.Goods))
	case v.Resource.Consortium != "":
		r.Resource = Consortium(v.Resource.Consortium)
	default:
		r.Resource = Member(v.Resource.Member)
	}
	switch v.Principal.Device {
	case "":
	case v.Resource.Device.ID:
		r.Principal = r.Resource
	default:
		r.Principal = Device(waymark.Device{ID: v.Principal.Device, Owner: v.Resource.Device.Owner, State: waymark.DeviceActive}, v.Context.Time)
	}
	return r
}

func (v vector) policies() []waymark.Policy {
	all := slices.Clone(v.Policies)
	for i := range all {
		if all[i].State == "" {
			all[i].State = waymark.PolicyActive
		}
	}
	return all
}

func TestDecisions(t *testing.T) {
	decided := map[string]bool{}
	for i, v := range vectors(t) {
		d := Decide(v.request(), v.policies())
		if d.Allowed != v.Allowed || !slices.Equal(d.Reasons, v.Reasons) || !slices.Equal(d.Obligations, v.Obligations) || d.Obligations == nil {
			t.Errorf("case %d, %+v %s: got %+v, want %v %v %v", i, v.Principal, v.Action, d, v.Allowed, v.Reasons, v.Obligations)
		}
		err := require(v.request(), d)
		if e := waymark.AsError(err); v.Allowed != (err == nil) || err != nil && (e.Code != waymark.Forbidden || !slices.Equal(e.Reasons, v.Reasons)) {
			t.Errorf("case %d: authorized with %v", i, err)
		}
		for _, id := range d.Reasons {
			decided[id] = true
		}
	}
	for id := range baseline.All() {
		if !decided[string(id)] {
			t.Errorf("no case is decided by policy %s", id)
		}
	}
}

func TestQualityReadsAsAViewerDoes(t *testing.T) {
	reads := 0
	for i, v := range vectors(t) {
		if v.Principal.Role != waymark.Viewer || len(v.Policies) > 0 || !v.Allowed {
			continue
		}
		reads++
		v.Principal.Role = waymark.Quality
		if d := Decide(v.request(), nil); !d.Allowed || !slices.Equal(d.Reasons, v.Reasons) {
			t.Errorf("case %d, %s: got %+v, a viewer %v", i, v.Action, d, v.Reasons)
		}
	}
	if reads == 0 {
		t.Error("a viewer may nothing")
	}
}

func TestEveryActionHasItsMatrix(t *testing.T) {
	allowed, denied := map[waymark.Action]bool{}, map[waymark.Action]bool{}
	for _, v := range vectors(t) {
		allowed[v.Action] = allowed[v.Action] || v.Allowed
		denied[v.Action] = denied[v.Action] || !v.Allowed
	}
	for _, a := range waymark.Actions() {
		if !allowed[a] || !denied[a] {
			t.Errorf("%s: a case that allows %v, one that denies %v", a, allowed[a], denied[a])
		}
	}
}

// validator checks strictly against the baseline's schema.
func validator(t *testing.T) (*validate.Validator, []string) {
	t.Helper()
	resolved := mustResolve()
	var actions []string
	for uid := range resolved.Actions {
		if uid != grantGroup {
			actions = append(actions, string(uid.ID))
		}
	}
	return validate.New(resolved, validate.WithStrict()), actions
}

func TestTheBaselineFitsItsSchema(t *testing.T) {
	v, actions := validator(t)
	for id, policy := range baseline.All() {
		if err := v.Policy(string(id), (*xast.Policy)(policy.AST())); err != nil {
			t.Errorf("policy %s: %v", id, err)
		}
	}
	var want []string
	for _, a := range waymark.Actions() {
		want = append(want, string(a))
	}
	slices.Sort(want)
	slices.Sort(actions)
	if !slices.Equal(actions, want) {
		t.Errorf("the schema has actions %v, the vocabulary %v", actions, want)
	}
}

// TestRequestsFitTheSchema: what the constructors of this package make, for the
// cases that are no evaluation errors by intent.
func TestRequestsFitTheSchema(t *testing.T) {
	v, _ := validator(t)
	for i, c := range vectors(t) {
		r := c.request()
		if err := v.Entities(r.parties()); err != nil {
			t.Errorf("case %d: %v", i, err)
		}
		err := v.Request(r.request())
		if err != nil && c.Allowed {
			t.Errorf("case %d is allowed and does not fit: %v", i, err)
		}
	}
}

func TestAnErrorOfAnyPolicyDenies(t *testing.T) {
	d := explain(cedar.Allow, cedar.Diagnostic{
		Reasons: []cedar.DiagnosticReason{{PolicyID: "permits"}},
		Errors:  []cedar.DiagnosticError{{PolicyID: "z"}, {PolicyID: "a"}},
	})
	if d.Allowed || !slices.Equal(d.Reasons, []string{"a", "z"}) {
		t.Errorf("decided %+v", d)
	}
}

func TestAuthorizeTakesTheCallerOfTheTransaction(t *testing.T) {
	tx := ledger.Tx{Caller: ledger.Caller{Member: "producer", Role: waymark.Admin}}
	if err := Authorize(tx, waymark.ActRegisterMember, Member("producer")); err != nil {
		t.Error(err)
	}
	if err := Authorize(tx, waymark.ActRegisterMember, Member("carrier")); waymark.CodeOf(err) != waymark.Forbidden {
		t.Errorf("got %v", err)
	}
}

func TestBaselineSaysWhatDecides(t *testing.T) {
	b := Baseline()
	if b.Policy != baselineText || b.Schema != schemaText || len(b.SHA256) != 64 {
		t.Errorf("baseline %+v", b)
	}
}

func TestBaselineMustHaveIDs(t *testing.T) {
	for name, text := range map[string]string{
		"no policy":             "permit everything",
		"no id":                 "permit (principal, action, resource);",
		"an unknown annotation": `@id("a") @advice("x") permit (principal, action, resource);`,
		"an id twice": `@id("a") permit (principal, action, resource);
		               @id("a") permit (principal, action, resource);`,
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("it was parsed")
				}
			}()
			mustParse(text)
		})
	}
}

func BenchmarkDecide(b *testing.B) {
	r := Request{Principal: Caller(ledger.Caller{Member: "carrier", Role: waymark.Operator}), Action: waymark.ActAcceptHandoff,
		Resource: Handoff(waymark.Handoff{Shipment: "s1", From: "producer", To: "carrier"})}
	for b.Loop() {
		if !Decide(r, nil).Allowed {
			b.Fatal("denied")
		}
	}
}
