package waymark_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

const permitAll = "permit (principal,\n\taction, resource); // é"

func TestPolicyRequests(t *testing.T) {
	put := waymark.PutPolicyRequest{ID: "p1", Text: permitAll}
	text := func(s string) waymark.Validator { return waymark.PutPolicyRequest{ID: "p1", Text: s} }
	delegate := waymark.DelegatePolicyRequest{Owner: "producer", From: waymark.PolicyRef{Author: "producer", ID: "p0"}, ID: "p1", Text: permitAll}
	delegation := func(change func(*waymark.DelegatePolicyRequest)) waymark.Validator { return with(delegate, change) }
	withdraw := waymark.WithdrawPolicyRequest{ID: "p1", Reason: "over"}
	withdrawal := func(change func(*waymark.WithdrawPolicyRequest)) waymark.Validator { return with(withdraw, change) }
	check(t, []fault{
		{"put", put, ""},
		{"put with an id of a path", with(put, func(r *waymark.PutPolicyRequest) { r.ID = "../p" }), "/id"},
		{"largest text", text(strings.Repeat("x", waymark.MaxPolicyBytes)), ""},
		{"no text", text(""), "/text"},
		{"too large a text", text(strings.Repeat("x", waymark.MaxPolicyBytes+1)), "/text"},
		{"invalid UTF-8", text("a\xff"), "/text"},
		{"a control character", text("a\x00"), "/text"},
		{"a form feed", text("a\f"), "/text"},
		{"a change of direction", text("permit // \u202e"), "/text"},
		{"a noncharacter", text("a\U0010FFFF"), "/text"},
		{"delegate", delegate, ""},
		{"delegate of nobody", delegation(func(r *waymark.DelegatePolicyRequest) { r.Owner = "" }), "/owner"},
		{"delegate from nobody", delegation(func(r *waymark.DelegatePolicyRequest) { r.From.Author = "" }), "/from/author"},
		{"delegate from nothing", delegation(func(r *waymark.DelegatePolicyRequest) { r.From.ID = "a b" }), "/from/id"},
		{"delegate without id", delegation(func(r *waymark.DelegatePolicyRequest) { r.ID = "" }), "/id"},
		{"too large a delegated text", delegation(func(r *waymark.DelegatePolicyRequest) { r.Text = strings.Repeat("x", waymark.MaxDelegatedBytes+1) }), "/text"},
		{"withdraw", withdraw, ""},
		{"withdraw another's", withdrawal(func(r *waymark.WithdrawPolicyRequest) { r.Owner, r.Author = "producer", "carrier" }), ""},
		{"withdraw nothing", withdrawal(func(r *waymark.WithdrawPolicyRequest) { r.ID = "" }), "/id"},
		{"withdraw an owner's that is none", withdrawal(func(r *waymark.WithdrawPolicyRequest) { r.Owner = "a/b" }), "/owner"},
		{"withdraw an author's that is none", withdrawal(func(r *waymark.WithdrawPolicyRequest) { r.Author = "a/b" }), "/author"},
		{"withdraw without a reason", withdrawal(func(r *waymark.WithdrawPolicyRequest) { r.Reason = "" }), "/reason"},
		{"query", waymark.PolicyQuery{Owner: "a", Author: "b", ID: "c"}, ""},
		{"query without owner", waymark.PolicyQuery{Author: "b", ID: "c"}, "/owner"},
		{"query without author", waymark.PolicyQuery{Owner: "a", ID: "c"}, "/author"},
		{"query without id", waymark.PolicyQuery{Owner: "a", Author: "b"}, "/id"},
		{"list of one's own", waymark.PoliciesQuery{}, ""},
		{"list of a path", waymark.PoliciesQuery{Owner: "a/b"}, "/owner"},
		{"receipt", waymark.ReceiptQuery{TxID: strings.Repeat("0f", 32)}, ""},
		{"receipt of no transaction", waymark.ReceiptQuery{TxID: "0f"}, "/tx_id"},
		{"window for a purpose", waymark.WindowQuery{Device: "d", Sequence: 1, Purpose: "claim-1"}, ""},
		{"window for prose", waymark.WindowQuery{Device: "d", Sequence: 1, Purpose: "a claim"}, "/purpose"},
		{"shipment for a purpose", waymark.ShipmentQuery{Shipment: "s", Purpose: "claim-1"}, ""},
		{"shipment for prose", waymark.ShipmentQuery{Shipment: "s", Purpose: "a claim"}, "/purpose"},
	})
}

