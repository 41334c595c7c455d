package main

import (
	"fmt"
	"strings"

	"github.com/waymark-ledger/waymark/test/internal/sizing"
)

// predicted is the section of what docs/scale.md reckons with, beside what was measured: of rows that it was not made of.
type predicted struct{ *report }

// sized is a row, what was measured of it and what is predicted, in cores of all processes.
type sized struct {
	steady
	cores, predicted float64
}

// rows are those at a rate, if there are costs to predict with.
func (p predicted) rows() (all []sized) {
	figures := p.network.Flat()
	rates(p).flat(figures)
	latencies(p).flat(figures)
	costs, err := sizing.Of(figures)
	if err != nil { // rows were left out
		return nil
	}
	candidates := append([]steady(nil), p.latency...)
	for _, c := range p.fleet {
		candidates = append(candidates, c.steady)
	}
	for _, s := range candidates {
		if !s.held() {
			continue
		}
		one := sized{steady: s, predicted: costs.Predict("ingest_single", s.rate()).Sum()}
		for _, part := range sizing.Parts() {
			one.cores += s.spent.cpu[kind(part)].Seconds() / s.spent.took.Seconds()
		}
		all = append(all, one)
	}
	return all
}

func (p predicted) text() string {
	rows := p.rows()
	if len(rows) == 0 {
		return ""
	}
	var out strings.Builder
	out.WriteString("### What docs/scale.md predicts\n\n| | messages/s | cores of all members: predicted, measured | measured by predicted |\n|---|---|---|---|\n")
	for _, s := range rows {
		fmt.Fprintf(&out, "| %s, %s | %.1f | %.2f, %.2f | %.2f |\n", s.name, s.at, s.rate(), s.predicted, s.cores, s.cores/max(s.predicted, 1e-9))
	}
	return out.String()
}

func (p predicted) flat(figures map[string]any) {
	for _, s := range p.rows() {
		figures[s.id()+"predicted_cores"], figures[s.id()+"measured_cores"] = s.predicted, s.cores
	}
}

func (predicted) charts() map[string]string { return nil }
