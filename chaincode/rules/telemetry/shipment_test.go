package telemetry_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/rules/telemetry"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

// ship makes the device witness a new shipment in 2 to 8 degrees Celsius.
func ship(c *scenario.Consortium, d *scenario.Device) {
	c.T.Helper()
	operator := c.As("producer", waymark.Operator)
	scenario.Must(c, operator, custody.Create, waymark.CreateShipmentRequest{
		ID: "s1", Consignee: "retailer", Arbiter: "auditor", Goods: c.Goods("producer", scenario.GTIN, "1"),
		Conditions: []waymark.Condition{{Name: "temperature", Unit: "Cel", Minimum: "2", Maximum: "8"}, {Name: "humidity", Unit: "%RH", Maximum: "60"}},
	})
	scenario.Must(c, operator, custody.Attach, waymark.AttachDeviceRequest{Shipment: "s1", Device: d.ID})
}

func excursions(t *testing.T, c *scenario.Consortium) []waymark.Excursion {
	t.Helper()
	return scenario.Must(c, c.As("producer", waymark.Viewer), custody.Get, waymark.ShipmentQuery{Shipment: "s1"}).Excursions
}

// record runs a batch and returns the event.
func record(t *testing.T, c *scenario.Consortium, messages ...string) waymark.TelemetryEvent {
	t.Helper()
	emitted, err := c.World.Submit(c.Tx(c.As("producer", waymark.Relay)), func(l ledger.Ledger) error {
		_, err := telemetry.Record(l, waymark.RecordRequest{Messages: messages})
		return err
	})
	var event waymark.TelemetryEvent
	if err == nil && emitted.Name != "" {
		err = json.Unmarshal(emitted.Payload, &event)
	}
	if err != nil {
		t.Fatal(err)
	}
	return event
}

func TestExcursionsOfTheShipmentAreRecorded(t *testing.T) {
	c := scenario.New(t)
	d := c.Device("logger-1", "producer")
	record(t, c, d.Pack(9999)) // before it was attached
	ship(c, d)
	if e := record(t, c, d.Pack(200, 800)); len(e.Excursions) != 0 || len(e.Windows) != 1 || e.Windows[0].First != 2 {
		t.Errorf("event %+v", e)
	}
	if n := len(excursions(t, c)); n != 0 {
		t.Errorf("%d excursions", n)
	}
	late := d.Sign(d.Header(), []byte(`[{"n":"temperature","u":"Cel","v":21,"t":1772352000},{"n":"humidity","u":"%RH","v":61,"t":1772352000}]`))
	lost, err := attest.Parse(late)
	if err != nil {
		t.Fatal(err)
	}
	jwk := d.Statement().JWK
	digest, err := lost.Verify(jwk)
	if err != nil {
		t.Fatal(err)
	}
	d.Next, d.Previous = d.Next+1, digest[:]
	last := d.Pack(500)
	if e := record(t, c, last); len(e.Excursions) != 0 {
		t.Errorf("event %+v", e)
	}
	e := record(t, c, late)
	parties := []string{"auditor", "producer", "retailer"}
	warm := waymark.ExcursionRef{Shipment: "s1", Device: "logger-1", Rule: "c1", Name: "temperature", First: 3, Opened: true, Closed: true, Parties: parties}
	damp := waymark.ExcursionRef{Shipment: "s1", Device: "logger-1", Rule: "c2", Name: "humidity", First: 3, Opened: true, Parties: parties}
	if !reflect.DeepEqual(e.Excursions, []waymark.ExcursionRef{warm, damp}) {
		t.Errorf("event %+v, want one excursion of each condition", e)
	}
	if all := excursions(t, c); len(all) != 2 || all[0].Max != "21" || all[0].Recorded.TxID == "" || all[0].Device != "logger-1" {
		t.Errorf("excursions %+v", all)
	}
}

