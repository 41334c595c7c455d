package policy_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/policy"
	"github.com/waymark-ledger/waymark/chaincode/rules/telemetry"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
)

// tracker reports a temperature and where it is.
func tracker(c *scenario.Consortium, id, owner string) *scenario.Device {
	c.T.Helper()
	d := c.Device(id, owner)
	payload, err := senml.EncodeJSON([]senml.Reading{
		{Name: "temperature", Unit: "Cel", Value: 500, Time: c.Now}, {Name: "y", Unit: "lat", Value: 521234567, Time: c.Now},
	})
	if err != nil {
		c.T.Fatal(err)
	}
	if got := c.Record(d.Sign(d.Header(), payload)); got[0].Outcome != waymark.Recorded {
		c.T.Fatalf("recorded %+v", got)
	}
	return d
}

func names(w *waymark.Window) []string {
	var all []string
	for _, s := range w.Series {
		all = append(all, s.Name)
	}
	return all
}

// TestAWindowWithholdsClasses: each class is asked for by itself, and what is
// withheld is named.
func TestAWindowWithholdsClasses(t *testing.T) {
	location, condition := []waymark.DataClass{waymark.ClassLocation}, []waymark.DataClass{waymark.ClassCondition}
	tests := map[string]struct {
		text     string
		purpose  string
		series   []string // nil for forbidden
		withheld []waymark.DataClass
		obliged  []waymark.Obligation
		reason   string
	}{
		"nothing granted":  {text: grants("carrier"), reason: waymark.DefaultDeny},
		"all":              {text: grants("auditor"), series: []string{"temperature", "y"}},
		"all but location": {text: classOnly("condition"), series: []string{"temperature"}, withheld: location},
		"location alone":   {text: classOnly("location"), series: []string{"y"}, withheld: condition},
		"redacted": {text: "@redact(\"location\")\n@retain(\"P30D\")\n" + grants("auditor"), series: []string{"temperature"}, withheld: location,
			obliged: []waymark.Obligation{{Kind: waymark.Redact, Value: "location"}, {Kind: waymark.Retain, Value: "P30D"}}},
		"all redacted":  {text: "@redact(\"location,condition\")\n" + grants("auditor"), series: []string{}, withheld: waymark.DataClasses()},
		"a purpose":     {text: forPurpose("claim-1"), purpose: "claim-1", series: []string{"temperature", "y"}},
		"no purpose":    {text: forPurpose("claim-1"), reason: waymark.DefaultDeny},
		"wrong purpose": {text: forPurpose("claim-1"), purpose: "claim-2", reason: waymark.DefaultDeny},
		"a forbid":      {text: "forbid (principal, action, resource);", reason: "producer/p1"},
		"a failure":     {text: "permit (principal, action, resource) when { 9223372036854775807 + 1 > 0 };", reason: "producer/p1"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := scenario.New(t)
			d := tracker(c, "tracker-1", "producer")
			scenario.Must(c, c.As("producer", waymark.Admin), policy.Put, put("p1", test.text))
			query := waymark.WindowQuery{Device: d.ID, Sequence: 1, Purpose: test.purpose}
			if test.series == nil {
				scenario.Refused(c, c.As("auditor", waymark.Viewer), telemetry.Window, query, waymark.Forbidden, test.reason)
				return
			}
			w := scenario.Must(c, c.As("auditor", waymark.Viewer), telemetry.Window, query)
			if !slices.Equal(names(w), test.series) || !slices.Equal(w.Withheld, test.withheld) || !slices.Equal(w.Obligations, test.obliged) {
				t.Errorf("window %+v", w)
			}
			owner := scenario.Must(c, c.As("producer", waymark.Viewer), telemetry.Window, query)
			if len(owner.Series) != 2 || owner.Withheld != nil {
				t.Errorf("the owner's window %+v", owner)
			}
		})
	}
}

