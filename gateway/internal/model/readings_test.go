package model_test

import (
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	rules "github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/policy"
	"github.com/waymark-ledger/waymark/chaincode/rules/telemetry"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/database/databasetest"
	"github.com/waymark-ledger/waymark/gateway/internal/model"
	"pgregory.net/rapid"
)

// readings lists all, in pages of a size.
func readings(t *testing.T, m *model.Model, by rules.Tx, q waymark.ReadingsQuery) (all []waymark.Reading, last waymark.ReadingList) {
	t.Helper()
	for {
		list, err := m.Readings(t.Context(), by, q)
		must(t, err)
		if len(list.Readings) > waymark.Page(q.Limit) {
			t.Fatalf("%d readings, of %d a page", len(list.Readings), q.Limit)
		}
		all = append(all, list.Readings...)
		if q.Cursor = list.Cursor; q.Cursor == "" {
			return all, list
		}
	}
}

// readingsAreShown to everybody as the ledger shows their windows, and series and latest as the list of them.
func readingsAreShown(t *testing.T, open databasetest.Opener) {
	shown, hidden, rounded, strangers := 0, 0, 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		t.Run("", func(t *testing.T) { // so that its databases are closed
			w := newTelemetryWorld(t)
			w.Device(quiet, "producer")
			if rapid.Bool().Draw(rt, "rounded") { // which few histories come to by themselves
				scenario.Must(w.Consortium, w.As("producer", waymark.Admin), policy.Put, waymark.PutPolicyRequest{
					ID: "rounded", Text: `@coarsen("condition:0,air:1") permit (principal, action == Waymark::Action::"ReadTelemetry", resource) when { principal.role == "viewer" };`})
			}
			w.block()
			for range rapid.IntRange(1, 40).Draw(rt, "steps") {
				w.step(rt, t)
				w.block()
			}
			m := w.modelOf(t, open)
			for range 3 {
				caller := w.As(rapid.SampledFrom(everyone).Draw(rt, "caller"), rapid.SampledFrom([]waymark.Role{waymark.Viewer, waymark.Operator, waymark.Relay}).Draw(rt, "role"))
				c := comparison{world: w, model: m, by: rules.Tx{Time: w.Now, Channel: scenario.Channel, Caller: caller}, purpose: rapid.SampledFrom([]string{"", "claim"}).Draw(rt, "purpose")}
				c.compare(t, rt)
				shown, hidden, rounded, strangers = shown+c.shown, hidden+c.hidden, rounded+c.rounded, strangers+c.stranger(t, rt)
			}
		})
	})
	if telling() && (shown == 0 || hidden == 0 || rounded == 0 || strangers == 0) {
		t.Errorf("%d readings were shown, %d not, and %d rounded; %d were shown nothing", shown, hidden, rounded, strangers)
	}
}

// comparison is of what a caller is shown by the model with what it is shown by the ledger.
type comparison struct {
	world   *telemetryWorld
	model   *model.Model
	by      rules.Tx
	purpose string

	windows                map[uint64]*waymark.Window // as the caller sees them, by each of their messages; nil if it does not
	shown, hidden, rounded int
}

func (c *comparison) compare(t *testing.T, rt *rapid.T) {
	t.Helper()
	c.windows = make(map[uint64]*waymark.Window)
	for _, r := range c.world.all {
		w, err := scenario.Submit(c.world.Consortium, c.by.Caller, telemetry.Window, waymark.WindowQuery{Device: "logger-1", Sequence: r.sequence, Purpose: c.purpose})
		if err != nil && waymark.CodeOf(err) != waymark.Forbidden {
			t.Fatal(err)
		}
		c.windows[r.sequence] = w
	}
	latest, err := c.model.Latest(t.Context(), c.by, waymark.LatestQuery{Device: "logger-1", Purpose: c.purpose})
	must(t, err)
	var want []waymark.Reading
	for _, name := range []string{"door", "humidity", "lat", "state", "temperature"} {
		limit := rapid.IntRange(1, 30).Draw(rt, "limit")
		all, last := readings(t, c.model, c.by, waymark.ReadingsQuery{Device: "logger-1", Name: name, Purpose: c.purpose, Limit: limit})
		c.withheld(t, name, last.Withheld)
		c.list(t, name, all)
		c.series(t, rt, name, all)
		if len(all) > 0 {
			want = append(want, all[len(all)-1])
		}
	}
	c.withheld(t, "the latest", latest.Withheld)
	if !reflect.DeepEqual(latest.Readings, append([]waymark.Reading{}, want...)) {
		t.Errorf("%+v for %q: the latest are %+v\nwant %+v", c.by.Caller, c.purpose, latest.Readings, want)
	}
}

// stranger is 1 if the ledger refuses the caller each window: then it is told what it is of a device without readings.
func (c *comparison) stranger(t *testing.T, rt *rapid.T) int {
	t.Helper()
	for _, w := range c.windows {
		if w != nil {
			return 0
		}
	}
	r := rapid.SampledFrom(append(c.world.all, measured{Reading: celsius(c.world.Now, 0)})).Draw(rt, "near")
	for _, name := range []string{"temperature", "lat", r.Name} {
		for _, shipment := range []string{"", fmt.Sprint("s", rapid.IntRange(0, 3).Draw(rt, "of"))} {
			for _, q := range []waymark.ReadingsQuery{{}, {From: r.Time}, {To: r.Time.Add(time.Millisecond)}, {From: r.Time, To: r.Time.Add(time.Millisecond)}} {
				q.Name, q.Shipment, q.Purpose = name, shipment, c.purpose
				toldNothing(t, c.model, c.by, q)
			}
		}
	}
	return min(1, len(c.windows))
}

