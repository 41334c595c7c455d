package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/waymark-ledger/waymark/test/internal/figures"
)

// What following may cost.
const (
	mayTakeP99   = 100 // milliseconds from a block to its event
	mayHoldMiB   = 190 // 200 MB
	mayCostCores = 0.1 // of the feed, at 1,000 readings a second
	crowdOf      = 1000
)

// report is all that was measured.
type report struct {
	conditions figures.Conditions
	network    figures.Network
	amounts    amounts
	levels     []level
	readings   readings
}

// text is the tables in Markdown, with what they were measured on.
func (r report) text() string {
	var out strings.Builder
	fmt.Fprintf(&out, "Measured on %s: %s.\nFabric %s, Waymark %s; %s; %d writes a second.\n\n", r.conditions.Date.Format(time.DateOnly),
		r.conditions.Text(), r.conditions.Fabric, r.conditions.Waymark, r.network.Text(), r.amounts.perSecond)
	out.WriteString("| clients | events to each | block to event: p50, p95, p99 in ms | most memory of the gateway, MiB | its CPU, cores | within the targets |\n|---|---|---|---|---|---|\n")
	for _, l := range r.levels {
		fmt.Fprintf(&out, "| %d | %d | %.1f, %.1f, %.1f | %d | %.2f | %s |\n", l.clients, l.events, l.quantile(50), l.quantile(95), l.quantile(99), l.peakMiB,
			l.cores(), yes(l.within()))
	}
	f := r.readings
	out.WriteString("\n| readings recorded | a second | the gateway's CPU, cores | the feed's CPU at 1,000 readings/s, cores | model behind at most, blocks | caught up after, ms | rebuild, s | check, s | blocks | within the target |\n" +
		"|---|---|---|---|---|---|---|---|---|---|\n")
	fmt.Fprintf(&out, "| %d | %.0f | %.2f | %.3f | %d | %d | %.1f | %.1f | %d | %s |\n", f.recorded, f.perSecond(), f.cpu.Seconds()/f.took.Seconds(), f.cores(),
		f.mostBlock, f.caughtUp.Milliseconds(), f.rebuilt.took.Seconds(), f.checked.took.Seconds(), f.blocks, yes(f.cores() <= mayCostCores))
	return out.String()
}

func yes(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}

func (l level) cores() float64 { return l.cpu.Seconds() / l.took.Seconds() }

func (l level) within() bool {
	return l.quantile(99) <= mayTakeP99 && (l.clients < crowdOf || l.peakMiB <= mayHoldMiB)
}

func (r readings) perSecond() float64 { return float64(r.recorded) / r.took.Seconds() }

// cores is the processor time of a feed for a thousand readings, in seconds.
func (r readings) cores() float64 {
	return (r.rebuilt.cpu - r.before.cpu).Seconds() * 1000 / float64(max(r.recorded, 1))
}

// flat is all figures, each with its unit in its name.
func (r report) flat() map[string]any {
	all := r.network.Flat()
	all["writes_per_second"] = r.amounts.perSecond
	for _, l := range r.levels {
		at := fmt.Sprintf("events_with_%d_clients_", l.clients)
		all[at+"count"] = l.events
		for _, percent := range []int{50, 95, 99} {
			all[fmt.Sprintf("%sp%d_ms", at, percent)] = l.quantile(percent)
		}
		all[at+"gateway_memory_peak_mib"], all[at+"gateway_cpu_cores"], all[at+"within_targets"] = l.peakMiB, l.cores(), l.within()
	}
	f := r.readings
	all["readings_count"], all["readings_per_second"], all["readings_gateway_cpu_cores"] = f.recorded, f.perSecond(), f.cpu.Seconds()/f.took.Seconds()
	all["feed_cpu_cores_per_1000_readings_per_second"], all["feed_within_target"] = f.cores(), f.cores() <= mayCostCores
	all["feed_behind_most_blocks"], all["feed_caught_up_ms"] = f.mostBlock, f.caughtUp.Milliseconds()
	all["model_rebuild_seconds"], all["model_rebuild_cpu_seconds"] = f.rebuilt.took.Seconds(), f.rebuilt.cpu.Seconds()
	all["model_check_seconds"], all["model_check_cpu_seconds"], all["model_blocks_count"] = f.checked.took.Seconds(), f.checked.cpu.Seconds(), f.blocks
	return all
}
