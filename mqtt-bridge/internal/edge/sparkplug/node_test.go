package sparkplug_test

import (
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/sparkplug"
	"google.golang.org/protobuf/encoding/protowire"
)

// What nodes publish is tested with test/vectors/sparkplug.json, in package source.

func TestParseTopic(t *testing.T) {
	for topic, want := range map[string]sparkplug.Topic{
		"spBv1.0/Plant/NBIRTH/press":      {Type: sparkplug.NBIRTH, Node: "press"},
		"spBv1.0/Plant/NDEATH/press":      {Type: sparkplug.NDEATH, Node: "press"},
		"spBv1.0/Plant/DDATA/press/oven":  {Type: sparkplug.DDATA, Node: "press", Device: "oven"},
		"spBv1.0/Plant/DDATA/press":       {},
		"spBv1.0/Plant/DDATA/press/":      {},
		"spBv1.0/Plant/NDATA/press/oven":  {},
		"spBv1.0/Plant/NCMD/press":        {},
		"spBv1.0/Plant/DDATA/press/a/b":   {},
		"spBv1.0/Other/NBIRTH/press":      {},
		"spBv1.0/STATE/host":              {},
		"spAv1.0/Plant/NBIRTH/press":      {},
		"":                                {},
		"spBv1.0/Plant/NBIRTH/press/oven": {},
	} {
		got, ok := sparkplug.ParseTopic("Plant", topic)
		if ok != (want != sparkplug.Topic{}) || ok && got != want {
			t.Errorf("%q: %+v, %t", topic, got, ok)
		}
	}
}

// A request for births is a payload too: a node reads it as we would.
func TestRebirth(t *testing.T) {
	topic, payload := sparkplug.Rebirth("Plant", "press", time.UnixMilli(1772352000000))
	p, err := sparkplug.Decode(payload)
	if err != nil || topic != "spBv1.0/Plant/NCMD/press" || len(p.Metrics) != 1 || p.Timestamp != 1772352000000 || p.Seq != nil {
		t.Fatalf("%s: %+v, %v", topic, p, err)
	}
	if m := p.Metrics[0]; m.Name != "Node Control/Rebirth" || m.Type != sparkplug.Boolean || m.Timestamp != 1772352000000 {
		t.Errorf("%+v", m)
	}
}

// What was noted by a clock that was ahead makes no value of a birth a repetition once it is right; what
// was noted since does.
func TestABirthAfterAClockThatWasAhead(t *testing.T) {
	const start = 1772352000000 // as in payload
	right, ahead := time.UnixMilli(start), time.UnixMilli(start).Add(20*time.Minute)
	topic := sparkplug.Topic{Type: sparkplug.NBIRTH, Node: "press"}
	n := sparkplug.NewNode(func(string, string) bool { return true }, map[string]sparkplug.Times{"": {"Temp": ahead}})
	for _, want := range []int{1, 0} {
		if o := n.Take(topic, payload(0, metric("Temp", 0, 4.25)), right); len(o.Observations) != want {
			t.Errorf("%d observations, want %d: %+v", len(o.Observations), want, o)
		}
	}
}

// A birth of very many metrics leaves little behind: what is wanted, and the aliases of all else, which are known when data comes.
func TestBirthsLeaveLittle(t *testing.T) {
	const devices, most = 10, 120 << 10 // bytes for each, of 700 KiB of payload
	known := make(map[string]sparkplug.Times)
	for i := range devices {
		known[fmt.Sprint(i)] = nil
	}
	n := sparkplug.NewNode(func(_, metric string) bool { return metric == "Temp" }, known)
	n.Take(sparkplug.Topic{Type: sparkplug.NBIRTH, Node: "press"}, payload(0), time.Now())
	before := heap()
	for i := range devices {
		metrics := [][]byte{metric("Temp", 0, 4.25)}
		for alias := range uint64(sparkplug.MaxMetrics - 1) {
			metrics = append(metrics, metric(fmt.Sprintf("metric-%040d", alias), alias+1, 1))
		}
		topic := sparkplug.Topic{Type: sparkplug.DBIRTH, Node: "press", Device: fmt.Sprint(i)}
		if o := n.Take(topic, payload(uint64(i)+1, metrics...), time.Now()); len(o.Observations) != 1 || o.Refused != nil || o.Rebirth {
			t.Fatalf("%+v", o)
		}
	}
	if kept := (heap() - before) / devices; kept > most {
		t.Errorf("%d bytes are kept of each device, at most %d should be", kept, most)
	}
	data := payload(devices+1, metric("", 0, 5), metric("", sparkplug.MaxMetrics-1, 1), metric("metric-", 0, 1))
	if o := n.Take(sparkplug.Topic{Type: sparkplug.DDATA, Node: "press", Device: "0"}, data, time.Now()); len(o.Observations) != 1 || o.Refused != nil || o.Rebirth {
		t.Errorf("%+v", o)
	}
}

// heap is how many bytes are in use.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// payload is one of the time 2026-03-01T08:00:00Z.
func payload(seq uint64, metrics ...[]byte) []byte {
	b := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), 1772352000000)
	b = protowire.AppendVarint(protowire.AppendTag(b, 3, protowire.VarintType), seq)
	for _, m := range metrics {
		b = protowire.AppendBytes(protowire.AppendTag(b, 2, protowire.BytesType), m)
	}
	return b
}

// metric is a number of a metric; in data, one without a name, it is called by its alias.
func metric(name string, alias uint64, value float64) []byte {
	b := protowire.AppendVarint(protowire.AppendTag(nil, 2, protowire.VarintType), alias)
	if name != "" {
		b = protowire.AppendString(protowire.AppendTag(b, 1, protowire.BytesType), name)
		b = protowire.AppendVarint(protowire.AppendTag(b, 4, protowire.VarintType), uint64(sparkplug.Double))
	}
	return protowire.AppendFixed64(protowire.AppendTag(b, 13, protowire.Fixed64Type), math.Float64bits(value))
}

func TestPayloadsAreBounded(t *testing.T) {
	if _, err := sparkplug.Decode(make([]byte, sparkplug.MaxBytes+1)); err == nil {
		t.Error("too many bytes were read")
	}
	var many []byte
	for range sparkplug.MaxMetrics + 1 {
		many = append(many, 0x12, 0) // an empty metric
	}
	if _, err := sparkplug.Decode(many[:len(many)-2]); err != nil {
		t.Error(err)
	}
	if _, err := sparkplug.Decode(many); err == nil {
		t.Error("too many metrics were read")
	}
}

// A unit that is longer than any in a table is not kept.
func TestUnitsAreBounded(t *testing.T) {
	for _, test := range []struct{ length, want int }{{256, 256}, {257, 0}} {
		value := protowire.AppendString(protowire.AppendTag(nil, 8, protowire.BytesType), strings.Repeat("x", test.length))
		properties := protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), "engUnit")
		properties = protowire.AppendBytes(protowire.AppendTag(properties, 2, protowire.BytesType), value)
		m := protowire.AppendBytes(protowire.AppendTag(metric("Temp", 0, 1), 9, protowire.BytesType), properties)
		if p, err := sparkplug.Decode(payload(0, m)); err != nil || len(p.Metrics) != 1 || len(p.Metrics[0].Unit) != test.want {
			t.Errorf("%d bytes: %+v, %v", test.length, p, err)
		}
	}
}