// withheld checks that nothing is said to be withheld of which no window says so that the caller is shown.
func (c *comparison) withheld(t *testing.T, of string, classes []waymark.DataClass) {
	t.Helper()
	for _, class := range classes {
		if !slices.ContainsFunc(slices.Collect(maps.Values(c.windows)), func(w *waymark.Window) bool { return w != nil && slices.Contains(w.Withheld, class) }) {
			t.Errorf("%+v for %q: of %s class %s is withheld, which no window tells", c.by.Caller, c.purpose, of, class)
		}
	}
}

// list compares the readings that are shown with the series of their windows.
func (c *comparison) list(t *testing.T, name string, all []waymark.Reading) {
	t.Helper()
	if !slices.IsSortedFunc(all, func(a, b waymark.Reading) int { return a.Time.Compare(b.Time) }) {
		t.Errorf("%s is not by time", name)
	}
	byWindow := make(map[uint64][]waymark.Reading)
	for _, r := range all {
		w := c.windows[r.Sequence]
		if w == nil || w.First != r.Window || w.Recorded.TxID != r.TxID || w.Shipment != r.Shipment || w.Edge != r.Edge || w.Disputed != r.Disputed {
			t.Fatalf("%+v for %q is shown %+v of the window %+v", c.by.Caller, c.purpose, r, w)
		}
		byWindow[w.First] = append(byWindow[w.First], r)
	}
	for _, m := range c.world.all {
		if m.Name == name && m.Kind.Measures() && !slices.ContainsFunc(all, func(r waymark.Reading) bool { return r.Sequence == m.sequence && r.Index == m.index }) {
			c.hidden++
		}
	}
	for _, w := range c.windows {
		if w == nil {
			continue
		}
		got := byWindow[w.First]
		i := slices.IndexFunc(w.Series, func(s waymark.Series) bool { return s.Name == name })
		if i < 0 {
			if len(got) > 0 {
				t.Errorf("%+v for %q is shown %s, which its window keeps back", c.by.Caller, c.purpose, name)
			}
			continue
		}
		c.window(t, w, w.Series[i], got)
	}
	c.shown += len(all)
}

// window compares readings with the series of them that the ledger shows.
func (c *comparison) window(t *testing.T, w *waymark.Window, s waymark.Series, got []waymark.Reading) {
	t.Helper()
	count, least, most := int64(0), int64(math.MaxInt64), int64(math.MinInt64)
	for _, r := range got {
		v, err := r.Value.Scaled(waymark.ScaleOf(r.Unit))
		must(t, err)
		count, least, most = count+1, min(least, v), max(most, v)
		if r.Class != s.Class || r.Unit != s.Unit {
			t.Errorf("%+v is of class %s", r, s.Class)
		}
	}
	if count != s.Count || least != s.Min || most != s.Max {
		t.Errorf("%+v for %q: %d readings from %d to %d are shown of %+v", c.by.Caller, c.purpose, count, least, most, s)
	}
	if slices.Contains(w.Coarsened, s.Class) {
		c.rounded += len(got)
	}
}

// readingPages: whatever their size, and from and to when.
func readingPages(t *testing.T, open databasetest.Opener) {
	w := newTelemetryWorld(t)
	start := w.Now
	for n := range int64(30) {
		w.report(t, celsius(start.Add(time.Duration(n/2)*time.Second), n), celsius(start.Add(time.Duration(n/2)*time.Second), 100+n))
	}
	w.block()
	m := w.modelOf(t, open)
	by := rules.Tx{Time: w.Now, Channel: scenario.Channel, Caller: w.As("producer", waymark.Viewer)}
	whole, last := readings(t, m, by, waymark.ReadingsQuery{Device: "logger-1", Name: "temperature"})
	if len(whole) != 60 || last.Block != uint64(len(w.blocks)-1) || whole[0].ID != "logger-1:1:0" || whole[3].ID != "logger-1:2:1" {
		t.Fatalf("%d readings of block %d: %+v", len(whole), last.Block, whole)
	}
	for limit := 1; limit < 61; limit += 7 {
		if all, _ := readings(t, m, by, waymark.ReadingsQuery{Device: "logger-1", Name: "temperature", Limit: limit}); !reflect.DeepEqual(all, whole) {
			t.Errorf("%d a page: %+v", limit, all)
		}
	}
	for _, tt := range []struct {
		from, to time.Duration
		want     int
	}{{0, time.Second, 4}, {time.Millisecond, time.Second, 0}, {-time.Hour, time.Millisecond, 4}, {14 * time.Second, time.Hour, 4}, {time.Second - 1, time.Second + 1, 4}} {
		if all, _ := readings(t, m, by, waymark.ReadingsQuery{Device: "logger-1", Name: "temperature", From: start.Add(tt.from), To: start.Add(tt.to)}); len(all) != tt.want {
			t.Errorf("from %s to %s there are %d, want %d", tt.from, tt.to, len(all), tt.want)
		}
	}
	for name, q := range map[string]waymark.ReadingsQuery{
		"what it never measured": {Device: "logger-1", Name: "humidity"}, "of a shipment": {Device: "logger-1", Name: "temperature", Shipment: "s1"},
	} {
		if all, _ := readings(t, m, by, q); len(all) > 0 {
			t.Errorf("%s: %+v", name, all)
		}
	}
	if _, err := m.Readings(t.Context(), by, waymark.ReadingsQuery{Device: "logger-9", Name: "temperature"}); waymark.CodeOf(err) != waymark.NotFound {
		t.Errorf("of no device: %v", err)
	}
}
