package model_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	rules "github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/policy"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/rules/telemetry"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
	"github.com/waymark-ledger/waymark/gateway/internal/database"
	"github.com/waymark-ledger/waymark/gateway/internal/database/databasetest"
	"github.com/waymark-ledger/waymark/gateway/internal/model"
	"pgregory.net/rapid"
)

// measured is a reading that a test's device reported.
type measured struct {
	senml.Reading
	sequence uint64
	index    int
}

// telemetryWorld is a world with one device that measures much.
type telemetryWorld struct {
	*world
	all []measured
}

// report records a message with readings, as they are.
func (w *telemetryWorld) report(t testing.TB, readings ...senml.Reading) {
	t.Helper()
	payload, err := senml.EncodeJSON(readings)
	if err != nil {
		t.Fatal(err)
	}
	sequence := w.logger.Next
	if got := w.record(w.logger.SignPack(payload)); got[0].Outcome != waymark.Recorded {
		t.Fatalf("message %d: %+v", sequence, got[0])
	}
	for i, r := range readings {
		w.all = append(w.all, measured{r, sequence, i})
	}
}

var names = map[string]string{"temperature": "Cel", "humidity": "%RH", "lat": "lat"}

// measure reports some readings, of now or late.
func (w *telemetryWorld) measure(rt *rapid.T, t testing.TB) {
	for range rapid.IntRange(1, 3).Draw(rt, "messages") {
		var readings []senml.Reading
		for range rapid.IntRange(1, 4).Draw(rt, "readings") {
			late := time.Duration(rapid.Int64Range(0, w.Now.Sub(scenario.Start).Milliseconds()).Draw(rt, "late")) * time.Millisecond
			if rapid.Bool().Draw(rt, "of now") {
				late = 0
			}
			r := senml.Reading{Time: w.Now.Add(-late)}
			switch r.Name = rapid.SampledFrom([]string{"temperature", "humidity", "lat", "door", "state"}).Draw(rt, "name"); r.Name {
			case "door":
				r.Kind, r.Unit, r.Value = senml.Boolean, "/", rapid.SampledFrom([]int64{0, 1_000_000}).Draw(rt, "open")
			case "state":
				r.Kind, r.Body = senml.Text, "well"
			default:
				r.Unit, r.Value = names[r.Name], rapid.Int64Range(-1000, 1000).Draw(rt, "value")
			}
			readings = append(readings, r)
		}
		w.report(t, readings...)
	}
}

// step does one thing of many that decide who may read what.
func (w *telemetryWorld) step(rt *rapid.T, t testing.TB) {
	switch rapid.SampledFrom([]string{"measure", "measure", "measure", "classes", "grant", "hand over the device", "else"}).Draw(rt, "step") {
	case "measure":
		w.measure(rt, t)
		w.Now = w.Now.Add(time.Duration(rapid.IntRange(1, 5000).Draw(rt, "seconds")) * time.Second)
	case "classes":
		_, _ = scenario.Submit(w.Consortium, w.As(w.logger.Owner, waymark.Operator), registry.SetAttributes, waymark.SetAttributesRequest{
			Device: "logger-1", Reason: "a test", Attributes: waymark.DeviceAttributes{Measures: []waymark.MeasuredClass{{
				Class: "air", Visibility: waymark.VisibilityOpen, Measurements: []string{rapid.SampledFrom([]string{"temperature", "humidity"}).Draw(rt, "in air")}}}}})
	case "grant":
		_, _ = scenario.Submit(w.Consortium, w.As(w.logger.Owner, waymark.Admin), policy.Put, waymark.PutPolicyRequest{
			ID: fmt.Sprint("t", rapid.IntRange(0, 2).Draw(rt, "policy")), Text: drawTelemetryPolicy(rt)})
	case "hand over the device":
		to := rapid.SampledFrom(everyone).Draw(rt, "to")
		_, err := scenario.Submit(w.Consortium, w.As(w.logger.Owner, waymark.Operator), registry.OfferTransfer, waymark.OfferTransferRequest{Device: "logger-1", To: to, ExpiresAt: w.Now.Add(time.Hour)})
		if err == nil {
			scenario.Must(w.Consortium, w.As(to, waymark.Operator), registry.AcceptTransfer, waymark.AcceptTransferRequest{Device: "logger-1"})
			w.logger.Owner = to
		}
	default:
		sequence := w.logger.Next
		w.world.step(rt)
		if w.logger.Next > sequence { // it measured by itself
			w.all = append(w.all, measured{senml.Reading{Name: "temperature", Unit: "Cel"}, sequence, 0})
		}
	}
}