func TestTemplateRequests(t *testing.T) {
	good := waymark.PutTemplateRequest{ID: "p1", Template: "t", Parameters: map[string]string{"model": "TL 20"}}
	given := func(parameters map[string]string) waymark.Validator {
		return with(good, func(r *waymark.PutTemplateRequest) { r.Parameters = parameters })
	}
	many := map[string]string{}
	for _, c := range "abcdefghi" {
		many[string(c)] = "x"
	}
	check(t, []fault{
		{"whole", good, ""},
		{"none", given(nil), ""},
		{"no id", with(good, func(r *waymark.PutTemplateRequest) { r.ID = "" }), "/id"},
		{"no template", with(good, func(r *waymark.PutTemplateRequest) { r.Template = "" }), "/template"},
		{"too many", given(many), "/parameters"},
		{"a name that is none", given(map[string]string{"a/b": "x"}), "/parameters"},
		{"no value", given(map[string]string{"a": ""}), "/parameters/a"},
		{"a long value", given(map[string]string{"a": strings.Repeat("x", 101)}), "/parameters/a"},
		{"a line break", given(map[string]string{"a": "x\n"}), "/parameters/a"},
	})
}

func TestQuestions(t *testing.T) {
	asked := waymark.CheckRequest{Action: waymark.ActReadTelemetry, Device: "d", Purpose: "claim-1", DataClass: waymark.ClassLocation,
		Principal: waymark.Principal{Member: "auditor", Role: waymark.Viewer, App: "dashboard"}}
	question := func(change func(*waymark.CheckRequest)) waymark.Validator { return with(asked, change) }
	dry := waymark.DryRunRequest{Put: waymark.PutPolicyRequest{ID: "p", Text: permitAll}, Devices: []string{"d1", "d2"}, Shipments: []string{"s1"}}
	run := func(change func(*waymark.DryRunRequest)) waymark.Validator { return with(dry, change) }
	ids := make([]string, waymark.MaxDryRunResources)
	for i := range ids {
		ids[i] = "d" + strings.Repeat("x", i)
	}
	check(t, []fault{
		{"for somebody", asked, ""},
		{"for nobody", question(func(r *waymark.CheckRequest) { r.Principal.Member = "" }), "/principal/member"},
		{"in no role", question(func(r *waymark.CheckRequest) { r.Principal.Role = "root" }), "/principal/role"},
		{"through no application", question(func(r *waymark.CheckRequest) { r.Principal.App = "a b" }), "/principal/app"},
		{"for prose", question(func(r *waymark.CheckRequest) { r.Purpose = "a b" }), "/purpose"},
		{"of no class", question(func(r *waymark.CheckRequest) { r.DataClass = "a b" }), "/data_class"},
		{"dry run", dry, ""},
		{"of a withdrawal", run(func(r *waymark.DryRunRequest) {
			r.Put, r.Withdraw = waymark.PutPolicyRequest{}, waymark.DryRunWithdrawal{ID: "p", Owner: "a", Author: "b"}
		}), ""},
		{"of neither", run(func(r *waymark.DryRunRequest) { r.Put = waymark.PutPolicyRequest{} }), "/put"},
		{"of both", run(func(r *waymark.DryRunRequest) { r.Withdraw.ID = "p" }), "/put"},
		{"of no text", run(func(r *waymark.DryRunRequest) { r.Put.Text = "" }), "/put/text"},
		{"of no policy", run(func(r *waymark.DryRunRequest) {
			r.Put, r.Withdraw = waymark.PutPolicyRequest{}, waymark.DryRunWithdrawal{Owner: "a"}
		}), "/withdraw/id"},
		{"for prose, too", run(func(r *waymark.DryRunRequest) { r.Purpose = "a b" }), "/purpose"},
		{"on nothing", run(func(r *waymark.DryRunRequest) { r.Devices, r.Shipments = nil, nil }), "/devices"},
		{"on most", run(func(r *waymark.DryRunRequest) { r.Devices, r.Shipments = ids, nil }), ""},
		{"on too much", run(func(r *waymark.DryRunRequest) { r.Devices = ids }), "/devices"},
		{"on one twice", run(func(r *waymark.DryRunRequest) { r.Devices = []string{"d", "d"} }), "/devices/1"},
		{"on a path", run(func(r *waymark.DryRunRequest) { r.Shipments = []string{"s/1"} }), "/shipments/0"},
	})
}

