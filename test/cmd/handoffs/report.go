package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/test/internal/figures"
	"github.com/waymark-ledger/waymark/test/internal/handoffs"
)

// The outcomes and causes of the gateways that are conflicts: another transaction came
// first, the peers did not agree yet on what had come, or a policy had changed meanwhile.
func conflicts() []string { return []string{"conflicted", "disagreed", "unendorsed"} }

// report is all that was measured.
type report struct {
	conditions figures.Conditions
	network    figures.Network
	rows       []handoffs.Row
}

// table is the rows in Markdown, with what they were measured on.
func (r report) table() string {
	var out strings.Builder
	fmt.Fprintf(&out, "Measured on %s: %s.\nFabric %s, Waymark %s; %s.\n\n", r.conditions.Date.Format(time.DateOnly),
		r.conditions.Text(), r.conditions.Fabric, r.conditions.Waymark, r.network.Text())
	out.WriteString("| shipments in parallel | handoffs | a second | median, p95 | writes tried anew | conflicts in the end | did not go through |\n|---|---|---|---|---|---|---|\n")
	for _, row := range r.rows {
		s := row.Cell.Summary()
		fmt.Fprintf(&out, "| %d | %d | %.1f | %d, %d ms | %s | %s | %s |\n", row.Level.Parallel, s.Done, s.PerSecond, s.Median.Milliseconds(), s.P95.Milliseconds(),
			tried(row.Counted), share(final(row), s.Done+s.Failed), list(row.Cell.Failures))
	}
	return out.String()
}

// final is how many handoffs ended with a conflict for the caller.
func final(r handoffs.Row) int { return r.Cell.Failures[string(waymark.Conflict)] }

// tried says how many times a write was tried anew because of a conflict, by cause.
func tried(c handoffs.Counts) string {
	causes := map[string]int{}
	for _, cause := range conflicts() {
		causes[cause] = c.Retries[cause]
	}
	text := share(handoffs.Sum(causes), c.Writes())
	if by := list(causes); by != "" {
		text += ": " + by
	}
	return text
}

// share is a part of a whole, in words.
func share(part, whole int) string {
	if whole == 0 {
		return "0"
	}
	return fmt.Sprintf("%d of %d (%.1f %%)", part, whole, percent(part, whole))
}

func percent(part, whole int) float64 { return 100 * float64(part) / float64(max(whole, 1)) }

// list is what is counted and not 0, by name.
func list(counted map[string]int) string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(counted)) {
		if counted[name] > 0 {
			all = append(all, fmt.Sprintf("%d %s", counted[name], strings.NewReplacer("|", "/", "\n", " ").Replace(name)))
		}
	}
	return strings.Join(all, ", ")
}

// flat is all figures, each with its unit in its name.
func (r report) flat() map[string]any {
	all := r.network.Flat()
	for _, row := range r.rows {
		s, name := row.Cell.Summary(), fmt.Sprintf("handoffs_at_%d_in_parallel_", row.Level.Parallel)
		all[name+"per_second"] = s.PerSecond
		all[name+"median_ms"], all[name+"p95_ms"] = s.Median.Milliseconds(), s.P95.Milliseconds()
		all[name+"done_count"], all[name+"failed_count"] = s.Done, s.Failed
		all[name+"elapsed_seconds"] = row.Cell.Elapsed.Seconds()
		all[name+"writes_count"] = row.Counted.Writes()
		retries := 0
		for _, cause := range conflicts() {
			all[name+"retries_"+cause+"_count"] = row.Counted.Retries[cause]
			retries += row.Counted.Retries[cause]
		}
		all[name+"retries_percent"] = percent(retries, row.Counted.Writes())
		all[name+"final_conflicts_count"] = final(row)
		all[name+"final_conflicts_percent"] = percent(final(row), s.Done+s.Failed)
	}
	return all
}
