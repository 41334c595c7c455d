package waymark_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

func at(latitude, longitude waymark.Decimal) waymark.Position {
	return waymark.Position{Latitude: latitude, Longitude: longitude}
}

// valid is a condition of a kind that holds.
func valid(kind waymark.ConditionKind) waymark.Condition {
	switch kind {
	case waymark.ConditionMKT:
		return waymark.Condition{Kind: kind, Name: "temperature", Unit: "Cel", MKT: &waymark.MKTLimit{Limit: "25", WindowSeconds: 3600}}
	case waymark.ConditionGeofence:
		return waymark.Condition{Kind: kind, Name: "latitude", Unit: "lat", Fence: &waymark.Fence{LongitudeName: "longitude",
			Polygon: []waymark.Position{at("52", "4"), at("53", "4"), at("52", "5")}}}
	default:
		return waymark.Condition{Kind: kind, Name: "temperature", Unit: "Cel", Maximum: "8", IntervalSeconds: 60, Agreement: "0.25",
			Budget: &waymark.Budget{Seconds: 3600, Mode: waymark.BudgetCumulative}}
	}
}

// plain makes a range a plain one that is anchored, and then something more of it.
func plain(more func(*waymark.Condition)) func(*waymark.Condition) {
	return func(c *waymark.Condition) {
		c.Budget, c.IntervalSeconds, c.Agreement, c.Anchored = nil, 0, "", true
		if more != nil {
			more(c)
		}
	}
}

func TestConditionsOfEveryKind(t *testing.T) {
	const ranged, mkt, fence = waymark.ConditionRange, waymark.ConditionMKT, waymark.ConditionGeofence
	circle := &waymark.Circle{Center: at("52", "4"), RadiusMeters: 500}
	tests := map[string]struct {
		kind   waymark.ConditionKind
		change func(*waymark.Condition)
		field  string // empty if it holds, "." for the condition itself
	}{
		"a range":               {ranged, nil, ""},
		"mkt":                   {mkt, nil, ""},
		"a polygon":             {fence, nil, ""},
		"a circle":              {fence, func(c *waymark.Condition) { c.Fence.Polygon, c.Fence.Circle = nil, circle }, ""},
		"a fence with a budget": {fence, func(c *waymark.Condition) { c.Budget = valid(ranged).Budget }, ""},
		"another kind":          {"mode", nil, "/kind"},
		"an id with a slash":    {ranged, func(c *waymark.Condition) { c.ID = "a/b" }, "/id"},
		"a range with mkt":      {ranged, func(c *waymark.Condition) { c.MKT = valid(mkt).MKT }, "/mkt"},
		"a range with a fence":  {ranged, func(c *waymark.Condition) { c.Fence = valid(fence).Fence }, "/fence"},
		"mkt without a limit":   {mkt, func(c *waymark.Condition) { c.MKT = nil }, "/mkt"},
		"mkt with a bound":      {mkt, func(c *waymark.Condition) { c.Maximum = "8" }, "."},
		"mkt with a budget":     {mkt, func(c *waymark.Condition) { c.Budget = valid(ranged).Budget }, "/budget"},
		"mkt of kelvins":        {mkt, func(c *waymark.Condition) { c.Unit = "K" }, "/unit"},
		"mkt above the table":   {mkt, func(c *waymark.Condition) { c.MKT.Limit = "100.01" }, "/mkt/limit"},
		"mkt too fine":          {mkt, func(c *waymark.Condition) { c.MKT.Limit = "25.001" }, "/mkt/limit"},
		"a short window":        {mkt, func(c *waymark.Condition) { c.MKT.WindowSeconds = 3599 }, "/mkt/window_seconds"},
		"no fence":              {fence, func(c *waymark.Condition) { c.Fence = nil }, "/fence"},
		"an empty fence":        {fence, func(c *waymark.Condition) { c.Fence.Polygon = nil }, "/fence"},
		"both shapes":           {fence, func(c *waymark.Condition) { c.Fence.Circle = circle }, "/fence"},
		"two corners":           {fence, func(c *waymark.Condition) { c.Fence.Polygon = c.Fence.Polygon[:2] }, "/fence/polygon"},
		"a corner off Earth":    {fence, func(c *waymark.Condition) { c.Fence.Polygon[1].Latitude = "90.1" }, "/fence/polygon/1/latitude"},
		"a corner too fine":     {fence, func(c *waymark.Condition) { c.Fence.Polygon[1].Longitude = "1.00000001" }, "/fence/polygon/1/longitude"},
		"a circle without a radius": {fence, func(c *waymark.Condition) {
			c.Fence.Polygon, c.Fence.Circle = nil, &waymark.Circle{Center: at("1", "1")}
		}, "/fence/circle/radius_meters"},
		"a nameless longitude":       {fence, func(c *waymark.Condition) { c.Fence.LongitudeName = "" }, "/fence/longitude_name"},
		"a fence of degrees Celsius": {fence, func(c *waymark.Condition) { c.Unit = "Cel" }, "/unit"},
		"a fence that agrees":        {fence, func(c *waymark.Condition) { c.Agreement = "1" }, "/agreement"},
		"no time outside":            {ranged, func(c *waymark.Condition) { c.Budget.Seconds = 0 }, "/budget/seconds"},
		"a year and a day outside":   {ranged, func(c *waymark.Condition) { c.Budget.Seconds = 367 * 86400 }, "/budget/seconds"},
		"another mode":               {ranged, func(c *waymark.Condition) { c.Budget.Mode = "" }, "/budget/mode"},
		"a backward interval":        {ranged, func(c *waymark.Condition) { c.IntervalSeconds = -1 }, "/interval_seconds"},
		"a long interval":            {ranged, func(c *waymark.Condition) { c.IntervalSeconds = 86401 }, "/interval_seconds"},
		"an agreement on nothing":    {ranged, func(c *waymark.Condition) { c.Agreement = "0" }, "/agreement"},
		"an anchored range":          {ranged, plain(nil), ""},
		"anchored with a budget":     {ranged, func(c *waymark.Condition) { c.Anchored = true }, "/anchored"},
		"anchored with an interval":  {ranged, plain(func(c *waymark.Condition) { c.IntervalSeconds = 60 }), "/anchored"},
		"anchored with an agreement": {ranged, plain(func(c *waymark.Condition) { c.Agreement = "0.25" }), "/anchored"},
		"anchored mkt":               {mkt, func(c *waymark.Condition) { c.Anchored = true }, "/anchored"},
		"an anchored fence":          {fence, func(c *waymark.Condition) { c.Anchored = true }, "/anchored"},
		"an agreement too fine":      {ranged, func(c *waymark.Condition) { c.Agreement = "0.001" }, "/agreement"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := valid(test.kind)
			if test.change != nil {
				test.change(&c)
			}
			want := test.field
			if want != "" {
				want = "/conditions/0" + strings.TrimPrefix(want, ".")
			}
			err := waymark.AsError(request(c).Validate())
			if got := field(err); got != want {
				t.Errorf("got %q (%v), want %q", got, err, want)
			}
		})
	}
}

