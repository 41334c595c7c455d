package model_test

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	rules "github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
	"github.com/waymark-ledger/waymark/gateway/internal/database/databasetest"
	"github.com/waymark-ledger/waymark/gateway/internal/model"
	"pgregory.net/rapid"
)

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
