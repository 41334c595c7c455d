package model_test

import (
	"encoding/base64"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	rules "github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/policy"
	"github.com/waymark-ledger/waymark/chaincode/rules/telemetry"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
	"github.com/waymark-ledger/waymark/gateway/internal/cursor"
	"github.com/waymark-ledger/waymark/gateway/internal/database/databasetest"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/model"
)

// quiet is a device that never measured anything.
const quiet = "quiet-1"

// toldNothing compares what a caller is answered about a device with what it is answered about one without readings.
func toldNothing(t *testing.T, m *model.Model, by rules.Tx, q waymark.ReadingsQuery) {
	t.Helper()
	for _, limit := range []int{1, 0} {
		q.Limit = limit
		hidden, none := q, q
		hidden.Device, none.Device = "logger-1", quiet
		got, err := m.Readings(t.Context(), by, hidden)
		want, errNone := m.Readings(t.Context(), by, none)
		if err != nil || errNone != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%+v asks for %+v: %+v, %v\nwithout readings %+v, %v", by.Caller, q, got, err, want, errNone)
		}
		for _, seconds := range waymark.BucketSeconds() {
			s := waymark.SeriesQuery{Device: "logger-1", Name: q.Name, Bucket: seconds, From: q.From, To: q.To, Shipment: q.Shipment, Purpose: q.Purpose, Limit: limit}
			got, err := m.Buckets(t.Context(), by, s)
			s.Device = quiet
			want, errNone := m.Buckets(t.Context(), by, s)
			if err != nil || errNone != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%+v asks for %+v: %+v, %v\nwithout readings %+v, %v", by.Caller, s, got, err, want, errNone)
			}
		}
	}
	got, err := m.Latest(t.Context(), by, waymark.LatestQuery{Device: "logger-1", Purpose: q.Purpose})
	want, errNone := m.Latest(t.Context(), by, waymark.LatestQuery{Device: quiet, Purpose: q.Purpose})
	if err != nil || errNone != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v asks for the latest: %+v, %v\nwithout readings %+v, %v", by.Caller, got, err, want, errNone)
	}
}

// witnessing is a world in which logger-1 measured 600 times by itself, and then 3 times as the witness of s1. The parties
// of that are producer and retailer.
func witnessing(t *testing.T) (w *telemetryWorld, start time.Time) {
	t.Helper()
	w = newTelemetryWorld(t)
	w.Device(quiet, "producer")
	start = w.Now
	w.Now = start.Add(10 * time.Minute)
	for minute := range 6 {
		var all []senml.Reading
		for n := range 100 {
			all = append(all, celsius(start.Add(time.Duration(minute)*time.Minute+time.Duration(n)*time.Millisecond), int64(n)))
		}
		w.report(t, all...)
	}
	w.block()
	scenario.Must(w.Consortium, w.As("producer", waymark.Operator), custody.Create, waymark.CreateShipmentRequest{
		ID: "s1", Consignee: "retailer", Goods: []waymark.Line{{ID: waymark.Item(scenario.GTIN, "s1-1").String()}}})
	scenario.Must(w.Consortium, w.As("producer", waymark.Operator), custody.Attach, waymark.AttachDeviceRequest{Shipment: "s1", Device: "logger-1"})
	w.block()
	for range 3 {
		w.Now = w.Now.Add(time.Hour)
		w.report(t, celsius(w.Now, 900))
	}
	w.block()
	return w, start
}