// TestAWindowIsCoarsened: numbers are rounded, and nothing beside them tells them exactly.
func TestAWindowIsCoarsened(t *testing.T) {
	c := scenario.New(t)
	d := tracker(c, "tracker-1", "producer")
	query := waymark.WindowQuery{Device: d.ID, Sequence: 1}
	exact := scenario.Must(c, c.As("producer", waymark.Viewer), telemetry.Window, query)
	if len(exact.Root) == 0 || len(exact.Digests) == 0 || exact.Coarsened != nil || exact.Series[1].Max != 521234567 {
		t.Fatalf("the owner's window %+v", exact)
	}
	for text, want := range map[string]struct {
		place     int64 // 0 for none
		coarsened []waymark.DataClass
	}{
		"@coarsen(\"location:2\")\n" + grants("auditor"):                        {521200000, []waymark.DataClass{"location"}},
		"@coarsen(\"location:3,location:0\")\n" + grants("auditor"):             {520000000, []waymark.DataClass{"location"}},
		"@coarsen(\"location:7,condition:2\")\n" + grants("auditor"):            {521234567, waymark.DataClasses()},
		"@coarsen(\"location:2\")\n@redact(\"location\")\n" + grants("auditor"): {0, nil},
		"@coarsen(\"location:2\")\n" + classOnly("condition"):                   {0, nil},
		"@coarsen(\"zone:2\")\n" + grants("auditor"):                            {521234567, nil},
	} {
		scenario.Must(c, c.As("producer", waymark.Admin), policy.Put, put("p1", text))
		w := scenario.Must(c, c.As("auditor", waymark.Viewer), telemetry.Window, query)
		if w.Series[0].Sum != 500 || !slices.Equal(w.Coarsened, want.coarsened) {
			t.Errorf("%s: %+v", text, w)
		}
		if place := w.Series[len(w.Series)-1]; want.place != 0 && (place.Min != want.place || place.Max != want.place || place.Sum != want.place) || want.place == 0 && len(w.Series) != 1 {
			t.Errorf("%s: %+v", text, w.Series)
		}
		if whole := w.Coarsened == nil && w.Withheld == nil; whole != (len(w.Root) > 0) || whole != (len(w.Digests) > 0) {
			t.Errorf("%s: root %x, digests %x", text, w.Root, w.Digests)
		}
	}
}

func classOnly(class string) string {
	return fmt.Sprintf(`permit (principal in Waymark::Member::"auditor", action == Waymark::Action::"ReadTelemetry", resource) when { context.dataClass == %q };`, class)
}

func forPurpose(purpose string) string {
	return fmt.Sprintf(`permit (principal in Waymark::Member::"auditor", action, resource) when { context.purpose == %q };`, purpose)
}

// TestAccessFollowsCustody: nobody edits a policy, and who may read and command
// changes with the goods.
func TestAccessFollowsCustody(t *testing.T) {
	c := world(t) // s1 is with the carrier, offered to the retailer
	admin := c.As("producer", waymark.Admin)
	scenario.Must(c, admin, policy.PutTemplate, waymark.PutTemplateRequest{ID: "partner", Template: "partner-reads-while-held",
		Parameters: map[string]string{"partner": "auditor", "holder": "carrier"}})
	scenario.Must(c, admin, policy.Put, put("viewers", `permit (principal, action == Waymark::Action::"CommandDevice", resource)
when { principal.role == "viewer" && resource has custodian && principal in resource.custodian };`))
	may := func(member string, role waymark.Role, action waymark.Action) []string {
		d := scenario.Must(c, admin, policy.Check, waymark.CheckRequest{Action: action, Device: "logger-1", Principal: waymark.Principal{Member: member, Role: role}})
		if !d.Allowed {
			return nil
		}
		return d.Reasons
	}
	expect := func(when string, want map[string][]string) {
		t.Helper()
		got := map[string][]string{
			"auditor reads":    may("auditor", waymark.Viewer, waymark.ActReadTelemetry),
			"carrier commands": may("carrier", waymark.Operator, waymark.ActCommandDevice), "carrier's viewer": may("carrier", waymark.Viewer, waymark.ActCommandDevice),
			"retailer commands": may("retailer", waymark.Operator, waymark.ActCommandDevice), "retailer's viewer": may("retailer", waymark.Viewer, waymark.ActCommandDevice),
			"owner commands": may("producer", waymark.Operator, waymark.ActCommandDevice),
		}
		for who, reasons := range got {
			if !slices.Equal(reasons, want[who]) {
				t.Errorf("%s, %s: %v, want %v", when, who, reasons, want[who])
			}
		}
	}
	window, auditor := waymark.WindowQuery{Device: "logger-1", Sequence: 1}, c.As("auditor", waymark.Viewer)
	owner := []string{"owner-commands-device"}
	expect("with the carrier", map[string][]string{"auditor reads": {"producer/partner"}, "carrier commands": {"custodian-commands-device"},
		"carrier's viewer": {"producer/viewers"}, "owner commands": owner})
	scenario.Must(c, auditor, telemetry.Window, window)
	expectShipment(t, c, auditor, waymark.Forbidden)

	scenario.Must(c, c.As("carrier", waymark.Operator), custody.Cancel, waymark.EndHandoffRequest{Shipment: "s1", Number: 2, Reason: "first elsewhere"})
	scenario.Must(c, c.As("carrier", waymark.Operator), custody.Offer, waymark.OfferHandoffRequest{Shipment: "s1", To: "auditor", ExpiresAt: c.Now.Add(time.Hour)})
	scenario.Must(c, c.As("carrier", waymark.Operator), custody.Cancel, waymark.EndHandoffRequest{Shipment: "s1", Number: 3, Reason: "to the retailer after all"})
	scenario.Must(c, c.As("carrier", waymark.Operator), custody.Offer, waymark.OfferHandoffRequest{Shipment: "s1", To: "retailer", ExpiresAt: c.Now.Add(time.Hour)})
	scenario.Must(c, c.As("retailer", waymark.Operator), custody.Accept, waymark.AcceptHandoffRequest{Shipment: "s1", Number: 4, Reservation: "as it is"})
	expect("accepted, the logger free", map[string][]string{"owner commands": owner})
	scenario.Refused(c, auditor, telemetry.Window, window, waymark.Forbidden, waymark.DefaultDeny)
	past := waymark.CheckRequest{Action: waymark.ActReadTelemetry, Device: "logger-1", Shipment: "s1"}
	if d := scenario.Must(c, auditor, policy.Check, past); d.Allowed {
		t.Errorf("of s1 now: %+v", d)
	}
	scenario.Refused(c, auditor, policy.Check, waymark.CheckRequest{Action: waymark.ActReadTelemetry, Device: "logger-c", Shipment: "s1"}, waymark.NotFound, "")
}

