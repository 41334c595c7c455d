package sparkplug_test

import (
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/sparkplug"
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