// hiddenReadings leave no trace, whatever is asked for; and cursors go on at nothing that is hidden.
func hiddenReadings(t *testing.T, open databasetest.Opener) {
	w, start := witnessing(t)
	scenario.Must(w.Consortium, w.As("producer", waymark.Admin), policy.Put, waymark.PutPolicyRequest{ID: "place",
		Text: `permit (principal in Waymark::Member::"auditor", action == Waymark::Action::"ReadTelemetry", resource) when { context.dataClass == "location" };`})
	w.block()
	m := w.modelOf(t, open)
	for _, who := range []rules.Caller{w.As("carrier", waymark.Viewer), w.As("producer", waymark.Relay), w.As("auditor", waymark.Viewer)} {
		by := rules.Tx{Time: w.Now, Channel: scenario.Channel, Caller: who}
		for _, q := range []waymark.ReadingsQuery{
			{Name: "temperature"}, {Name: "humidity"}, {Name: "temperature", Shipment: "s1"}, {Name: "temperature", Shipment: "s2"},
			{Name: "temperature", From: start}, {Name: "temperature", To: start.Add(time.Millisecond)}, {Name: "temperature", From: start.Add(time.Second), To: start.Add(time.Minute)},
		} {
			toldNothing(t, m, by, q)
		}
	}
	party := rules.Tx{Time: w.Now, Channel: scenario.Channel, Caller: w.As("retailer", waymark.Viewer)}
	for _, limit := range []int{2, 3} { // the hidden ones, before them, are more than a page looks at
		list, err := m.Readings(t.Context(), party, waymark.ReadingsQuery{Device: "logger-1", Name: "temperature", Limit: limit})
		if err != nil || len(list.Readings) != limit || (list.Cursor == "") != (limit == 3) || list.Withheld != nil {
			t.Errorf("%d a page: %+v, %v", limit, list, err)
		}
	}
	for _, tt := range []struct {
		to   time.Time
		want int
	}{{start.Add(time.Hour), 0}, {time.Time{}, 3}} {
		list, err := m.Buckets(t.Context(), party, waymark.SeriesQuery{Device: "logger-1", Name: "temperature", Bucket: 60, To: tt.to})
		if err != nil || len(list.Buckets) != tt.want || list.Cursor != "" || list.Withheld != nil {
			t.Errorf("to %s: %+v, %v", tt.to, list, err)
		}
	}
}

// forgedWitness: what two members write of a shipment takes nobody's other readings, as on the ledger.
func forgedWitness(t *testing.T, open databasetest.Opener) {
	w, _ := witnessing(t)
	b := &w.blocks[len(w.blocks)-1]
	forged := []byte(`{"shipment":"s2","custodian":"carrier","state":"ready"}`)
	b.Transactions[0].Writes = append(b.Transactions[0].Writes, ledger.Write{Key: rules.CustodyKey("s1").String(), Value: forged})
	_, err := w.World.Submit(w.by("carrier", waymark.Operator), func(l rules.Ledger) error { return l.Put(rules.CustodyKey("s1"), forged) })
	must(t, err)
	m, owner := w.modelOf(t, open), w.As("producer", waymark.Viewer)
	by := rules.Tx{Time: w.Now, Channel: scenario.Channel, Caller: owner}
	for sequence, want := range map[uint64]waymark.Code{1: "", 7: waymark.Internal} {
		_, err := scenario.Submit(w.Consortium, owner, telemetry.Window, waymark.WindowQuery{Device: "logger-1", Sequence: sequence})
		if waymark.CodeOf(err) != want {
			t.Errorf("the window of message %d: %v", sequence, err)
		}
	}
	if all, last := readings(t, m, by, waymark.ReadingsQuery{Device: "logger-1", Name: "temperature"}); len(all) != 600 || last.Withheld != nil {
		t.Errorf("%d readings, and withheld %v", len(all), last.Withheld)
	}
	if all := buckets(t, m, by, waymark.SeriesQuery{Device: "logger-1", Name: "temperature", Bucket: 86400}); len(all) != 1 || all[0].Count != 600 {
		t.Errorf("buckets %+v", all)
	}
	if latest, err := m.Latest(t.Context(), by, waymark.LatestQuery{Device: "logger-1"}); err != nil || len(latest.Readings) != 1 || latest.Readings[0].Shipment != "" {
		t.Errorf("latest %+v, %v", latest, err)
	}
}

// sealedReadingCursors are good for the same list and identity alone.
func sealedReadingCursors(t *testing.T, open databasetest.Opener) {
	w, start := witnessing(t)
	r := model.NewReader(w.modelOf(t, open), viewers{&depot{world: w.world}}, "producer", scenario.Channel, func(string) string { return "" }, cursor.New(databasetest.SQLite(t)()))
	list, err := r.Readings(t.Context(), "producer", waymark.ReadingsQuery{Device: "logger-1", Name: "temperature", Limit: 1})
	series, errSeries := r.Series(t.Context(), "producer", waymark.SeriesQuery{Device: "logger-1", Name: "temperature", Bucket: 60, Limit: 1})
	if err != nil || errSeries != nil || list.Cursor == "" || series.Cursor == "" {
		t.Fatalf("%+v, %v; %+v, %v", list, err, series, errSeries)
	}
	for _, c := range []string{list.Cursor, series.Cursor} {
		sealed, err := base64.RawURLEncoding.DecodeString(c)
		if err != nil || strings.Contains(string(sealed), fmt.Sprint(start.Unix())[:5]) {
			t.Errorf("cursor %s: %v", c, err)
		}
	}
	for _, tt := range []struct {
		as     ledger.Identity
		cursor string
		want   waymark.Code
	}{
		{"producer", list.Cursor, ""}, {"retailer", list.Cursor, waymark.Invalid}, {"producer", series.Cursor, waymark.Invalid},
		{"producer", fmt.Sprintf("%d:1:0", start.UnixMilli()), waymark.Invalid},
	} {
		_, err := r.Readings(t.Context(), tt.as, waymark.ReadingsQuery{Device: "logger-1", Name: "temperature", Cursor: tt.cursor})
		if waymark.CodeOf(err) != tt.want {
			t.Errorf("%s goes on at %s: %v", tt.as, tt.cursor, err)
		}
	}
	next, err := r.Series(t.Context(), "producer", waymark.SeriesQuery{Device: "logger-1", Name: "temperature", Bucket: 60, Limit: 1, Cursor: series.Cursor})
	if err != nil || len(next.Buckets) != 1 || !next.Buckets[0].Start.After(series.Buckets[0].Start) {
		t.Errorf("%+v, %v", next, err)
	}
}

