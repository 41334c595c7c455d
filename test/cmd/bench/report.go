package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/waymark-ledger/waymark/test/internal/figures"
)

// report is all that was measured.
type report struct {
	conditions figures.Conditions
	network    figures.Network
	profiled   bool // which takes a little of the processors' time
	idle       spent
	raw        []row // by how many are in flight, the least first
	through    []row
}

// text is the rows in Markdown, with what they were measured on.
func (r report) text() string {
	var out strings.Builder
	fmt.Fprintf(&out, "Measured on %s: %s.\nFabric %s, Waymark %s; %s.\n\n", r.conditions.Date.Format(time.DateOnly),
		r.conditions.Text(), r.conditions.Fabric, r.conditions.Waymark, r.network.Text())
	out.WriteString("| | in flight | messages/s (of each round) | readings/s | times raw | transactions/s | messages a transaction | blocks/s | " +
		"p50, p95, p99 in ms | did not go through |\n|---|---|---|---|---|---|---|---|---|---|\n")
	for _, row := range slices.Concat(r.raw, r.through) {
		fmt.Fprintf(&out, "| %s | %d | %.1f (%s) | %.0f | %.2f | %.1f | %.1f | %.1f | %s | %s |\n", row.name, row.inFlight, row.rate(), row.eachRound(),
			row.rate()*float64(row.readings), r.timesRaw(row), row.spent.perSecond(row.spent.transactions), row.messagesPerTransaction(),
			row.spent.perSecond(row.spent.blocks), row.latencies(), row.failures())
	}
	out.WriteString("\n| processor time | " + strings.Join(names(), " | ") + " |\n|---" + strings.Repeat("|---", len(kinds())) + "|\n")
	line(&out, "at rest, ms a second", func(k kind) time.Duration { return perSecond(r.idle, k) }, time.Millisecond)
	if c, known := r.costs(); known {
		line(&out, "a block, ms", func(k kind) time.Duration { return c.block[k] }, time.Millisecond)
		line(&out, "a transaction of raw, ms", func(k kind) time.Duration { return c.transaction[k] }, time.Millisecond)
	}
	for _, row := range slices.Concat(r.raw, r.through) {
		line(&out, fmt.Sprintf("%s, %d in flight, us a message", row.name, row.inFlight), row.perMessage, time.Microsecond)
	}
	return out.String()
}

// line is a line of the table of processor time.
func line(out *strings.Builder, name string, of func(kind) time.Duration, unit time.Duration) {
	fmt.Fprintf(out, "| %s |", name)
	for _, k := range kinds() {
		fmt.Fprintf(out, " %.1f |", float64(of(k))/float64(unit))
	}
	out.WriteByte('\n')
}

func names() (all []string) {
	for _, k := range kinds() {
		all = append(all, string(k))
	}
	return all
}

// perSecond is processor time for each second.
func perSecond(s spent, k kind) time.Duration {
	return time.Duration(float64(s.cpu[k]) / max(s.took.Seconds(), 1e-9))
}

// costs are of a block and a transaction, from the level with one in flight and the best one.
func (r report) costs() (costs, bool) {
	which := best(r.raw)
	if which < 1 {
		return costs{}, false
	}
	return solve(r.idle, r.raw[0], r.raw[which])
}

// timesRaw is how often the messages of the ledger itself, at its best, a row has.
func (r report) timesRaw(of row) float64 {
	which := best(r.raw)
	if which < 0 || r.raw[which].rate() == 0 {
		return 0
	}
	return of.rate() / r.raw[which].rate()
}

func (r row) eachRound() string {
	var all []string
	for _, rate := range r.perSecond {
		all = append(all, fmt.Sprintf("%.1f", rate))
	}
	return strings.Join(all, ", ")
}

func (r row) messagesPerTransaction() float64 {
	return float64(r.spent.messages) / float64(max(r.spent.transactions, 1))
}

// timed reports whether single messages are.
func (r row) timed() bool { return len(r.cell.Latencies) > 0 }

func (r row) latencies() string {
	if !r.timed() {
		return "-"
	}
	s := r.cell.Summary()
	return fmt.Sprintf("%.1f, %.1f, %.1f", ms(s.Median), ms(s.P95), ms(s.P99))
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func us(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

// failures says what did not go through, by its cause.
func (r row) failures() string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(r.cell.Failures)) {
		parts = append(parts, fmt.Sprintf("%d %s", r.cell.Failures[name], strings.NewReplacer("|", "/", "\n", " ").Replace(name)))
	}
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, ", ")
}

// flat is all figures, each with its unit in its name.
func (r report) flat() map[string]any {
	figures := r.network.Flat()
	figures["profiled"] = r.profiled
	figures["idle_seconds"] = r.idle.took.Seconds()
	for _, k := range kinds() {
		figures["idle_cpu_cores_"+string(k)] = perSecond(r.idle, k).Seconds()
	}
	if c, known := r.costs(); known {
		for _, k := range kinds() {
			figures["block_cpu_ms_"+string(k)], figures["raw_transaction_cpu_ms_"+string(k)] = ms(c.block[k]), ms(c.transaction[k])
		}
	}
	if which := best(r.raw); which >= 0 {
		figures["raw_per_second"], figures["raw_in_flight_best_count"] = r.raw[which].rate(), r.raw[which].inFlight
	}
	for _, row := range slices.Concat(r.raw, r.through) {
		row.flat(figures)
		figures[row.id()+"times_raw_ratio"] = r.timesRaw(row)
	}
	return figures
}

func (r row) flat(figures map[string]any) {
	at, s := r.id(), r.cell.Summary()
	figures[at+"messages_per_second"], figures[at+"readings_per_second"] = r.rate(), r.rate()*float64(r.readings)
	figures[at+"least_round_messages_per_second"], figures[at+"most_round_messages_per_second"] = slices.Min(r.perSecond), slices.Max(r.perSecond)
	figures[at+"rounds_count"], figures[at+"messages_count"], figures[at+"elapsed_seconds"] = r.rounds, r.spent.messages, r.spent.took.Seconds()
	figures[at+"transactions_per_second"], figures[at+"messages_per_transaction_count"] = r.spent.perSecond(r.spent.transactions), r.messagesPerTransaction()
	figures[at+"blocks_per_second"], figures[at+"failed_count"] = r.spent.perSecond(r.spent.blocks), s.Failed
	if r.timed() {
		figures[at+"p50_ms"], figures[at+"p95_ms"], figures[at+"p99_ms"] = ms(s.Median), ms(s.P95), ms(s.P99)
	}
	for _, k := range kinds() {
		figures[at+"cpu_us_per_message_"+string(k)] = us(r.perMessage(k))
	}
}