func TestReadingsAreJudgedInTheOrderOfTheirTimes(t *testing.T) {
	c := scenario.New(t)
	d := c.Device("logger-1", "producer")
	ship(c, d)
	pack := func(value string, second int) string {
		text := d.Sign(d.Header(), fmt.Appendf(nil, `[{"n":"temperature","u":"Cel","v":%s,"t":%d}]`, value, scenario.Start.Unix()+int64(second)))
		return text
	}
	first := pack("9", 20)
	c.Record(first)
	all := excursions(t, c)
	if len(all) != 1 || all[0].From != scenario.Start.Add(20*time.Second) {
		t.Errorf("excursions %+v", all)
	}
	c = scenario.New(t)
	d = c.Device("logger-1", "producer")
	ship(c, d)
	c.Record(d.Sign(d.Header(), []byte(`[{"n":"temperature","u":"Cel","v":9,"t":1772352020},{"v":5,"n":"temperature","u":"Cel","t":1772352010},{"v":10,"n":"temperature","u":"Cel","t":1772352000}]`)))
	all = excursions(t, c)
	if len(all) != 1 || all[0].Max != "10" || all[0].From != scenario.Start || all[0].To != scenario.Start.Add(20*time.Second) || all[0].Readings != 2 {
		t.Errorf("excursions %+v, want one from the earliest to the latest reading outside", all)
	}
}

func TestPartiesReadTelemetryOfTheirShipment(t *testing.T) {
	c := scenario.New(t)
	d := c.Device("logger-1", "producer")
	ship(c, d)
	c.Record(d.Pack(500))
	window, query := waymark.WindowQuery{Device: d.ID, Sequence: 1}, waymark.DeviceQuery{Device: d.ID}
	for _, member := range []string{"producer", "retailer", "auditor"} {
		scenario.Must(c, c.As(member, waymark.Viewer), telemetry.Window, window)
		scenario.Must(c, c.As(member, waymark.Viewer), telemetry.Stream, query)
		scenario.Refused(c, c.As(member, waymark.Relay), telemetry.Window, window, waymark.Forbidden, "only-people-read-or-command")
	}
	scenario.Refused(c, c.As("carrier", waymark.Admin), telemetry.Window, window, waymark.Forbidden, waymark.DefaultDeny)
	scenario.Refused(c, c.As("producer", waymark.Admin), telemetry.Window, waymark.WindowQuery{Device: "logger-9", Sequence: 1}, waymark.NotFound, "")
	scenario.Refused(c, c.As("producer", waymark.Admin), telemetry.Stream, waymark.DeviceQuery{Device: "logger-9"}, waymark.NotFound, "")
}

func TestADeviceWithoutMessagesHasAStream(t *testing.T) {
	c := scenario.New(t)
	c.Device("logger-1", "producer")
	s := stream(t, c, "logger-1")
	if s.Last != 0 || s.Device != "logger-1" || s.Gaps == nil || s.Measured == nil || s.Digest == nil || s.Clashes == nil {
		t.Errorf("stream %+v", s)
	}
}

func TestABrokenLedgerDecidesNothing(t *testing.T) {
	c := scenario.New(t)
	d := c.Device("logger-1", "producer")
	ship(c, d)
	relay, viewer := c.As("producer", waymark.Relay), c.As("producer", waymark.Viewer)
	twin := *d
	first := d.Pack(500)
	c.Record(first)
	scenario.Sweep(c, relay, telemetry.Record, waymark.RecordRequest{Messages: []string{first, d.Pack(900)}})
	scenario.Sweep(c, relay, telemetry.Record, waymark.RecordRequest{Messages: []string{twin.Pack(800)}})
	c.Record(d.Pack(900)) // an excursion is open
	scenario.Sweep(c, relay, telemetry.Record, waymark.RecordRequest{Messages: []string{d.Pack(950)}})
	a, joined := c.Authority("producer", true), c.NewDevice("logger-2", "producer")
	scenario.Must(c, relay, registry.Join, a.Join(joined, a.Issue(joined, nil)))
	scenario.Sweep(c, relay, telemetry.Record, waymark.RecordRequest{Messages: []string{joined.Pack(400), joined.Pack(410)}})
	scenario.Sweep(c, viewer, telemetry.Stream, waymark.DeviceQuery{Device: d.ID})
	scenario.Sweep(c, viewer, telemetry.Window, waymark.WindowQuery{Device: d.ID, Sequence: 1})
}

