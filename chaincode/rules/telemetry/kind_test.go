package telemetry_test

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/rules/telemetry"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Readings of every kind count; those that are values are summed up and judged.
func TestReadingsOfEveryKind(t *testing.T) {
	c := scenario.New(t)
	d := c.Device("logger-1", "producer")
	ship(c, d)
	at := scenario.Start.Unix()
	expect(t, c.Record(d.Sign(d.Header(), fmt.Appendf(nil, `[{"bt":%d},
		{"n":"temperature","u":"Cel","v":5,"t":2},{"n":"temperature","u":"Cel","v":7},
		{"n":"door","vb":true},{"n":"door","vb":false},{"n":"door","u":"/","v":0.5},
		{"n":"power","u":"W","v":3,"s":9000},{"n":"state","vs":"open"},{"n":"tag","vd":"_w","t":4}]`, at))), "recorded")
	w := scenario.Must(c, c.As("producer", waymark.Viewer), telemetry.Window, waymark.WindowQuery{Device: d.ID, Sequence: 1})
	want := []waymark.Series{
		{Name: "door", Unit: "/", Class: "condition", Count: 3, Min: 0, Max: 1000000, Sum: 1500000},
		{Name: "power", Unit: "W", Class: "condition", Count: 1, Min: 3000000, Max: 3000000, Sum: 3000000},
		{Name: "temperature", Unit: "Cel", Class: "condition", Count: 2, Min: 500, Max: 700, Sum: 1200},
	}
	if !reflect.DeepEqual(w.Series, want) || w.Readings != 9 || w.From.Unix() != at || w.To.Unix() != at+4 {
		t.Errorf("window %+v", w)
	}
	var measured []string
	for _, m := range stream(t, c, d.ID).Measured {
		measured = append(measured, m.Name+" "+m.Unit)
	}
	if want := []string{"door /", "power ", "power W", "state ", "tag ", "temperature Cel"}; !reflect.DeepEqual(measured, want) {
		t.Errorf("measured %q", measured)
	}
	if n := len(excursions(t, c)); n != 0 {
		t.Errorf("%d excursions", n)
	}
}

// A sum has the unit of the values it integrates, and is not compared with their bounds.
func TestOnlyValuesAreOutside(t *testing.T) {
	c := scenario.New(t)
	d := c.Device("logger-1", "producer")
	ship(c, d)
	expect(t, c.Record(d.Sign(d.Header(), fmt.Appendf(nil, `[{"n":"temperature","t":%d,"u":"Cel","v":5,"s":36000}]`, scenario.Start.Unix()))), "recorded")
	if n := len(excursions(t, c)); n != 0 {
		t.Errorf("%d excursions of a sum", n)
	}
	w := scenario.Must(c, c.As("producer", waymark.Viewer), telemetry.Window, waymark.WindowQuery{Device: d.ID, Sequence: 1})
	if len(w.Series) != 1 || w.Series[0].Max != 500 || w.Readings != 2 {
		t.Errorf("window %+v", w)
	}
}

// A message of texts alone is recorded, in a window without a series.
func TestAWindowWithoutSeries(t *testing.T) {
	c := scenario.New(t)
	d := c.Device("logger-1", "producer")
	expect(t, c.Record(d.Sign(d.Header(), fmt.Appendf(nil, `[{"n":"state","vs":"open","t":%d}]`, scenario.Start.Unix()))), "recorded")
	w := scenario.Must(c, c.As("producer", waymark.Viewer), telemetry.Window, waymark.WindowQuery{Device: d.ID, Sequence: 1})
	if w.Series == nil || len(w.Series) != 0 || w.Readings != 1 || w.From != scenario.Start || w.To != scenario.Start {
		t.Errorf("window %+v", w)
	}
}