func TestObligations(t *testing.T) {
	for _, test := range []struct {
		kind waymark.ObligationKind
		text string
		want int // 0 for a text that is refused
	}{
		{waymark.Redact, "location", 1}, {waymark.Redact, "location,condition,location", 2}, {waymark.Redact, "", 0}, {waymark.Redact, "location,", 0},
		{waymark.Redact, "my location", 0}, {waymark.Redact, "security", 1}, {waymark.Coarsen, "location:0", 1}, {waymark.Coarsen, "location:7", 1}, {waymark.Coarsen, "location:8", 0},
		{waymark.Coarsen, "location", 0}, {waymark.Coarsen, "zone:a:2", 1}, {waymark.Coarsen, "a b:2", 0}, {waymark.Retain, "P1D", 1}, {waymark.Retain, "P99999D", 1},
		{waymark.Retain, "P0D", 0}, {waymark.Retain, "P1M", 0}, {waymark.Retain, "2026-12-31T00:00:00Z", 1}, {waymark.Retain, "2026-12-31", 0},
		{waymark.Retain, "0000-01-01T00:00:00Z", 0}, {"shred", "location", 0},
	} {
		got, err := waymark.ParseObligations(test.kind, test.text)
		if len(got) != test.want || (err == nil) != (test.want > 0) || err != nil && waymark.CodeOf(err) != waymark.Invalid {
			t.Errorf("%s %q: %v, %v", test.kind, test.text, got, err)
		}
	}
	if waymark.SortObligations(nil) == nil {
		t.Error("no obligations are nil")
	}
}

func TestClassesOfADevice(t *testing.T) {
	none := (*waymark.DeviceAttributes)(nil)
	some := &waymark.DeviceAttributes{Measures: []waymark.MeasuredClass{
		{Class: "zone", Measurements: []string{"here"}, Visibility: waymark.VisibilityPrivate},
		{Class: "condition", Measurements: []string{"t"}, Visibility: waymark.VisibilityOpen},
		{Class: "access", Measurements: []string{"door"}, Visibility: waymark.VisibilityPrivate},
	}}
	for _, test := range []struct {
		a          *waymark.DeviceAttributes
		name, unit string
		class      waymark.DataClass
		private    bool
	}{
		{none, "here", "lat", waymark.ClassLocation, false}, {none, "t", "Cel", waymark.ClassCondition, false},
		{some, "here", "lat", "zone", true}, {some, "door", "", "access", true}, {some, "t", "Cel", "condition", false}, {some, "x", "lon", waymark.ClassLocation, false},
	} {
		if class, private := test.a.ClassOf(test.name, test.unit), test.a.Private(test.name); class != test.class || private != test.private {
			t.Errorf("%s is of class %s, private %v", test.name, class, private)
		}
	}
	if !slices.Equal(none.Classes(), waymark.DataClasses()) || none.AnyPrivate() || none.PrivateClasses() == nil ||
		!slices.Equal(some.Classes(), []waymark.DataClass{"access", "condition", "location", "zone"}) || !some.AnyPrivate() ||
		!slices.Equal(some.PrivateClasses(), []waymark.DataClass{"access", "zone"}) {
		t.Errorf("classes %v and %v, private %v", none.Classes(), some.Classes(), some.PrivateClasses())
	}
}

func TestClasses(t *testing.T) {
	w := waymark.Window{Series: []waymark.Series{
		{Name: "t", Unit: "Cel", Class: "condition"}, {Name: "y", Unit: "lat", Class: "location"},
		{Name: "h", Unit: "%RH", Class: "condition"}, {Name: "x", Unit: "lon", Class: "location"},
	}, Sealed: []waymark.SealedSeries{{Name: "b", Class: "z"}, {Name: "a", Class: "y"}, {Name: "c", Class: "z"}}}
	if got := w.SealedClasses(); !slices.Equal(got, []waymark.DataClass{"y", "z"}) || w.SealedClass("c") != "z" || w.SealedClass("t") != "" {
		t.Errorf("sealed classes %v", got)
	}
	if got := w.Classes(); !slices.Equal(got, waymark.DataClasses()) {
		t.Errorf("classes %v", got)
	}
	some := w.Without([]waymark.DataClass{waymark.ClassLocation})
	if len(some.Series) != 2 || some.Series[1].Name != "h" || !slices.Equal(some.Withheld, []waymark.DataClass{waymark.ClassLocation}) || len(w.Series) != 4 || w.Series[1].Name != "y" {
		t.Errorf("without locations %+v of %+v", some, w)
	}
	if all := w.Without(nil); all.Withheld != nil || len(all.Series) != 4 {
		t.Errorf("without nothing %+v", all)
	}
}
