package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/waymark-ledger/waymark/test/internal/timing"
)

// table is the rows in Markdown, with what they were measured on.
func table(c conditions, rows []row) string {
	var out strings.Builder
	fmt.Fprintf(&out, "Measured on %s: %s.\nFabric %s, fabric-iot %.7s, Waymark %s.\n\n",
		c.Date.Format(time.DateOnly), c.Text(), c.Fabric, c.theirs, c.Waymark)
	out.WriteString("| work | call | 1 in flight: median, p95 | most a second, at | median, p95 there | did not go through |\n|---|---|---|---|---|---|\n")
	for _, r := range rows {
		title := r.work.title
		for _, side := range sides() {
			out.WriteString(line(title, r.work.calls[side], r.cells[side]))
			title = ""
		}
	}
	return out.String()
}

// line is a row of one side.
func line(title, call string, results []result) string {
	alone, most := results[0].cell.Summary(), best(results)
	top := most.cell.Summary()
	return fmt.Sprintf("| %s | `%s` | %s | %s, %d | %s | %s |\n", title, call, latencies(alone), number(top.PerSecond), most.inFlight, latencies(top), failures(results))
}

// best is the result with the most calls a second that did what they should.
func best(results []result) result {
	return slices.MaxFunc(results, func(a, b result) int {
		if a.cell.Summary().PerSecond < b.cell.Summary().PerSecond {
			return -1
		}
		return 1
	})
}

func latencies(s timing.Summary) string {
	return number(ms(s.Median)) + ", " + number(ms(s.P95)) + " ms"
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// number has three digits or so.
func number(f float64) string {
	if f < 10 {
		return fmt.Sprintf("%.1f", f)
	}
	return fmt.Sprintf("%.0f", f)
}

// failures lists what did not go through, by level.
func failures(results []result) string {
	var all []string
	for _, r := range results {
		s := r.cell.Summary()
		for _, name := range slices.Sorted(maps.Keys(r.cell.Failures)) {
			all = append(all, fmt.Sprintf("%d of %d at %d: %s", r.cell.Failures[name], s.Done+s.Failed, r.inFlight, clean(name)))
		}
	}
	return strings.Join(all, "; ")
}

// clean makes any error's text fit a cell.
func clean(text string) string {
	const longest = 160
	text = strings.NewReplacer("|", "/", "\n", " ", "`", "'").Replace(text)
	return text[:min(len(text), longest)]
}

// flat is all that was measured, each with its unit in its name.
func flat(c conditions, rows []row) map[string]any {
	all := map[string]any{"fabric_iot_commit": c.theirs}
	for _, r := range rows {
		for _, side := range sides() {
			for _, at := range r.cells[side] {
				s, name := at.cell.Summary(), fmt.Sprintf("%s_%s_at_%d_in_flight_", r.work.name, side, at.inFlight)
				all[name+"median_ms"], all[name+"p95_ms"] = ms(s.Median), ms(s.P95)
				all[name+"per_second"] = s.PerSecond
				all[name+"done_count"], all[name+"failed_count"] = s.Done, s.Failed
				all[name+"endorsements_differ_count"] = at.cell.Failures[differ]
				all[name+"elapsed_seconds"] = at.cell.Elapsed.Seconds()
			}
		}
	}
	return all
}
