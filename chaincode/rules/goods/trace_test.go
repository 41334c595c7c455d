package goods_test

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/rules/goods"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

func (f *farm) transform(id string, inputs []waymark.Line, outputs ...waymark.Output) {
	f.T.Helper()
	scenario.Must(f.Consortium, f.operator("producer"), goods.Transform, waymark.TransformRequest{ID: id, Inputs: inputs, Outputs: outputs})
}

// trace reads all pages of a trace.
func (f *farm) trace(id string, direction waymark.Direction, limit int) []waymark.TraceEntry {
	f.T.Helper()
	q := waymark.TraceQuery{ID: id, Direction: direction, Limit: limit}
	var all []waymark.TraceEntry
	for {
		page := scenario.Must(f.Consortium, f.As("producer", waymark.Viewer), goods.Trace, q)
		if len(page.Entries) > waymark.Page(limit) || page.Cursor != "" && len(page.Entries) != waymark.Page(limit) {
			f.T.Fatalf("a page of %d has %d entries, cursor %q", limit, len(page.Entries), page.Cursor)
		}
		all = append(all, page.Entries...)
		if page.Cursor == "" {
			return all
		}
		q.Cursor = page.Cursor
	}
}

// story are the entries as indented text.
func story(entries []waymark.TraceEntry) string {
	var b strings.Builder
	for _, e := range entries {
		name := strings.NewReplacer("https://id.gs1.org/", "", milk, "milk", cheese, "cheese", bottle, "bottle").Replace(e.ID)
		fmt.Fprintf(&b, "%s%s", strings.Repeat(" ", e.Depth), name)
		if e.Quantity != "" {
			fmt.Fprintf(&b, " %s", e.Quantity)
		}
		if e.Holder != "" {
			fmt.Fprintf(&b, " at %s", e.Holder)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func (f *farm) expectTrace(id string, direction waymark.Direction, want string) {
	f.T.Helper()
	want = strings.ReplaceAll(strings.TrimPrefix(want, "\n"), "\t", "")
	for _, limit := range []int{1000, 1, 2, 3} {
		if got := story(f.trace(id, direction, limit)); got != want {
			f.T.Errorf("%s of %s, %d a page:\n%swant\n%s", direction, id, limit, got, want)
		}
	}
}

// newDairy: milk lot L is bottled and made into cheese; of the cheese, with other milk, is
// made another; a bottle is shipped on a pallet.
func newDairy(t testing.TB) *farm {
	f := newFarm(t)
	f.bulk(lotOf(milk, "L"), "10", "LTR")
	f.bulk(lotOf(milk, "M"), "5", "LTR")
	f.transform("fill", []waymark.Line{much(lotOf(milk, "L"), "2")}, waymark.Output{ID: item(bottle, "1"), Lot: lotOf(bottle, "B")}, waymark.Output{ID: item(bottle, "2")})
	f.transform("curdle", []waymark.Line{much(lotOf(milk, "L"), "4")}, waymark.Output{ID: lotOf(cheese, "C"), Quantity: "4", Unit: "LTR"})
	f.transform("blend", []waymark.Line{{ID: item(bottle, "2")}, much(lotOf(cheese, "C"), "3"), much(lotOf(milk, "M"), "1")}, waymark.Output{ID: lotOf(cheese, "D"), Quantity: "5", Unit: "LTR"})
	f.pack("producer", box(1), lines(item(bottle, "1"))...)
	f.pack("producer", box(2), append(lines(box(1)), much(lotOf(cheese, "D"), "2"))...)
	f.ship("s1", "retailer", lines(box(2))...)
	f.deliver("s1", "producer", "carrier")
	return f
}

func TestWhatBecameOfIt(t *testing.T) {
	f := newDairy(t)
	f.expectTrace(lotOf(milk, "L"), waymark.TraceForward, `
	 01/milk/10/L 4 at producer
	 curdle 4
	  01/cheese/10/C 4
	   01/cheese/10/C 1 at producer
	   blend 3
	    01/cheese/10/D 5
	     01/cheese/10/D 2 at carrier
	     01/cheese/10/D 3 at producer
	 fill 2
	  01/bottle/21/1 at carrier
	  01/bottle/21/2
	`)
	f.expectTrace(lotOf(bottle, "B"), waymark.TraceForward, `
	 01/bottle/21/1 at carrier
	`)
	f.expectTrace(item(bottle, "2"), waymark.TraceForward, `
	 blend
	  01/cheese/10/D 5
	   01/cheese/10/D 2 at carrier
	   01/cheese/10/D 3 at producer
	`)
	f.expectTrace(item(bottle, "1"), waymark.TraceForward, "")
}

func TestWhatItCameOf(t *testing.T) {
	f := newDairy(t)
	f.expectTrace(lotOf(cheese, "D"), waymark.TraceBack, `
	 blend
	  01/bottle/21/2
	   fill
	    01/milk/10/L 2
	  01/cheese/10/C 3
	   curdle
	  01/milk/10/M 1
	`) // the lot L is there once
	f.expectTrace(item(bottle, "1"), waymark.TraceBack, `
	 01/bottle/10/B
	 fill
	  01/milk/10/L 2
	`)
	f.expectTrace(lotOf(milk, "L"), waymark.TraceBack, "")
}

func TestATraceOfAPallet(t *testing.T) {
	f := newDairy(t)
	read := func(direction waymark.Direction) string {
		return story(scenario.Must(f.Consortium, f.As("carrier", waymark.Viewer), goods.Trace, waymark.TraceQuery{ID: box(2), Direction: direction}).Entries)
	}
	if got, want := read(waymark.TraceForward), strings.ReplaceAll(` 00/395060000000000013 at carrier
  01/bottle/21/1 at carrier
 01/cheese/10/D 2 at carrier
`, "00/395060000000000013", strings.TrimPrefix(canonical(box(1)), "https://id.gs1.org/")); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if got := read(waymark.TraceBack); !strings.Contains(got, "   fill\n    01/milk/10/L 2\n") || !strings.Contains(got, "  blend\n   01/bottle/21/2\n") {
		t.Errorf("got\n%s", got)
	}
}

// TestManyWaysToOne: what many things went into is there once, and so is what it gave.
func TestManyWaysToOne(t *testing.T) {
	f := newFarm(t)
	var items []string
	for n := range 50 {
		items = append(items, item(milk, fmt.Sprint(n)))
	}
	f.commission(lotOf(milk, "L"), items...)
	f.transform("all", lines(items...), outputs(items)...)
	for _, limit := range []int{0, 1, 7} {
		entries := f.trace(lotOf(milk, "L"), waymark.TraceForward, limit)
		seen := map[string]int{}
		for _, e := range entries {
			seen[e.ID]++
		}
		if len(entries) != 101 || len(seen) != 101 {
			t.Errorf("%d entries of %d things", len(entries), len(seen))
		}
	}
}

// outputs are as many other items.
func outputs(items []string) []waymark.Output {
	var all []waymark.Output
	for n := range items {
		all = append(all, waymark.Output{ID: item(cheese, fmt.Sprint(n))})
	}
	return all
}

func TestATraceIsBounded(t *testing.T) {
	f := newFarm(t)
	f.commission("", item(milk, "0"))
	for n := range waymark.MaxTraceDepth {
		f.transform(fmt.Sprintf("t%d", n), lines(item(milk, fmt.Sprint(n))), waymark.Output{ID: item(milk, fmt.Sprint(n+1))})
	}
	for _, limit := range []int{1, 1000} {
		entries := f.trace(item(milk, "0"), waymark.TraceForward, limit)
		last := entries[len(entries)-1]
		if len(entries) != waymark.MaxTraceDepth || last.Depth != waymark.MaxTraceDepth || !last.Unfollowed {
			t.Errorf("%d entries, the last %+v", len(entries), last)
		}
	}
}

func TestWhoReadsGoods(t *testing.T) {
	f := newDairy(t)
	f.commission("", item(milk, "1"))
	may := func(id string, want ...string) {
		t.Helper()
		for _, member := range []string{"producer", "carrier", "retailer", "auditor"} {
			for _, read := range []func() error{
				func() error {
					_, _, err := scenario.Endorse(f.Consortium, f.As(member, waymark.Viewer), goods.Get, waymark.GoodsQuery{ID: id})
					return err
				},
				func() error {
					_, _, err := scenario.Endorse(f.Consortium, f.As(member, waymark.Viewer), goods.Trace, waymark.TraceQuery{ID: id, Direction: waymark.TraceBack})
					return err
				},
			} {
				if err := read(); (err == nil) != slices.Contains(want, member) || err != nil && waymark.CodeOf(err) != waymark.Forbidden {
					t.Errorf("%s reads %s: %v", member, id, err)
				}
			}
		}
	}
	may(item(milk, "1"), "producer", "auditor")               // its regulator
	may(item(bottle, "1"), "producer", "carrier", "retailer") // parties of its shipment
	may(box(1), "producer", "carrier", "retailer")
	may(lotOf(cheese, "D"), "producer", "carrier", "retailer")
	may(lotOf(cheese, "C"), "producer")
	may(item(bottle, "2"), "producer") // it is no more
	for _, read := range []waymark.GoodsQuery{{ID: item(milk, "99")}, {ID: lotOf(milk, "X")}, {ID: box(9)}} {
		scenario.Refused(f.Consortium, f.As("producer", waymark.Viewer), goods.Get, read, waymark.NotFound, "")
	}
	scenario.Refused(f.Consortium, f.As("producer", waymark.Relay), goods.Get, waymark.GoodsQuery{ID: item(milk, "1")}, waymark.Forbidden, waymark.DefaultDeny)
	h := scenario.Must(f.Consortium, f.As("producer", waymark.Viewer), goods.History, waymark.ThingQuery{ID: box(1)})
	if len(h.Versions) != 2 || h.Versions[1].Place != waymark.InContainer(waymark.MustGoods(box(2))) || h.More {
		t.Errorf("history %+v", h)
	}
	scenario.Refused(f.Consortium, f.As("producer", waymark.Viewer), goods.History, waymark.ThingQuery{ID: lotOf(milk, "L")}, waymark.Invalid, "")
}

func TestContentsInPages(t *testing.T) {
	f := newFarm(t)
	var items []string
	for n := range 25 {
		items = append(items, item(milk, fmt.Sprintf("%02d", n)))
	}
	f.commission("", items...)
	f.bulk(lotOf(cheese, "C"), "10", "KGM")
	f.pack("producer", box(1), append(lines(items...), much(lotOf(cheese, "C"), "2.5"))...)
	q := waymark.ContentsQuery{Container: box(1), Limit: 10}
	var all []string
	for {
		page := scenario.Must(f.Consortium, f.As("producer", waymark.Viewer), goods.Contents, q)
		for _, line := range page.Lines {
			all = append(all, line.ID+string(line.Quantity))
		}
		if q.Cursor = page.Cursor; q.Cursor == "" {
			break
		}
	}
	if want := slices.Concat(items, []string{lotOf(cheese, "C") + "2.5"}); !slices.Equal(all, want) {
		t.Errorf("got %v", all)
	}
}

// TestHostileCursors: a cursor that no answer had leads nowhere.
func TestHostileCursors(t *testing.T) {
	f := newDairy(t)
	f.pack("producer", box(3), much(lotOf(milk, "M"), "1"))
	viewer := f.As("producer", waymark.Viewer)
	q := waymark.TraceQuery{ID: lotOf(milk, "L"), Direction: waymark.TraceForward, Limit: 5}
	good := scenario.Must(f.Consortium, viewer, goods.Trace, q).Cursor
	text, err := base64.RawURLEncoding.DecodeString(good)
	if err != nil {
		t.Fatal(err)
	}
	swap := func(old, put string) string {
		if !strings.Contains(string(text), old) {
			t.Fatalf("%s has no %s", text, old)
		}
		return base64.RawURLEncoding.EncodeToString([]byte(strings.ReplaceAll(string(text), old, put)))
	}
	l := `"i":"` + lotOf(milk, "L") + `"`
	for _, cursor := range []string{
		"x", "!!", good + "=", good[:len(good)-2], swap("forward", "back"), swap(`"s":"`+lotOf(milk, "L"), `"s":"`+lotOf(milk, "M")), swap(l, `"i":"`+lotOf(milk, "M")+`"`),
		swap(`"i":"curdle"`, `"i":"fill"`), swap(`"i":"curdle"`, `"i":"none"`), swap(`"i":"curdle"`, `"i":"../x"`), swap(`"k":"transformation"`, `"k":"item"`), swap(`"k":"transformation"`, `"k":"act"`),
		swap(`"a":"0"`, `"a":"-1"`), swap(`"a":"0"`, `"a":"9999999999"`), swap(`"a":"0"`, `"a":"\u0000"`), swap(`"a":"used/curdle"`, `"a":"\u0000"`), swap(`"a":"used/curdle"`, `"a":"../../x"`),
		swap(`"a":"used/curdle"`, `"a":"`+strings.Repeat("a", 65)+`"`), swap(`"m":["`, `"m":["AAAA","`), swap(`"m":["`, `"m":["`+strings.Repeat(`AAAAAAAAAAAAAAAAAAAAAA==","`, 130)), swap(`"p":[`, `"p":[null,`), swap(`"p":[`, `"x":1,"p":[`),
		base64.RawURLEncoding.EncodeToString([]byte(`{}`)), base64.RawURLEncoding.EncodeToString([]byte(`null`)), base64.RawURLEncoding.EncodeToString([]byte(`{"s":"` + lotOf(milk, "L") + `","d":"forward","p":[]}`)),
	} {
		bad := q
		bad.Cursor = cursor
		_, _, err := scenario.Endorse(f.Consortium, viewer, goods.Trace, bad)
		if code := waymark.CodeOf(err); code != waymark.Invalid && code != waymark.NotFound {
			decoded, _ := base64.RawURLEncoding.DecodeString(cursor)
			t.Errorf("%s: %v", decoded, err)
		}
	}
	q.Cursor = good
	scenario.Must(f.Consortium, viewer, goods.Trace, q)
	contents := waymark.ContentsQuery{Container: box(2), Limit: 1}
	page := scenario.Must(f.Consortium, viewer, goods.Contents, contents)
	contents.Container, contents.Cursor = box(3), page.Cursor
	scenario.Refused(f.Consortium, viewer, goods.Contents, contents, waymark.Invalid, "")
	contents.Cursor = base64.RawURLEncoding.EncodeToString([]byte(`{"c":"` + canonical(box(3)) + `","a":"x"}`))
	scenario.Refused(f.Consortium, viewer, goods.Contents, contents, waymark.Invalid, "")
	contents.Cursor = good
	scenario.Refused(f.Consortium, viewer, goods.Contents, contents, waymark.Invalid, "")
}

func TestTransformationsConserve(t *testing.T) {
	f := newFarm(t)
	lot := lotOf(milk, "L")
	f.bulk(lot, "10", "LTR")
	f.commission("", item(bottle, "1"))
	f.commission("", item(milk, "1"))
	by := f.operator("producer")
	in := []waymark.Line{much(lot, "2.5"), {ID: item(bottle, "1")}}
	out := func(quantity waymark.Decimal) []waymark.Output {
		return []waymark.Output{{ID: lotOf(cheese, "C"), Quantity: quantity, Unit: "LTR"}}
	}
	for name, r := range map[string]waymark.TransformRequest{
		"too little":           {ID: "t", Inputs: in, Outputs: out("3.499")},
		"too much":             {ID: "t", Inputs: in, Outputs: out("3.501")},
		"loss that is not":     {ID: "t", Inputs: in, Outputs: out("3.5"), Loss: []waymark.Amount{{Quantity: "0.001", Unit: "LTR"}}},
		"loss of another unit": {ID: "t", Inputs: in, Outputs: out("3.5"), Loss: []waymark.Amount{{Quantity: "1", Unit: "KGM"}}},
		"another unit":         {ID: "t", Inputs: in, Outputs: []waymark.Output{{ID: lotOf(cheese, "C"), Quantity: "3.5", Unit: "KGM"}}},
		"a piece of nothing":   {ID: "t", Inputs: in, Outputs: append(out("3.5"), waymark.Output{ID: item(milk, "2")})},
		"a piece that is gone": {ID: "t", Inputs: append([]waymark.Line{{ID: item(milk, "1")}}, in...), Outputs: out("3.5")},
	} {
		t.Run(name, func(t *testing.T) {
			scenario.Refused(f.Consortium, by, goods.Transform, r, waymark.FailedPrecondition, waymark.ReasonConservation)
		})
	}
	scenario.Refused(f.Consortium, by, goods.Transform, waymark.TransformRequest{ID: "t", Inputs: []waymark.Line{{ID: item(milk, "1")}}, Outputs: []waymark.Output{{ID: item(milk, "1")}}}, waymark.AlreadyExists, "")
	scenario.Refused(f.Consortium, by, goods.Transform, waymark.TransformRequest{ID: "t", Inputs: []waymark.Line{{ID: item(milk, "1")}}, Outputs: []waymark.Output{{ID: item("04012345678918", "1")}}}, waymark.NotFound, "")
	scenario.Must(f.Consortium, by, goods.Transform, waymark.TransformRequest{ID: "t", Inputs: in, Outputs: out("3.4"), Loss: []waymark.Amount{{Quantity: "0.1", Unit: "LTR"}}})
	f.expectLots(lotOf(cheese, "C"), lotOf(cheese, "C"), lot)
}

func TestABrokenLedgerDecidesNothing(t *testing.T) {
	f := newDairy(t)
	f.commission("", item(milk, "1"))
	by := f.operator("producer")
	scenario.Sweep(f.Consortium, f.As("producer", waymark.Admin), goods.RegisterProduct, waymark.RegisterProductRequest{GTIN: "04012345678918", Name: "x", Regulators: []string{"auditor"}})
	scenario.Sweep(f.Consortium, f.As("producer", waymark.Admin), goods.AddRegulator, waymark.AddRegulatorRequest{GTIN: cheese, Regulator: "auditor"})
	scenario.Sweep(f.Consortium, by, goods.Commission, waymark.CommissionRequest{Lot: lotOf(milk, "Z"), Items: []string{item(milk, "7")}})
	scenario.Sweep(f.Consortium, by, goods.Commission, waymark.CommissionRequest{Lot: lotOf(milk, "Y"), Quantity: "1", Unit: "LTR"})
	scenario.Sweep(f.Consortium, by, goods.Pack, waymark.PackRequest{ID: "a", Container: box(4), Lines: append(lines(item(milk, "1")), much(lotOf(milk, "M"), "1"))})
	f.pack("producer", box(4), append(lines(item(milk, "1")), much(lotOf(milk, "M"), "1"))...)
	scenario.Sweep(f.Consortium, by, goods.Unpack, waymark.UnpackRequest{ID: "a", Container: box(4), Lines: lines(item(milk, "1"))})
	scenario.Sweep(f.Consortium, by, goods.Transform, waymark.TransformRequest{ID: "a", Inputs: []waymark.Line{much(lotOf(milk, "M"), "1")}, Outputs: []waymark.Output{{ID: item(bottle, "9")}}})
	scenario.Sweep(f.Consortium, by, goods.Decommission, waymark.DecommissionRequest{ID: "a", Lines: []waymark.Line{much(lotOf(milk, "M"), "1")}, Reason: "sold"})
	scenario.Sweep(f.Consortium, by, goods.Recall, waymark.RecallRequest{Lot: lotOf(milk, "L"), Reason: "glass"})
	f.recall("producer", lotOf(milk, "L"))
	scenario.Sweep(f.Consortium, by, goods.LiftRecall, waymark.LiftRecallRequest{Lot: lotOf(milk, "L"), Reason: "none"})
	for _, id := range []string{item(bottle, "1"), lotOf(cheese, "D"), box(1)} {
		scenario.Sweep(f.Consortium, by, goods.Get, waymark.GoodsQuery{ID: id})
		for _, direction := range waymark.Directions() {
			scenario.Sweep(f.Consortium, by, goods.Trace, waymark.TraceQuery{ID: id, Direction: direction})
		}
	}
	scenario.Sweep(f.Consortium, by, goods.Contents, waymark.ContentsQuery{Container: box(2)})
	scenario.Sweep(f.Consortium, by, goods.History, waymark.ThingQuery{ID: box(2)})
	scenario.Sweep(f.Consortium, by, goods.Product, waymark.ProductQuery{GTIN: milk})
}
