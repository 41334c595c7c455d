package chart_test

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/test/internal/chart"
)

// wellFormed fails unless a text is XML.
func wellFormed(t *testing.T, svg string) {
	t.Helper()
	decoder := xml.NewDecoder(strings.NewReader(svg))
	for {
		_, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, svg)
		}
	}
}

func TestBars(t *testing.T) {
	svg := chart.Bars{Title: "time <ms>, & \"more\"", Parts: []string{"peers", "other"}, Bars: []chart.Bar{
		{Name: "one", Values: []float64{1, 3}}, {Name: "half", Values: []float64{2, 0}},
	}}.SVG()
	wellFormed(t, svg)
	for _, want := range []string{
		`time &lt;ms&gt;, &amp;`, `<rect class="c0" x="210.0" y="40" width="120.0" height="22"><title>peers: 1</title></rect>`,
		`<rect class="c1" x="330.0" y="40" width="360.0"`, `width="240.0"`, ">4</text>", ">2</text>", "prefers-color-scheme:dark",
	} {
		if !strings.Contains(svg, want) {
			t.Errorf("no %s in\n%s", want, svg)
		}
	}
}

func TestLines(t *testing.T) {
	svg := chart.Lines{Title: "ms", Along: "devices", Log: true, Lines: []chart.Line{{Name: "p50", Points: []chart.Point{{X: 10, Y: 1}, {X: 1000, Y: 3}, {X: 100000, Y: 4}}}}}.SVG()
	wellFormed(t, svg)
	for _, want := range []string{
		`points="80.0,220.0 390.0,100.0 700.0,40.0"`, ">devices</text>", ">1000</text>", `<circle class="c0" cx="390.0"`,
	} {
		if !strings.Contains(svg, want) {
			t.Errorf("no %s in\n%s", want, svg)
		}
	}
}

// TestOfLittle draws what has no length.
func TestOfLittle(t *testing.T) {
	for _, svg := range []string{
		chart.Bars{}.SVG(), chart.Bars{Parts: []string{"a"}, Bars: []chart.Bar{{Name: "0", Values: []float64{0}}}}.SVG(), chart.Lines{}.SVG(),
		chart.Lines{Log: true, Lines: []chart.Line{{Name: "one", Points: []chart.Point{{X: 10, Y: 0}}}}}.SVG(),
	} {
		wellFormed(t, svg)
		if strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") {
			t.Error(svg)
		}
	}
}
