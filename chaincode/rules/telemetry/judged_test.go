package telemetry_test

import (
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/telemetry"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// shipAnchored makes the device witness a shipment with such conditions.
func shipAnchored(c *scenario.Consortium, d *scenario.Device, conditions ...waymark.Condition) {
	c.T.Helper()
	operator := c.As("producer", waymark.Operator)
	scenario.Must(c, operator, custody.Create, waymark.CreateShipmentRequest{ID: "s1", Consignee: "retailer", Goods: c.Goods("producer", scenario.GTIN, "1"), Conditions: conditions})
	scenario.Must(c, operator, custody.Attach, waymark.AttachDeviceRequest{Shipment: "s1", Device: d.ID})
}

var (
	cold   = waymark.Condition{Name: "temperature", Unit: "Cel", Minimum: "2", Maximum: "8", Anchored: true}
	dry    = waymark.Condition{Name: "humidity", Unit: "%RH", Maximum: "60", Anchored: true}
	strict = waymark.Condition{Name: "humidity", Unit: "%RH", Maximum: "60"}
)

// TestAWitnessAnchorsWhatItsShipmentAllows: r is a run of what follows, f a message in full.
func TestAWitnessAnchorsWhatItsShipmentAllows(t *testing.T) {
	type entry struct {
		kind   byte
		values []int64 // of a run one for each message, of a message all its readings
		want   string
	}
	const recorded, judged, out, open = "recorded", "failed_precondition judged", "failed_precondition out-of-range", "failed_precondition excursion-open"
	tests := map[string]struct {
		conditions []waymark.Condition
		requests   [][]entry
	}{
		"in range":             {[]waymark.Condition{cold, dry}, [][]entry{{{'r', []int64{200, 500, 800}, recorded}}}},
		"one of all says no":   {[]waymark.Condition{cold, strict}, [][]entry{{{'r', []int64{500}, judged}}}},
		"one is below":         {[]waymark.Condition{cold}, [][]entry{{{'r', []int64{500, 199}, out}}}},
		"one is above":         {[]waymark.Condition{cold}, [][]entry{{{'r', []int64{801, 500}, out}}}},
		"an excursion goes on": {[]waymark.Condition{cold}, [][]entry{{{'f', []int64{900}, recorded}}, {{'r', []int64{500}, open}, {'f', []int64{500}, recorded}}, {{'r', []int64{500}, recorded}}}},
		"in the same request":  {[]waymark.Condition{cold}, [][]entry{{{'f', []int64{900}, recorded}, {'r', []int64{500}, open}, {'f', []int64{500}, recorded}, {'r', []int64{500}, recorded}}}},
		"ended by it":          {[]waymark.Condition{cold}, [][]entry{{{'f', []int64{900}, recorded}}, {{'f', []int64{500}, recorded}, {'r', []int64{500}, recorded}}}},
		"ended, and another":   {[]waymark.Condition{cold}, [][]entry{{{'f', []int64{900, 500}, recorded}, {'f', []int64{500, 900}, recorded}, {'r', []int64{500}, open}}}},
		"after one in range":   {[]waymark.Condition{cold}, [][]entry{{{'f', []int64{500}, recorded}, {'r', []int64{500}, recorded}, {'f', []int64{900}, recorded}}}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := scenario.New(t)
			d := logger(c)
			anchors(c, d.Pack(400))
			shipAnchored(c, d, test.conditions...)
			for _, request := range test.requests {
				var entries []string
				at := *d
				for _, e := range request {
					if e.want != recorded { // what follows has its place
						at = *d
					}
					entries = append(entries, entryOf(t, d, e.kind, e.values))
					if e.want != recorded {
						*d = at
					}
				}
				for i, r := range anchors(c, entries...) {
					if got := outcomeOf(r); got != request[i].want {
						t.Errorf("entry %d: %s, want %s", i, got, request[i].want)
					}
				}
			}
		})
	}
}

// entryOf signs the next messages of a device, as a run, or one in full.
func entryOf(t *testing.T, d *scenario.Device, kind byte, values []int64) string {
	t.Helper()
	if kind == 'f' {
		return d.Pack(values...)
	}
	var texts []string
	for _, v := range values {
		texts = append(texts, d.Pack(v))
	}
	return runOf(t, texts...).Text()
}

// TestABrokenLedgerAllowsNothing to be anchored.
func TestABrokenLedgerAllowsNothing(t *testing.T) {
	c := scenario.New(t)
	d := logger(c)
	anchors(c, d.Pack(400))
	shipAnchored(c, d, cold)
	request := d.Anchoring(packs(d, 2)...)
	scenario.Sweep(c, c.As("producer", waymark.Relay), telemetry.Record, request)
}
