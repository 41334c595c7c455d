package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/waymark-ledger/waymark/test/internal/figures"
	"github.com/waymark-ledger/waymark/test/internal/page"
)

// report is all that was measured.
type report struct {
	conditions figures.Conditions
	network    figures.Network
	profiled   bool // which takes a little of the processors' time
	idle       spent
	raw        []row // by how many are in flight, the least first
	ingest     []ingested
	latency    []steady
	verified   verified
	fleet      []connected
	business   []compared
	growth     []grown
}

// section is a part of the report.
type section interface {
	// text is its tables in Markdown, empty if nothing of it was measured.
	text() string
	// flat adds its figures, each with its unit in its name.
	flat(figures map[string]any)
	// charts are its charts as SVG, by file name.
	charts() map[string]string
}

// sections are all of them in the order of the page.
func (r *report) sections() []section {
	return []section{rates{r}, latencies{r}, limits{r}, fleets{r}, predicted{r}, businesses{r}, growths{r}}
}

// text is the tables in Markdown, with what they were measured on.
func (r *report) text() string {
	var out strings.Builder
	fmt.Fprintf(&out, "Measured on %s: %s.\nFabric %s, Waymark %s; %s.\n", r.conditions.Date.Format(time.DateOnly),
		r.conditions.Text(), r.conditions.Fabric, r.conditions.Waymark, r.network.Text())
	for _, s := range r.sections() {
		if text := s.text(); text != "" {
			out.WriteString("\n" + text)
		}
	}
	return out.String()
}

// flat is all figures.
func (r *report) flat() map[string]any {
	all := r.network.Flat()
	all["profiled"] = r.profiled
	for _, s := range r.sections() {
		s.flat(all)
	}
	return all
}

// charts are all charts as SVG, by file name.
func (r *report) charts() map[string]string {
	all := map[string]string{}
	for _, s := range r.sections() {
		maps.Copy(all, s.charts())
	}
	return all
}

// shown is a chart on the page.
func shown(file, what string) string { return "![" + what + "](" + file + ")\n" }

// figuresFile is what tables and charts are made of, beside the page.
const figuresFile = "bench.json"

// write writes tables, charts and figures into a folder, if one is named.
func (r *report) write(dir string) error {
	charts := r.charts() // drawn in any case, so that what is wrong with them shows
	if dir == "" {
		return nil
	}
	for name, svg := range charts {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(svg), 0o644); err != nil { //nolint:gosec // a page's, which is committed
			return fmt.Errorf("write a chart: %w", err)
		}
	}
	if err := figures.Save(filepath.Join(dir, figuresFile), r.conditions, r.flat()); err != nil {
		return err
	}
	return page.Write(filepath.Join(dir, "performance.md"), "bench", r.text())
}