func drawTelemetryPolicy(t *rapid.T) string {
	effect, annotation := rapid.SampledFrom([]string{"permit", "permit", "permit", "forbid"}).Draw(t, "effect"), ""
	if effect == "permit" {
		annotation = rapid.SampledFrom([]string{"", `@redact("condition") `, `@coarsen("condition:0,air:1") `, `@coarsen("location:2") `, `@retain("P9D") `}).Draw(t, "obligation")
	}
	who := rapid.SampledFrom([]string{"principal", `principal in Waymark::Member::"auditor"`, `principal in Waymark::Member::"carrier"`}).Draw(t, "who")
	when := rapid.SampledFrom([]string{"true", `principal.role == "viewer"`, `context.purpose == "claim"`, `context.dataClass == "air"`}).Draw(t, "when")
	return fmt.Sprintf(`%s%s (%s, action == Waymark::Action::"ReadTelemetry", resource) when { %s };`, annotation, effect, who, when)
}

func newTelemetryWorld(t *testing.T) *telemetryWorld {
	t.Helper()
	w := &telemetryWorld{world: newWorld(t)}
	w.Now = w.Now.Add(time.Hour)
	return w
}

// modelOf is a model of all blocks.
func (w *telemetryWorld) modelOf(t *testing.T, open databasetest.Opener) *model.Model {
	t.Helper()
	m := opened(t, open)
	for _, b := range w.blocks {
		must(t, m.Apply(t.Context(), b))
	}
	return m
}

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
	if shown == 0 || hidden == 0 || rounded == 0 || strangers == 0 {
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
		all, _ := readings(t, c.model, c.by, waymark.ReadingsQuery{Device: "logger-1", Name: name, Purpose: c.purpose, Limit: limit})
		c.list(t, name, all)
		c.series(t, rt, name, all)
		if len(all) > 0 {
			want = append(want, all[len(all)-1])
		}
	}
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

