package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/waymark-ledger/waymark/test/internal/chart"
)

// rates is the section of the ledger itself and the whole way beside it: how much, and what it takes.
type rates struct{ *report }

// rows are those of both.
func (r rates) rows() []row {
	all := slices.Clone(r.raw)
	for _, i := range r.ingest {
		all = append(all, i.row)
	}
	return all
}

func (r rates) text() string {
	if len(r.rows()) == 0 {
		return ""
	}
	tables := []string{r.throughput(), r.processors(), r.bytes()}
	if anchoring := r.anchoring(); anchoring != "" {
		tables = append(tables, anchoring)
	}
	if len(r.ingest) > 0 {
		tables = append(tables, shown(processorChart, "Processor time of a message"), r.memory())
	}
	return strings.Join(tables, "\n")
}

func (r rates) throughput() string {
	var out strings.Builder
	out.WriteString("| | at | messages/s (of each round) | readings/s | times raw | transactions/s | messages a transaction | blocks/s | " +
		"p50, p95, p99 in ms | did not go through |\n|---|---|---|---|---|---|---|---|---|---|\n")
	for _, row := range r.rows() {
		fmt.Fprintf(&out, "| %s | %s | %.1f (%s) | %.0f | %.2f | %.1f | %.1f | %.1f | %s | %s |\n", row.name, row.at, row.rate(), row.eachRound(),
			row.rate()*float64(row.readings), r.timesRaw(row), row.spent.perSecond(row.spent.transactions), row.messagesPerTransaction(),
			row.spent.perSecond(row.spent.blocks), row.latencies(), row.failures())
	}
	return out.String()
}

// processors is the table of processor time.
func (r rates) processors() string {
	var out strings.Builder
	out.WriteString("| processor time | " + strings.Join(names(), " | ") + " |\n|---" + strings.Repeat("|---", len(kinds())) + "|\n")
	if r.idle.took > 0 {
		line(&out, "at rest, ms a second", func(k kind) time.Duration { return perSecond(r.idle, k) }, time.Millisecond)
	}
	if c, known := r.costs(); known {
		line(&out, "a block, ms", func(k kind) time.Duration { return c.block[k] }, time.Millisecond)
		line(&out, "a transaction of raw, ms", func(k kind) time.Duration { return c.transaction[k] }, time.Millisecond)
	}
	for _, row := range r.rows() {
		line(&out, fmt.Sprintf("%s, %s, us a message", row.name, row.at), row.perMessage, time.Microsecond)
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

// processes are the kinds that are processes.
func processes() []kind {
	return slices.DeleteFunc(kinds(), func(k kind) bool { return k == other || k == all })
}

// memory is the table of memory.
func (r rates) memory() string {
	var out strings.Builder
	out.WriteString("| most memory of a process, MiB |")
	for _, k := range processes() {
		out.WriteString(" " + string(k) + " |")
	}
	out.WriteString("\n|---" + strings.Repeat("|---", len(processes())) + "|\n")
	for _, i := range r.ingest {
		fmt.Fprintf(&out, "| %s |", i.name)
		for _, k := range processes() {
			fmt.Fprintf(&out, " %d |", i.peaks[k])
		}
		out.WriteByte('\n')
	}
	return out.String()
}

// bytes is the table of what a peer's ledger takes.
func (r rates) bytes() string {
	var out strings.Builder
	out.WriteString("| bytes on each peer's disk | block files, a message | state, a message | the rest, a message | all, a message | all, a reading |\n|---|---|---|---|---|---|\n")
	for _, row := range r.rows() {
		s, each := row.spent.stored, func(bytes int64) float64 { return r.bytesEach(row, bytes) }
		fmt.Fprintf(&out, "| %s, %s | %.0f | %.0f | %.0f | %.0f | %.1f |\n", row.name, row.at, each(s.blocks), each(s.state), each(s.other), each(s.sum()),
			each(s.sum())/float64(row.readings))
	}
	return out.String()
}

func (r rates) bytesEach(of row, bytes int64) float64 {
	return bytesEach(bytes, of.spent.messages, r.network.Members)
}

func (r rates) flat(figures map[string]any) {
	if r.idle.took > 0 {
		figures["idle_seconds"] = r.idle.took.Seconds()
		for _, k := range kinds() {
			figures["idle_cpu_cores_"+string(k)] = perSecond(r.idle, k).Seconds()
		}
	}
	if c, known := r.costs(); known {
		for _, k := range kinds() {
			figures["block_cpu_ms_"+string(k)], figures["raw_transaction_cpu_ms_"+string(k)] = ms(c.block[k]), ms(c.transaction[k])
		}
	}
	if which := best(r.raw); which >= 0 {
		figures["raw_per_second"], figures["raw_in_flight_best"] = r.raw[which].rate(), r.raw[which].at
	}
	for _, row := range r.rows() {
		row.flat(figures)
		figures[row.id()+"times_raw_ratio"] = r.timesRaw(row)
		for name, bytes := range map[string]int64{"block_files": row.spent.stored.blocks, "state": row.spent.stored.state, "rest": row.spent.stored.other} {
			figures[row.id()+"ledger_bytes_per_message_"+name] = r.bytesEach(row, bytes)
		}
		figures[row.id()+"ledger_bytes_per_reading"] = r.bytesEach(row, row.spent.stored.sum()) / float64(row.readings)
	}
	r.flatAnchoring(figures)
	for _, i := range r.ingest {
		for _, k := range processes() {
			figures[i.id()+"most_memory_mib_"+string(k)] = i.peaks[k]
		}
	}
}

// processorChart is where the processor time of a message goes.
const processorChart = "bench-processor-time.svg"

// charts are where the processor time of a message goes.
func (r rates) charts() map[string]string {
	if len(r.ingest) == 0 {
		return nil
	}
	b := chart.Bars{Title: "Processor time of a message, microseconds"}
	parts := slices.DeleteFunc(kinds(), func(k kind) bool { return k == all || k == client })
	for _, k := range parts {
		b.Parts = append(b.Parts, string(k))
	}
	for _, i := range r.ingest {
		bar := chart.Bar{Name: strings.ReplaceAll(strings.TrimPrefix(i.name, "ingest_"), "_", " ")}
		for _, k := range parts {
			bar.Values = append(bar.Values, us(i.perMessage(k)))
		}
		b.Bars = append(b.Bars, bar)
	}
	return map[string]string{processorChart: b.SVG()}
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
func (r *report) costs() (costs, bool) {
	which := best(r.raw)
	if which < 1 {
		return costs{}, false
	}
	return solve(r.idle, r.raw[0], r.raw[which])
}

// timesRaw is how often the messages of the ledger itself, at its best, a row has.
func (r *report) timesRaw(of row) float64 {
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
