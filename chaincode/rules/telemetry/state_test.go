package telemetry_test

import (
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
)

var stateFile = flag.String("state", "", "write the measured sizes of records to this file, as JSON")

// maxWindowBytes bounds key and value of a window of 100 readings of one measurement.
const maxWindowBytes = 600

// shape is a way to send 100 readings.
type shape struct {
	name               string
	messages, readings int // readings of each message
	series             int
}

func shapes() []shape {
	return []shape{
		{"100_readings_in_1_message_of_1_measurement", 1, 100, 1},
		{"100_readings_in_10_messages_of_1_measurement", 10, 10, 1},
		{"100_readings_in_10_messages_of_2_measurements", 10, 10, 2},
		{"100_readings_in_10_messages_of_4_measurements", 10, 10, 4},
		{"100_readings_in_100_messages_of_1_measurement", 100, 1, 1},
		{"1_reading_in_1_message_of_1_measurement", 1, 1, 1},
	}
}

// sizeOf is the size of what is stored under the keys that begin with prefix.
func sizeOf(c *scenario.Consortium, prefix string) (bytes int) {
	for _, key := range c.World.Keys() {
		if strings.HasPrefix(key, prefix) {
			bytes += len(key) + len(c.World.Value(key))
		}
	}
	return bytes
}

// send records the messages of a shape in one transaction, by a device with ids of
// ordinary length that witnesses a shipment.
func (s shape) send(t *testing.T) *scenario.Consortium {
	t.Helper()
	c := scenario.New(t)
	d := c.Device("logger-cold-chain-0001", "producer")
	operator := c.As("producer", waymark.Operator)
	scenario.Must(c, operator, custody.Create, waymark.CreateShipmentRequest{ID: "shipment-2026-000001", Consignee: "retailer",
		Goods: c.Goods("producer", scenario.GTIN, "1")})
	scenario.Must(c, operator, custody.Attach, waymark.AttachDeviceRequest{Shipment: "shipment-2026-000001", Device: d.ID})
	c.Now = c.Now.Add(time.Hour)
	measurements := []senml.Reading{{Name: "temperature", Unit: "Cel", Value: 425}, {Name: "humidity", Unit: "%RH", Value: 6100},
		{Name: "latitude", Unit: "lat", Value: 52_1234567}, {Name: "longitude", Unit: "lon", Value: 4_1234567}}
	var messages []string
	for m := range s.messages {
		var readings []senml.Reading
		for n := range s.readings {
			r := measurements[n%s.series]
			r.Time = c.Now.Add(time.Duration(m*s.readings+n) * time.Second)
			readings = append(readings, r)
		}
		payload, err := senml.EncodeJSON(readings)
		if err != nil {
			t.Fatal(err)
		}
		messages = append(messages, d.SignPack(payload))
	}
	for i, r := range c.Record(messages...) {
		if r.Outcome != waymark.Recorded {
			t.Fatalf("message %d: %+v", i, r)
		}
	}
	return c
}

// TestSizeOfState measures what telemetry leaves on every peer.
func TestSizeOfState(t *testing.T) {
	sizes := map[string]float64{}
	for _, s := range shapes() {
		c := s.send(t)
		window := sizeOf(c, "window/")
		sizes["window_of_"+s.name+"_bytes"] = float64(window)
		sizes["message_in_window_of_"+s.name+"_bytes"] = float64(window) / float64(s.messages)
		sizes["stream_after_"+s.name+"_bytes"] = float64(sizeOf(c, "stream/"))
		if s.series == 1 && s.messages <= 10 && window >= maxWindowBytes {
			t.Errorf("a window of %s has %d bytes, want fewer than %d", s.name, window, maxWindowBytes)
		}
		sizes["device_with_1_key_bytes"] = float64(sizeOf(c, "device/"))
	}
	maps.Copy(sizes, sealedSizes(t))
	maps.Copy(sizes, exposureSizes(t))
	c := worst(t)
	sizes["stream_with_64_gaps_and_8_clashes_bytes"] = float64(sizeOf(c, "stream/"))
	for name, size := range sizes {
		t.Log(name, size)
	}
	if *stateFile != "" {
		writeSizes(t, sizes)
	}
}