// list compares the readings that are shown with the series of their windows.
func (c *comparison) list(t *testing.T, name string, all []waymark.Reading) {
	t.Helper()
	if !slices.IsSortedFunc(all, func(a, b waymark.Reading) int { return a.Time.Compare(b.Time) }) {
		t.Errorf("%s is not by time", name)
	}
	byWindow := make(map[uint64][]waymark.Reading)
	for _, r := range all {
		w := c.windows[r.Sequence]
		if w == nil || w.First != r.Window || w.Recorded.TxID != r.TxID || w.Shipment != r.Shipment || w.Disputed != r.Disputed {
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

// series compares buckets with what the list shows.
func (c *comparison) series(t *testing.T, rt *rapid.T, name string, all []waymark.Reading) {
	t.Helper()
	for range 2 {
		seconds := rapid.SampledFrom(waymark.BucketSeconds()).Draw(rt, "seconds")
		q := waymark.SeriesQuery{Device: "logger-1", Name: name, Bucket: seconds, Purpose: c.purpose, Limit: rapid.IntRange(1, 20).Draw(rt, "buckets")}
		if got, want := buckets(t, c.model, c.by, q), c.summed(t, all, seconds); !reflect.DeepEqual(got, want) {
			t.Fatalf("%+v for %q: %s by %d seconds is %+v\nwant %+v", c.by.Caller, c.purpose, name, seconds, got, want)
		}
	}
}

// buckets are all of a series.
func buckets(t *testing.T, m *model.Model, by rules.Tx, q waymark.SeriesQuery) (all []waymark.Bucket) {
	t.Helper()
	for {
		list, err := m.Buckets(t.Context(), by, q)
		must(t, err)
		all = append(all, list.Buckets...)
		if q.Cursor = list.Cursor; q.Cursor == "" {
			return all
		}
	}
}

// summed is what readings that are shown come to.
func (c *comparison) summed(t *testing.T, all []waymark.Reading, seconds int) (buckets []waymark.Bucket) {
	t.Helper()
	var sums []int64
	var coarse []bool
	for _, r := range all {
		start := r.Time.Truncate(time.Duration(seconds) * time.Second)
		if n := len(buckets); n == 0 || !buckets[n-1].Start.Equal(start) {
			buckets = append(buckets, waymark.Bucket{Start: start, Unit: r.Unit, Min: r.Value, Max: r.Value})
			sums, coarse = append(sums, 0), append(coarse, false)
		}
		n := len(buckets) - 1
		b := &buckets[n]
		v := scaled(t, r.Value, r.Unit)
		b.Count++
		sums[n] += v
		coarse[n] = coarse[n] || slices.Contains(c.windows[r.Sequence].Coarsened, r.Class)
		if v < scaled(t, b.Min, r.Unit) {
			b.Min = r.Value
		}
		if v > scaled(t, b.Max, r.Unit) {
			b.Max = r.Value
		}
	}
	for n := range buckets {
		if !coarse[n] {
			buckets[n].Mean = mean(buckets[n].Unit, sums[n], buckets[n].Count)
		}
	}
	return buckets
}

func scaled(t *testing.T, d waymark.Decimal, unit string) int64 {
	t.Helper()
	v, err := d.Scaled(waymark.ScaleOf(unit))
	must(t, err)
	return v
}

// mean is half away from zero.
func mean(unit string, sum, count int64) waymark.Decimal {
	magnitude := sum
	if sum < 0 {
		magnitude = -sum
	}
	rounded := (2*magnitude + count) / (2 * count)
	if sum < 0 {
		rounded = -rounded
	}
	return waymark.FormatScaled(rounded, waymark.ScaleOf(unit))
}

func celsius(at time.Time, centi int64) senml.Reading {
	return senml.Reading{Name: "temperature", Unit: "Cel", Value: centi, Time: at}
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

// lateReadings change what there was, and are not the latest; those of a shipment are told apart.
func lateReadings(t *testing.T, open databasetest.Opener) {
	w := newTelemetryWorld(t)
	start := w.Now
	w.report(t, celsius(start, 500))
	w.block()
	scenario.Must(w.Consortium, w.As("producer", waymark.Operator), custody.Create, waymark.CreateShipmentRequest{
		ID: "s1", Consignee: "retailer", Goods: []waymark.Line{{ID: waymark.Item(scenario.GTIN, "s1-1").String()}}})
	scenario.Must(w.Consortium, w.As("producer", waymark.Operator), custody.Attach, waymark.AttachDeviceRequest{Shipment: "s1", Device: "logger-1"})
	w.block()
	w.Now = w.Now.Add(3 * time.Hour)
	w.report(t, celsius(w.Now, 900))
	w.block()
	w.report(t, celsius(start.Add(time.Second), -100), celsius(start.Add(2*time.Second), 801))
	w.block()
	m := w.modelOf(t, open)
	by := rules.Tx{Time: w.Now, Channel: scenario.Channel, Caller: w.As("producer", waymark.Viewer)}
	got := buckets(t, m, by, waymark.SeriesQuery{Device: "logger-1", Name: "temperature", Bucket: 3600})
	want := []waymark.Bucket{
		{Start: start.Truncate(time.Hour), Unit: "Cel", Count: 3, Min: "-1", Max: "8.01", Mean: "4"},
		{Start: w.Now.Truncate(time.Hour), Unit: "Cel", Count: 1, Min: "9", Max: "9", Mean: "9"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	latest, err := m.Latest(t.Context(), by, waymark.LatestQuery{Device: "logger-1"})
	if err != nil || len(latest.Readings) != 1 || latest.Readings[0].Value != "9" || latest.Readings[0].Shipment != "s1" {
		t.Errorf("%+v, %v", latest, err)
	}
	of, _ := readings(t, m, by, waymark.ReadingsQuery{Device: "logger-1", Name: "temperature", Shipment: "s1"})
	if len(of) != 3 {
		t.Errorf("of the shipment %+v", of)
	}
	other := rules.Tx{Time: w.Now, Channel: scenario.Channel, Caller: w.As("retailer", waymark.Viewer)}
	if shown, list := readings(t, m, other, waymark.ReadingsQuery{Device: "logger-1", Name: "temperature"}); len(shown) != 3 || list.Withheld != nil {
		t.Errorf("a party of the shipment is shown %+v, and withheld %v", shown, list.Withheld)
	}
}

// manyReadings are more than one page sums up: in one bucket, and in many.
func manyReadings(t *testing.T, open databasetest.Opener) {
	w := newTelemetryWorld(t)
	start := w.Now.Truncate(time.Hour)
	w.Now = w.Now.Add(2 * time.Hour)
	for n := range int64(180) {
		step, from := 10*time.Millisecond, start.Add(time.Duration(n)*250*time.Millisecond)
		if n >= 100 { // these are less dense
			step, from = time.Second, start.Add(10*time.Minute+time.Duration(n-100)*25*time.Second)
		}
		var all []senml.Reading
		for i := range int64(25) {
			all = append(all, celsius(from.Add(time.Duration(i)*step), n))
		}
		w.report(t, all...)
		if n%20 == 19 {
			w.block()
		}
	}
	m := w.modelOf(t, open)
	m.SumAtMost(2_000)
	by := rules.Tx{Time: w.Now, Channel: scenario.Channel, Caller: w.As("producer", waymark.Viewer)}
	first, err := m.Buckets(t.Context(), by, waymark.SeriesQuery{Device: "logger-1", Name: "temperature", Bucket: 60})
	if err != nil || len(first.Buckets) != 1 || first.Buckets[0].Count != 2_500 || first.Buckets[0].Max != "0.99" || first.Cursor == "" {
		t.Errorf("%+v, %v", first, err)
	}
	for _, seconds := range waymark.BucketSeconds() {
		all, count := buckets(t, m, by, waymark.SeriesQuery{Device: "logger-1", Name: "temperature", Bucket: seconds, Limit: waymark.MaxPage}), int64(0)
		for i, b := range all {
			count += b.Count
			if i > 0 && !b.Start.After(all[i-1].Start) {
				t.Errorf("by %d seconds: %s comes after %s", seconds, b.Start, all[i-1].Start)
			}
		}
		if count != 4_500 {
			t.Errorf("by %d seconds there are %d readings", seconds, count)
		}
	}
}

// exactSums are those of values that come to more than fits.
func exactSums(t *testing.T, open databasetest.Opener) {
	w := newTelemetryWorld(t)
	start := w.Now.Truncate(time.Hour)
	for i, values := range [][]int64{{math.MaxInt64, math.MaxInt64, math.MaxInt64 - 1}, {math.MinInt64, math.MinInt64, math.MinInt64 + 3}, {math.MinInt64, math.MaxInt64}, {-1, -2}, {-1, -1, -3}} {
		for _, v := range values {
			w.report(t, senml.Reading{Name: "odd", Unit: "ph", Value: v, Time: start.Add(time.Duration(i) * time.Minute)})
			w.block()
		}
	}
	m := w.modelOf(t, open)
	by := rules.Tx{Time: w.Now, Channel: scenario.Channel, Caller: w.As("producer", waymark.Viewer)}
	var means []string
	for _, b := range buckets(t, m, by, waymark.SeriesQuery{Device: "logger-1", Name: "odd", Bucket: 60}) {
		means = append(means, string(b.Mean))
	}
	if want := "9223372036854.775807 -9223372036854.775807 -0.000001 -0.000002 -0.000002"; strings.Join(means, " ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(means, " "), want)
	}
	if all := buckets(t, m, by, waymark.SeriesQuery{Device: "logger-1", Name: "odd", Bucket: 3600}); len(all) != 1 || all[0].Count != 13 || all[0].Mean != "-0.000001" {
		t.Errorf("by hours %+v", all)
	}
}

// readingsByHand: a byte that is changed in any of the tables is found.
func readingsByHand(t *testing.T, open databasetest.Opener) {
	w := newTelemetryWorld(t)
	w.report(t, celsius(w.Now, 500), celsius(w.Now.Add(time.Second), 600))
	w.block()
	c, at := newChain(0, w.blocks...), w.Now.UnixMilli()
	for change, want := range map[string]string{
		"UPDATE readings SET value = 501 WHERE n = 0":          fmt.Sprintf("readings 1:%d:1:0: value is not as the ledger makes it", at),
		"DELETE FROM readings WHERE n = 1":                     fmt.Sprintf("readings 1:%d:1:1 is missing", at+1000),
		"INSERT INTO readings VALUES (1, 5, 1, 0, 1, 7)":       "readings 1:5:1:0 is not of the ledger",
		"UPDATE hours SET low = low + 1":                       fmt.Sprintf("hours 1:%d:1: low is not as the ledger makes it", w.Now.Truncate(time.Hour).UnixMilli()),
		"UPDATE series SET owner = 'carrier'":                  "series 1: owner is not as the ledger makes it",
		"UPDATE measurements SET name = 'pressure'":            "measurements 1: name is not as the ledger makes it",
		"INSERT INTO measurements VALUES (2, 'logger-1', 'x')": "measurements 2 is not of the ledger",
	} {
		m := opened(t, open)
		must(t, m.Replay(t.Context(), c, uint64(len(w.blocks))))
		must(t, m.DB().Update(t.Context(), func(ctx context.Context, s database.Statements) error {
			_, err := s.ExecContext(ctx, change)
			return err
		}))
		got := ""
		if _, err := m.Check(t.Context(), c, opened(t, open), func(d model.Difference) { got += d.String() }); err != nil || got != want {
			t.Errorf("%s: %v, found %q", change, err, got)
		}
	}
}

// numberedAlike also when a model is made anew while a gateway goes on with it, by itself or by another.
func numberedAlike(t *testing.T, open databasetest.Opener) {
	w := newTelemetryWorld(t)
	for n := range 6 {
		w.report(t, senml.Reading{Name: fmt.Sprint("probe-", n%4), Unit: "Cel", Value: int64(n), Time: w.Now}, celsius(w.Now, int64(n)))
		w.block()
	}
	c, same, height := newChain(0, w.blocks...), open(t), uint64(len(w.blocks))
	one, other := model.New(same()), model.New(same())
	must(t, one.Replay(t.Context(), c, height))
	must(t, other.DB().Empty(t.Context()))
	must(t, other.Replay(t.Context(), c, 3))
	must(t, one.Replay(t.Context(), c, 5))
	must(t, other.Replay(t.Context(), c, height))
	if _, err := one.Check(t.Context(), c, opened(t, open), func(d model.Difference) { t.Error(d) }); err != nil {
		t.Error(err)
	}
	must(t, one.DB().Empty(t.Context()))
	must(t, one.Replay(t.Context(), c, height))
	if _, err := one.Check(t.Context(), c, opened(t, open), func(d model.Difference) { t.Error(d) }); err != nil {
		t.Error(err)
	}
}

// unreadable: what a transaction recorded that this gateway cannot read is not passed over.
func unreadable(t *testing.T, open databasetest.Opener) {
	for name, change := range map[string]func(request string) string{
		"no messages":     func(string) string { return "{" },
		"fewer messages":  func(string) string { return `{"messages":[]}` },
		"another message": func(string) string { return `{"messages":["e30.e30.e30"]}` },
	} {
		w := newTelemetryWorld(t)
		w.report(t, celsius(w.Now, 500))
		w.block()
		tx := &w.blocks[len(w.blocks)-1].Transactions[0]
		whole := tx.Request
		tx.Request = change(whole)
		m := opened(t, open)
		must(t, m.Apply(t.Context(), w.blocks[0]))
		if err := m.Apply(t.Context(), w.blocks[1]); err == nil || errors.Is(err, model.ErrNotNext) {
			t.Errorf("%s: %v", name, err)
		}
		writes := tx.Writes
		tx.Writes = nil // as of two members that may write a handoff, and call it a message
		must(t, opened(t, open).Replay(t.Context(), newChain(0, w.blocks...), uint64(len(w.blocks))))
		tx.Request, tx.Writes = whole, writes
		must(t, m.Apply(t.Context(), w.blocks[1]))
	}
}
