package telemetry_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/rules/telemetry"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/anchor"
)

var bodyOfAll = strings.Repeat("0b", 32)

// logger is a device of the producer whose temperatures are anchored. What it measures it has told by message 1, in full.
func logger(c *scenario.Consortium) *scenario.Device {
	c.T.Helper()
	d := c.Device("logger-1", "producer")
	d.Anchors("temperature", "door")
	at := c.Now.Unix()
	first := fmt.Sprintf(`[{"n":"door","vb":true,"t":%d},{"n":"temperature","u":"Cel","v":4,"t":%d},{"n":"temperature","u":"K","v":277,"t":%d}]`, at, at, at)
	if got := outcomeOf(anchors(c, d.SignPack([]byte(first)))[0]); got != "recorded" {
		c.T.Fatal(got)
	}
	return d
}

// packs signs the next n messages of a device.
func packs(d *scenario.Device, n int) []string {
	var all []string
	for i := range n {
		all = append(all, d.Pack(int64(400+i), int64(500-i)))
	}
	return all
}

// streamOf is the record of a device's stream.
func streamOf(c *scenario.Consortium, d *scenario.Device) string {
	return string(c.World.Value(ledger.StreamKey(d.ID).String()))
}

func runOf(t *testing.T, texts ...string) anchor.Run {
	t.Helper()
	r, err := scenario.Run(texts...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// anchors records entries, of which some are runs, by a relay of the producer.
func anchors(c *scenario.Consortium, entries ...string) []waymark.MessageResult {
	c.T.Helper()
	return scenario.Must(c, c.As("producer", waymark.Relay), telemetry.Record, waymark.RecordRequest{Messages: entries, Body: bodyOfAll}).Results
}

// outcomeOf is an outcome in short.
func outcomeOf(r waymark.MessageResult) string {
	if r.Outcome != waymark.Rejected {
		return string(r.Outcome)
	}
	return strings.Join(append([]string{string(r.Code)}, r.Reasons...), " ")
}

func TestARunIsRecorded(t *testing.T) {
	c := scenario.New(t)
	d := logger(c)
	first := packs(d, 3)
	full := d.Pack(450)
	second := packs(d, 2)
	results := anchors(c, runOf(t, first...).Text(), full, runOf(t, second...).Text())
	for i, want := range []uint64{2, 5, 6} {
		if r := results[i]; r.Outcome != waymark.Recorded || r.Sequence != want || r.Device != d.ID || r.TxID == "" {
			t.Errorf("result %d: %+v", i, r)
		}
	}
	s := stream(t, c, d.ID)
	want := []waymark.Run{{First: 2, Last: 4}, {First: 6, Last: 7}}
	if s.Last != 7 || len(s.Gaps) != 0 || s.Anchored == nil || s.Anchored.Last != 7 || !slices.Equal(s.Anchored.Unchecked, want) {
		t.Errorf("stream %+v, anchored %+v", s, s.Anchored)
	}
	viewer := c.As("producer", waymark.Viewer)
	w := scenario.Must(c, viewer, telemetry.Window, waymark.WindowQuery{Device: d.ID, Sequence: 3})
	if w.Body != bodyOfAll || w.First != 2 || w.Last != 4 || w.Readings != 6 || w.Key != "k1" || len(w.Series) != 1 ||
		w.Series[0].Class != "bulk" || w.Series[0].Min != 400 || w.Series[0].Max != 500 || w.Series[0].Sum != 2700 {
		t.Errorf("window %+v", w)
	}
	if w := scenario.Must(c, viewer, telemetry.Window, waymark.WindowQuery{Device: d.ID, Sequence: 5}); w.Body != "" || w.First != 5 || w.Last != 5 {
		t.Errorf("window in full %+v", w)
	}
}

// TestMessagesOfARunStayWhatTheyWere: in full they are duplicates, and others of their numbers clash.
func TestMessagesOfARunStayWhatTheyWere(t *testing.T) {
	c := scenario.New(t)
	d := logger(c)
	twin := *d
	texts := packs(d, 4)
	run := runOf(t, texts...).Text()
	first := anchors(c, run)[0]
	again := append(anchors(c, append([]string{run, runOf(t, texts[1:]...).Text()}, texts...)...), anchors(c, runOf(t, texts[:2]...).Text())...)
	for i, r := range again {
		if r.Outcome != waymark.Duplicate || r.TxID != first.TxID {
			t.Errorf("again %d: %+v", i, r)
		}
	}
	if got := outcomeOf(anchors(c, twin.Pack(1))[0]); got != "already_exists fork" {
		t.Errorf("another message 2: %s", got)
	}
	other := runOf(t, packs(&twin, 2)...) // 3 and 4 of another branch
	if got := outcomeOf(anchors(c, other.Text())[0]); got != "failed_precondition run-place" {
		t.Errorf("another run: %s", got)
	}
	if s := stream(t, c, d.ID); len(s.Clashes) != 1 || s.Last != 5 {
		t.Errorf("stream %+v", s)
	}
}

// TestARunIsRefused gives what is refused one at a time, to a device that has recorded messages 1 and 2.
func TestARunIsRefused(t *testing.T) {
	far := func(r *anchor.Run) { r.Lines[0].From += (6 * time.Minute).Milliseconds() }
	unit := func(unit string) func(*anchor.Run) {
		return func(r *anchor.Run) { r.Lines[1].Series[0].Unit = unit }
	}
	tests := []struct {
		name   string
		change func(*anchor.Run) // of a true run of 3 and 4
		before func(*scenario.Consortium, *scenario.Device)
		by     [2]string
		body   string
		want   string
	}{
		{name: "true", want: "recorded"},
		{name: "an operator", by: [2]string{"producer", "operator"}, want: "recorded"},
		{name: "another member's relay", by: [2]string{"carrier", "relay"}, want: "forbidden default-deny"},
		{name: "no body", body: "none", want: "invalid"},
		{name: "nobody's", change: func(r *anchor.Run) { r.Device = "logger-9" }, want: "not_found"},
		{name: "no key of the device", change: func(r *anchor.Run) { r.Key = "k9" }, want: "unauthenticated key-in-force"},
		{name: "a key that is over", before: func(c *scenario.Consortium, d *scenario.Device) {
			scenario.Must(c, c.As("producer", waymark.Operator), registry.RotateKey, waymark.RotateKeyRequest{Device: d.ID, Rotation: d.Rotation("k2")})
		}, want: "unauthenticated key-in-force"},
		{name: "suspended", before: func(c *scenario.Consortium, d *scenario.Device) {
			scenario.Must(c, c.As("producer", waymark.Operator), registry.SuspendDevice, waymark.DeviceStateRequest{Device: d.ID, Reason: "lost"})
		}, want: "forbidden only-active-device-reports"},
		{name: "not anchored", before: func(_ *scenario.Consortium, d *scenario.Device) { d.Anchors("door") }, want: "failed_precondition not-anchored"},
		{name: "from the future", change: far, want: "invalid time"},
		{name: "from before registration", change: func(r *anchor.Run) { r.Lines[1].From -= time.Hour.Milliseconds() }, want: "invalid time"},
		{name: "of another chain", change: func(r *anchor.Run) { r.Previous = make([]byte, 32) }, want: "failed_precondition broken-chain"},
		{name: "past the end", change: func(r *anchor.Run) { r.First++ }, want: "failed_precondition run-place"},
		{name: "far past the end", change: func(r *anchor.Run) { r.First, r.Previous = 9, make([]byte, 32) }, want: "failed_precondition run-place"},
		{name: "of a unit that is new", change: unit("Far"), want: "failed_precondition new-measurement"},
		{name: "of a unit that is not", change: unit("K"), want: "recorded"},
		{name: "of a number that is taken", change: func(r *anchor.Run) { r.First, r.Previous = 1, nil }, want: "failed_precondition run-place"},
		{name: "conditions", before: func(c *scenario.Consortium, d *scenario.Device) { ship(c, d) }, want: "failed_precondition judged"},
		{name: "no conditions", before: func(c *scenario.Consortium, d *scenario.Device) {
			operator := c.As("producer", waymark.Operator)
			scenario.Must(c, operator, custody.Create, waymark.CreateShipmentRequest{ID: "s1", Consignee: "retailer",
				Goods: c.Goods("producer", scenario.GTIN, "1"), Conditions: []waymark.Condition{}})
			scenario.Must(c, operator, custody.Attach, waymark.AttachDeviceRequest{Shipment: "s1", Device: d.ID})
		}, want: "recorded"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := scenario.New(t)
			d := logger(c)
			anchors(c, d.Pack(400))
			r := runOf(t, packs(d, 2)...)
			if tt.before != nil {
				tt.before(c, d)
			}
			if tt.change != nil {
				tt.change(&r)
			}
			if r.Previous == nil {
				r.Previous = []byte{}
			}
			by := c.As("producer", waymark.Relay)
			if tt.by[0] != "" {
				by = c.As(tt.by[0], waymark.Role(tt.by[1]))
			}
			request := waymark.RecordRequest{Messages: []string{r.Text()}, Body: bodyOfAll}
			if tt.body != "" {
				request.Body = ""
			}
			before := streamOf(c, d)
			got := scenario.Must(c, by, telemetry.Record, request).Results[0]
			if outcomeOf(got) != tt.want || got.Sequence != r.First {
				t.Errorf("%+v, want %s", got, tt.want)
			}
			if changed := streamOf(c, d) != before; changed != (got.Outcome == waymark.Recorded) {
				t.Errorf("it is %s, and the ledger changed %t", got.Outcome, changed)
			}
		})
	}
}

// TestARunNamesNothingNew: what a device has measured is told by messages in full, also by one that comes in the same request.
func TestARunNamesNothingNew(t *testing.T) {
	c := scenario.New(t)
	d := c.Device("logger-1", "producer")
	d.Anchors("temperature")
	texts := packs(d, 4)
	results := anchors(c, runOf(t, texts[0]).Text(), texts[0], runOf(t, texts[1:]...).Text())
	for i, want := range []string{"failed_precondition new-measurement", "recorded", "recorded"} {
		if got := outcomeOf(results[i]); got != want {
			t.Errorf("entry %d: %s, want %s", i, got, want)
		}
	}
}

// TestARunNeitherOpensNorFillsAGap: before and in one everything comes in full.
func TestARunNeitherOpensNorFillsAGap(t *testing.T) {
	c := scenario.New(t)
	d := logger(c)
	texts := packs(d, 9) // 2 to 10
	results := anchors(c, runOf(t, texts[0]).Text(), runOf(t, texts[5:]...).Text(), texts[5], runOf(t, texts[6:]...).Text(),
		runOf(t, texts[1:3]...).Text(), texts[2], texts[1], texts[3], texts[4])
	for i, want := range []string{"recorded", "failed_precondition run-place", "recorded", "recorded", "failed_precondition run-place", "recorded", "recorded", "recorded", "recorded"} {
		if got := outcomeOf(results[i]); got != want {
			t.Errorf("entry %d: %s, want %s", i, got, want)
		}
	}
	if s := stream(t, c, d.ID); s.Last != 10 || len(s.Gaps) != 0 || s.Anchored.Last != 10 {
		t.Errorf("stream %+v", s)
	}
}

func TestOnlySoManyWindowsWait(t *testing.T) {
	c := scenario.New(t)
	d := logger(c)
	for range waymark.MaxUnchecked {
		if got := outcomeOf(anchors(c, runOf(t, d.Pack(400)).Text())[0]); got != "recorded" {
			t.Fatal(got)
		}
	}
	text := d.Pack(400)
	if got := outcomeOf(anchors(c, runOf(t, text).Text())[0]); got != "failed_precondition unchecked" {
		t.Errorf("one more: %s", got)
	}
	if got := outcomeOf(anchors(c, text)[0]); got != "recorded" {
		t.Errorf("in full: %s", got)
	}
}