// expectShipment reads s1 before and after the consignor grants it.
func expectShipment(t *testing.T, c *scenario.Consortium, by ledger.Caller, before waymark.Code) {
	t.Helper()
	query := waymark.ShipmentQuery{Shipment: "s1", Purpose: "audit-1"}
	scenario.Refused(c, by, custody.Get, query, before, waymark.DefaultDeny)
	scenario.Refused(c, by, custody.History, query, before, waymark.DefaultDeny)
	scenario.Must(c, c.As("producer", waymark.Admin), policy.Put, put("ship", `@retain("P9D") permit (principal in Waymark::Member::"auditor", action == Waymark::Action::"ReadShipment", resource == Waymark::Shipment::"s1")
when { context.purpose == "audit-1" };`))
	view, history := scenario.Must(c, by, custody.Get, query), scenario.Must(c, by, custody.History, query)
	obliged := []waymark.Obligation{{Kind: waymark.Retain, Value: "P9D"}}
	if !slices.Equal(view.Obligations, obliged) || !slices.Equal(history.Obligations, obliged) {
		t.Errorf("obligations %v, %v", view.Obligations, history.Obligations)
	}
	scenario.Refused(c, by, custody.Get, waymark.ShipmentQuery{Shipment: "s1"}, waymark.Forbidden, waymark.DefaultDeny)
	if own := scenario.Must(c, c.As("carrier", waymark.Viewer), custody.Get, query); own.Obligations == nil || len(own.Obligations) != 0 {
		t.Errorf("the custodian's obligations %v", own.Obligations)
	}
}