// hiddenClasses: that a class is withheld is told of windows of which the caller has a part, as the ledger tells it, and of no others.
func hiddenClasses(t *testing.T, open databasetest.Opener) {
	w := newTelemetryWorld(t)
	scenario.Must(w.Consortium, w.As("producer", waymark.Admin), policy.Put, waymark.PutPolicyRequest{ID: "condition",
		Text: `permit (principal in Waymark::Member::"auditor", action == Waymark::Action::"ReadTelemetry", resource) when { context.dataClass == "condition" };`})
	place := func(at time.Time) senml.Reading {
		return senml.Reading{Name: "lat", Unit: "lat", Value: 40, Time: at}
	}
	w.report(t, place(w.Now)) // of a window of its own
	w.block()
	w.Now = w.Now.Add(time.Hour)
	w.report(t, place(w.Now), celsius(w.Now, 500))
	w.block()
	m := w.modelOf(t, open)
	by := rules.Tx{Time: w.Now, Channel: scenario.Channel, Caller: w.As("auditor", waymark.Viewer)}
	for _, tt := range []struct {
		from, to time.Time
		want     []waymark.DataClass
	}{{w.Now.Add(-2 * time.Hour), w.Now, nil}, {w.Now, time.Time{}, []waymark.DataClass{waymark.ClassLocation}}} {
		list, err := m.Readings(t.Context(), by, waymark.ReadingsQuery{Device: "logger-1", Name: "lat", From: tt.from, To: tt.to})
		if err != nil || len(list.Readings) > 0 || !slices.Equal(list.Withheld, tt.want) {
			t.Errorf("from %s: %+v, %v", tt.from, list, err)
		}
		series, err := m.Buckets(t.Context(), by, waymark.SeriesQuery{Device: "logger-1", Name: "lat", Bucket: 60, From: tt.from, To: tt.to})
		if err != nil || len(series.Buckets) > 0 || !slices.Equal(series.Withheld, tt.want) {
			t.Errorf("buckets from %s: %+v, %v", tt.from, series, err)
		}
	}
}

// manySeries are more than an answer decides: who may have any is told that there are more, or what to ask for, and others nothing.
func manySeries(t *testing.T, open databasetest.Opener) {
	w, start := witnessing(t)
	w.report(t, senml.Reading{Name: "humidity", Unit: "%RH", Value: 40, Time: start}) // the oldest
	w.block()
	m := w.modelOf(t, open)
	m.DecideAtMost(1)
	for member, want := range map[string]int{"producer": 1, "carrier": 0} {
		by := rules.Tx{Time: w.Now, Channel: scenario.Channel, Caller: w.As(member, waymark.Viewer)}
		latest, err := m.Latest(t.Context(), by, waymark.LatestQuery{Device: "logger-1"})
		if err != nil || len(latest.Readings) != want || latest.More != (want > 0) {
			t.Errorf("the latest for %s: %+v, %v", member, latest, err)
		}
		_, err = m.Readings(t.Context(), by, waymark.ReadingsQuery{Device: "logger-1", Name: "temperature"})
		if (waymark.CodeOf(err) == waymark.Invalid) != (want > 0) {
			t.Errorf("readings for %s: %v", member, err)
		}
		list, err := m.Readings(t.Context(), by, waymark.ReadingsQuery{Device: "logger-1", Name: "temperature", Shipment: "s1"})
		if err != nil || len(list.Readings) != 3*want {
			t.Errorf("readings of the shipment for %s: %+v, %v", member, list, err)
		}
	}
}