func request(conditions ...waymark.Condition) waymark.CreateShipmentRequest {
	return waymark.CreateShipmentRequest{ID: "s1", Consignee: "retailer", Goods: []waymark.Line{{ID: "urn:epc:id:sgtin:0012345.060001.1"}}, Conditions: conditions}
}

func field(err *waymark.Error) string {
	if err == nil {
		return ""
	}
	return err.Field
}

func TestRulesOfOneMeasurement(t *testing.T) {
	plain, budget := waymark.Condition{Name: "temperature", Unit: "Cel", Maximum: "8"}, valid(waymark.ConditionRange)
	for name, test := range map[string]struct {
		request waymark.CreateShipmentRequest
		field   string
	}{
		"several budgets":                  {request(budget, budget, plain), ""},
		"two plain ranges":                 {request(plain, budget, plain), "/conditions/2"},
		"one id twice":                     {request(budget, waymark.Condition{ID: "c1", Name: "t", Unit: "Cel", Maximum: "8"}), "/conditions/1/id"},
		"a profile and conditions":         {waymark.CreateShipmentRequest{ID: "s1", Consignee: "r", Goods: request().Goods, Conditions: []waymark.Condition{plain}, Profile: "p"}, "/profile"},
		"a profile with a way up in it":    {waymark.CreateShipmentRequest{ID: "s1", Consignee: "r", Goods: request().Goods, Profile: "../p"}, "/profile"},
		"a profile in place of conditions": {waymark.CreateShipmentRequest{ID: "s1", Consignee: "r", Goods: request().Goods, Profile: "p"}, ""},
	} {
		if got := field(waymark.AsError(test.request.Validate())); got != test.field {
			t.Errorf("%s: got %q, want %q", name, got, test.field)
		}
	}
}

// TestAConditionOfTheVersionBefore reads as the plain range that it was.
func TestAConditionOfTheVersionBefore(t *testing.T) {
	var stored []waymark.Condition
	if err := json.Unmarshal([]byte(`[{"name":"temperature","unit":"Cel","minimum":"2","maximum":"8"}]`), &stored); err != nil {
		t.Fatal(err)
	}
	want := waymark.Condition{ID: "c1", Kind: waymark.ConditionRange, Name: "temperature", Unit: "Cel", Minimum: "2", Maximum: "8"}
	resolved := waymark.Resolve(stored)
	if !reflect.DeepEqual(resolved, []waymark.Condition{want}) || resolved[0].OverTime() {
		t.Errorf("got %+v", resolved)
	}
	if again := waymark.Resolve(resolved); !reflect.DeepEqual(again, resolved) {
		t.Errorf("resolved again: %+v", again)
	}
}
