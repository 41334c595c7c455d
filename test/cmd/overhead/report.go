package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/waymark-ledger/waymark/test/internal/figures"
	"github.com/waymark-ledger/waymark/test/internal/timing"
)

// What a gateway may cost.
const (
	mayAddMedian     = 5 * time.Millisecond
	mayAddP99        = 20 * time.Millisecond
	mayLosePercent   = 10
	mayHoldMiB       = 286 // 300 MB
	crowd            = 2000
	notApplicable    = "-"
	withinTheTargets = "yes"
)

// report is all that was measured.
type report struct {
	conditions figures.Conditions
	network    figures.Network
	rows       []row
}

// text is the rows in Markdown, with what they were measured on.
func (r report) text() string {
	var out strings.Builder
	fmt.Fprintf(&out, "Measured on %s: %s.\nFabric %s, Waymark %s; %s.\n\n", r.conditions.Date.Format(time.DateOnly),
		r.conditions.Text(), r.conditions.Fabric, r.conditions.Waymark, r.network.Text())
	out.WriteString("| | in flight | by | calls | a second | p50, p95, p99 in ms | adds at p50, p95, p99 in ms | throughput lost: median (quartiles) of the rounds | " +
		"CPU ms a call: client, gateway, all of the machine | within the targets | did not go through |\n|---|---|---|---|---|---|---|---|---|---|---|\n")
	for _, row := range r.rows {
		for _, side := range row.sides {
			out.WriteString(row.line(side))
		}
	}
	out.WriteString("\n| | in flight | most memory of the gateway, MiB |\n|---|---|---|\n")
	for _, row := range r.rows {
		fmt.Fprintf(&out, "| %s | %d | %d |\n", row.work, row.level.inFlight, row.peakMiB)
	}
	return out.String()
}

func (r row) line(side result) string {
	s := side.cell.Summary()
	added, lost, within := notApplicable, notApplicable, notApplicable
	if side.side != bareSide {
		c := r.cost(side)
		added, lost, within = milliseconds(c.median, c.p95, c.p99), fmt.Sprintf("%.1f %% (%.1f to %.1f)", c.lost[1], c.lost[0], c.lost[2]), c.verdict()
	}
	return fmt.Sprintf("| %s | %d | %s | %d | %.1f | %s | %s | %s | %s | %s | %s |\n", r.work, r.level.inFlight, side.side, s.Done, s.PerSecond,
		milliseconds(s.Median, s.P95, s.P99), added, lost, milliseconds(side.perCall(side.cpu.client), side.perCall(side.cpu.gateway), side.perCall(side.cpu.all)), within,
		failures(side.cell))
}

// cost is what a gateway adds and takes away.
type cost struct {
	median, p95, p99 time.Duration
	lost             [3]float64 // percent of the throughput: quartiles over the rounds
}

// cost compares a side with the bare one: latencies over all rounds, and throughput round by
// round, since within one the machine changes least.
func (r row) cost(side result) cost {
	bare, s := r.sides[0].cell.Summary(), side.cell.Summary()
	c := cost{median: s.Median - bare.Median, p95: s.P95 - bare.P95, p99: s.P99 - bare.P99}
	var lost []float64
	for i, its := range side.perSecond {
		if would := r.sides[0].perSecond[i]; would > 0 {
			lost = append(lost, 100*(would-its)/would)
		}
	}
	slices.Sort(lost)
	for i := range c.lost {
		if len(lost) > 0 {
			c.lost[i] = lost[(len(lost)-1)*(i+1)/(len(c.lost)+1)]
		}
	}
	return c
}

// verdict names the targets that are missed.
func (c cost) verdict() string {
	var missed []string
	for name, is := range map[string]bool{"p50": c.median > mayAddMedian, "p99": c.p99 > mayAddP99, "throughput": c.lost[1] > mayLosePercent} {
		if is {
			missed = append(missed, name)
		}
	}
	if len(missed) == 0 {
		return withinTheTargets
	}
	slices.Sort(missed)
	return "not " + strings.Join(missed, ", ")
}

// perCall is an amount for each call that was made, whether it went through or not.
func (r result) perCall(amount time.Duration) time.Duration {
	s := r.cell.Summary()
	return amount / time.Duration(max(s.Done+s.Failed, 1))
}

func milliseconds(all ...time.Duration) string {
	var text []string
	for _, d := range all {
		text = append(text, fmt.Sprintf("%.1f", inMs(d)))
	}
	return strings.Join(text, ", ")
}

func inMs(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// failures says what did not go through, by its cause.
func failures(c timing.Cell) string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(c.Failures)) {
		all = append(all, fmt.Sprintf("%d %s", c.Failures[name], strings.NewReplacer("|", "/", "\n", " ").Replace(name)))
	}
	if len(all) == 0 {
		return "none"
	}
	return strings.Join(all, ", ")
}

// flat is all figures, each with its unit in its name.
func (r report) flat() map[string]any {
	all := r.network.Flat()
	for _, row := range r.rows {
		at := fmt.Sprintf("%s_at_%d_in_flight_", row.work, row.level.inFlight)
		all[at+"gateway_memory_peak_mib"] = row.peakMiB
		if row.level.inFlight >= crowd {
			all[at+"gateway_memory_within_target"] = row.peakMiB <= mayHoldMiB
		}
		for _, side := range row.sides {
			side.flat(all, at+side.side+"_")
			if side.side != bareSide {
				row.cost(side).flat(all, at+side.side+"_")
			}
		}
	}
	return all
}

func (r result) flat(all map[string]any, name string) {
	s := r.cell.Summary()
	all[name+"done_count"], all[name+"failed_count"] = s.Done, s.Failed
	all[name+"per_second"], all[name+"elapsed_seconds"] = s.PerSecond, r.cell.Elapsed.Seconds()
	all[name+"p50_ms"], all[name+"p95_ms"], all[name+"p99_ms"] = inMs(s.Median), inMs(s.P95), inMs(s.P99)
	all[name+"client_cpu_ms_per_call"], all[name+"gateway_cpu_ms_per_call"] = inMs(r.perCall(r.cpu.client)), inMs(r.perCall(r.cpu.gateway))
	all[name+"machine_cpu_ms_per_call"], all[name+"rounds_count"] = inMs(r.perCall(r.cpu.all)), len(r.perSecond)
}

func (c cost) flat(all map[string]any, name string) {
	all[name+"added_p50_ms"], all[name+"added_p95_ms"], all[name+"added_p99_ms"] = inMs(c.median), inMs(c.p95), inMs(c.p99)
	for i, which := range []string{"lower_quartile", "median", "upper_quartile"} {
		all[name+"throughput_lost_"+which+"_percent"] = c.lost[i]
	}
	all[name+"within_targets"] = c.verdict() == withinTheTargets
}