// hashedBytes is what every peer keeps of a private record: the hashes of key and value.
const hashedBytes = 2 * sha256.Size

// sealedSizes are those of 100 sealed numbers, ten a message, by device.
func sealedSizes(t *testing.T) map[string]float64 {
	t.Helper()
	c := scenario.New(t)
	d := guarded(c, "logger-cold-chain-0001")
	var messages, texts []string
	for range 10 {
		message, text := d.PackSealed(slices.Repeat([]senml.Reading{weight()}, 10)...)
		messages, texts = append(messages, message), append(texts, text)
	}
	c.Record(messages...)
	mustDisclose(c, "producer", texts...)
	return map[string]float64{
		"window_of_100_sealed_readings_in_10_messages_bytes":       float64(sizeOf(c, "window/")),
		"disclosures_of_10_sealed_readings_of_1_message_bytes":     float64(sizeOf(c, "private ")) / float64(len(texts)),
		"disclosures_of_1_message_on_peers_of_other_members_bytes": hashedBytes,
	}
}

// maxRuleBytes bounds what an exposure has of one rule over time while nothing is missing.
const maxRuleBytes = 400

// exposureSizes are those of the exposure of a month of readings, by the kinds of its rules.
func exposureSizes(t *testing.T) map[string]float64 {
	t.Helper()
	sizes := map[string]float64{}
	for name, conditions := range map[string][]waymark.Condition{
		"1_budget": {{ID: "warm", Name: "temperature", Unit: "Cel", Maximum: "8", Budget: &waymark.Budget{Seconds: 36000, Mode: waymark.BudgetCumulative}}},
		"1_mkt":    {{ID: "mean", Kind: waymark.ConditionMKT, Name: "temperature", Unit: "Cel", MKT: &waymark.MKTLimit{Limit: "25", WindowSeconds: 86400}}},
	} {
		c := scenario.New(t)
		c.Goods("producer", scenario.GTIN, "1")
		d, operator := c.Device("logger-cold-chain-0001", "producer"), c.As("producer", waymark.Operator)
		scenario.Must(c, operator, custody.Create, waymark.CreateShipmentRequest{ID: "shipment-2026-000001", Consignee: "retailer",
			Goods: []waymark.Line{{ID: waymark.Item(scenario.GTIN, "1").String()}}, Conditions: conditions})
		scenario.Must(c, operator, custody.Attach, waymark.AttachDeviceRequest{Shipment: "shipment-2026-000001", Device: d.ID})
		for hour := range 30 * 24 {
			c.Now = c.Now.Add(time.Hour)
			c.Record(d.Pack(400 + int64(hour%24)*20))
		}
		size := sizeOf(c, "exposure/")
		sizes["exposure_of_a_month_by_"+name+"_bytes"] = float64(size)
		if size >= maxRuleBytes+200 { // key, run, and the excursion that is open
			t.Errorf("the exposure by %s has %d bytes", name, size)
		}
	}
	return sizes
}

// worst has a stream with all the gaps and clashes that it may have.
func worst(t *testing.T) *scenario.Consortium {
	t.Helper()
	c := scenario.New(t)
	d := c.Device("logger-cold-chain-0001", "producer")
	start := *d
	c.Record(d.Pack(1))
	for range waymark.MaxGaps {
		d.Pack(1)
		c.Record(d.Pack(1))
	}
	for i := range waymark.MaxClashes {
		twin := start
		c.Record(twin.Pack(int64(100 + i)))
	}
	var s waymark.Stream
	if err := json.Unmarshal(c.World.Value(ledger.StreamKey(d.ID).String()), &s); err != nil || len(s.Gaps) != waymark.MaxGaps || len(s.Clashes) != waymark.MaxClashes {
		t.Fatalf("%d gaps, %d clashes, %v", len(s.Gaps), len(s.Clashes), err)
	}
	return c
}

func writeSizes(t *testing.T, sizes map[string]float64) {
	t.Helper()
	encoded, err := json.MarshalIndent(sizes, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(*stateFile, fmt.Appendln(encoded), 0o644); err != nil {
		t.Fatal(err)
	}
}