func TestMeasurementsAreBounded(t *testing.T) {
	c := scenario.New(t)
	d := c.Device("logger-1", "producer")
	pack := func(n int) string {
		var records []string
		for i := range n {
			records = append(records, fmt.Sprintf(`{"n":"m%d","u":"Cel","v":1,"t":%d}`, i, scenario.Start.Unix()))
		}
		return d.Sign(d.Header(), []byte("["+strings.Join(records, ",")+"]"))
	}
	expect(t, c.Record(pack(waymark.MaxMeasured+1)), "invalid measurements")
	expect(t, c.Record(pack(waymark.MaxMeasured)), "recorded")
}

func TestAGapMayNotSplitBeyondTheBound(t *testing.T) {
	c := scenario.New(t)
	d := c.Device("logger-1", "producer")
	expect(t, c.Record(d.Pack(1)), "recorded")
	wide := []string{d.Pack(1), d.Pack(1), d.Pack(1)}
	expect(t, c.Record(d.Pack(1)), "recorded")
	for range waymark.MaxGaps - 1 {
		d.Pack(1)
		expect(t, c.Record(d.Pack(1)), "recorded")
	}
	expect(t, c.Record(wide[1]), "failed_precondition too-many-gaps")
	expect(t, c.Record(wide[0], wide[1], wide[2]), "recorded", "recorded", "recorded")
}

func TestASumThatDoesNotFitIsMarked(t *testing.T) {
	for value, want := range map[string]int64{"92233720368547758.07": 1<<63 - 1, "-92233720368547758.08": -1 << 63} {
		c := scenario.New(t)
		d := c.Device("logger-1", "producer")
		one := fmt.Sprintf(`{"n":"temperature","u":"Cel","v":%s,"t":%d}`, value, scenario.Start.Unix())
		expect(t, c.Record(d.Sign(d.Header(), []byte("["+one+","+one+"]"))), "recorded")
		w := scenario.Must(c, c.As("producer", waymark.Viewer), telemetry.Window, waymark.WindowQuery{Device: d.ID, Sequence: 1})
		if w.Series[0].Sum != want || w.Series[0].Count != 2 || !w.Series[0].Overflow {
			t.Errorf("series %+v", w.Series[0])
		}
	}
}

func TestALongRunHasSeveralWindows(t *testing.T) {
	c := scenario.New(t)
	d := c.Device("logger-1", "producer")
	var messages []string
	for range waymark.MaxWindowMessages + 50 {
		messages = append(messages, d.Pack(500))
	}
	e := record(t, c, messages...)
	if len(e.Windows) != 2 || e.Windows[0].Last != 100 || e.Windows[1].First != 101 || e.Windows[1].Last != 150 {
		t.Errorf("windows %+v", e.Windows)
	}
	for _, r := range c.Record(messages...) {
		if r.Outcome != waymark.Duplicate {
			t.Fatalf("again: %+v", r)
		}
	}
}

func BenchmarkRecord100(b *testing.B) {
	c := scenario.New(b)
	d := c.Device("logger-1", "producer")
	var messages []string
	for range 100 {
		messages = append(messages, d.Pack(500, 510, 520))
	}
	request, relay := waymark.RecordRequest{Messages: messages}, c.As("producer", waymark.Relay)
	b.ResetTimer()
	for b.Loop() {
		if _, err := telemetry.Record(c.World.Begin(c.Tx(relay)), request); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/100, "us/message")
}

// BenchmarkDuplicates500 is the dearest batch that is allowed: every message
// recorded before, each in a window of its own.
func BenchmarkDuplicates500(b *testing.B) {
	c := scenario.New(b)
	d := c.Device("logger-1", "producer")
	var messages []string
	relay := c.As("producer", waymark.Relay)
	for range 500 {
		messages = append(messages, d.Pack(500))
		if _, err := c.World.Submit(c.Tx(relay), func(l ledger.Ledger) error {
			_, err := telemetry.Record(l, waymark.RecordRequest{Messages: messages[len(messages)-1:]})
			return err
		}); err != nil {
			b.Fatal(err)
		}
	}
	request := waymark.RecordRequest{Messages: messages}
	b.ResetTimer()
	for b.Loop() {
		if _, err := telemetry.Record(c.World.Begin(c.Tx(relay)), request); err != nil {
			b.Fatal(err)
		}
	}
}