// TestWhoMayAsk: for one's own always, for anybody about what one owns.
func TestWhoMayAsk(t *testing.T) {
	c := world(t)
	somebody := func(member string, action waymark.Action) waymark.CheckRequest {
		return waymark.CheckRequest{Action: action, Device: "logger-1", Shipment: "s1", Handoff: 2,
			Principal: waymark.Principal{Member: member, Role: waymark.Operator, App: "erp"}}
	}
	for _, rule := range []func(*scenario.Consortium, ledger.Caller, waymark.CheckRequest) error{
		func(c *scenario.Consortium, by ledger.Caller, r waymark.CheckRequest) error {
			_, _, err := scenario.Endorse(c, by, policy.Check, r)
			return err
		},
		func(c *scenario.Consortium, by ledger.Caller, r waymark.CheckRequest) error {
			_, _, err := scenario.Endorse(c, by, policy.Authorize, r)
			return err
		},
	} {
		for _, test := range []struct {
			caller, about string
			action        waymark.Action
			allowed       bool
		}{
			{"carrier", "carrier", waymark.ActReadTelemetry, true},
			{"producer", "carrier", waymark.ActReadTelemetry, true}, // its device
			{"producer", "carrier", waymark.ActCommandDevice, true},
			{"producer", "carrier", waymark.ActReadShipment, true}, // its shipment
			{"retailer", "carrier", waymark.ActReadTelemetry, false},
			{"carrier", "producer", waymark.ActCommandDevice, false},
			{"producer", "carrier", waymark.ActReadPolicy, false}, // nobody's
			{"producer", "carrier", waymark.ActAcceptHandoff, false},
		} {
			err := rule(c, c.As(test.caller, waymark.Operator), somebody(test.about, test.action))
			if (err == nil) != test.allowed || err != nil && waymark.CodeOf(err) != waymark.Forbidden {
				t.Errorf("%s asks for %s, %s: %v", test.caller, test.about, test.action, err)
			}
		}
	}
	for _, role := range []waymark.Role{"", waymark.Viewer, waymark.Relay} { // a record stays for ever
		scenario.Refused(c, c.As("auditor", role), policy.Authorize, somebody("auditor", waymark.ActReadTelemetry), waymark.Forbidden, waymark.DefaultDeny)
	}
}

func TestReceipts(t *testing.T) {
	c := world(t)
	scenario.Must(c, c.As("producer", waymark.Admin), policy.Put, put("p1", grants("auditor")))
	scenario.Must(c, c.As("producer", waymark.Admin), policy.Put, put("p2", grants("retailer")))
	scenario.Must(c, c.As("producer", waymark.Admin), policy.Withdraw, waymark.WithdrawPolicyRequest{ID: "p2", Reason: "x"})
	by := ledger.Caller{Member: "auditor", Role: waymark.Operator, App: "dashboard"}
	ask := waymark.CheckRequest{Action: waymark.ActReadTelemetry, Device: "logger-1", Purpose: "audit-1", DataClass: waymark.ClassCondition}
	r := scenario.Must(c, by, policy.Authorize, ask)
	if !r.Decision.Allowed || r.Principal.ID != "auditor/operator/dashboard" || r.Context.Purpose != "audit-1" || r.Context.Time != c.Now ||
		len(r.Policies) != 1 || r.Policies[0].ID != "p1" || r.Recorded.Member != "auditor" {
		t.Errorf("receipt %+v", r)
	}
	kept := scenario.Must(c, c.As("retailer", waymark.Viewer), policy.Receipt, waymark.ReceiptQuery{TxID: r.TxID})
	if kept.PolicySet != r.PolicySet || kept.Entities != r.Entities {
		t.Errorf("kept %+v", kept)
	}
	if d := scenario.Must(c, by, policy.Authorize, waymark.CheckRequest{Action: waymark.ActManageDevice, Device: "logger-1"}); d.Decision.Allowed || len(d.Policies) != 0 ||
		d.Entities != "" || d.EntitiesSHA256 == "" {
		t.Errorf("denied with %+v", d)
	}
	about := waymark.CheckRequest{Action: waymark.ActManageDevice, Device: "logger-1", Principal: waymark.Principal{Member: "auditor", Role: waymark.Viewer}}
	if d := scenario.Must(c, c.As("producer", waymark.Operator), policy.Authorize, about); d.Decision.Allowed || d.Entities == "" {
		t.Errorf("the owner is told %+v", d)
	}
	scenario.Refused(c, by, policy.Receipt, waymark.ReceiptQuery{TxID: fmt.Sprintf("%064x", 0)}, waymark.NotFound, "")
	scenario.Refused(c, c.As("auditor", ""), policy.Receipt, waymark.ReceiptQuery{TxID: r.TxID}, waymark.Forbidden, waymark.DefaultDeny)

	// What decided may not change before it commits.
	_, tx, err := scenario.Endorse(c, by, policy.Authorize, ask)
	if err != nil {
		t.Fatal(err)
	}
	scenario.Must(c, c.As("producer", waymark.Admin), policy.Put, put("p9", "forbid (principal, action, resource);"))
	if tx.Commit() == nil {
		t.Error("a decision by policies that changed was recorded")
	}
}
