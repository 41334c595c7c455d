package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/waymark-ledger/waymark/test/internal/chart"
)

// latencies is the section of messages at a rate.
type latencies struct{ *report }

func (l latencies) text() string {
	if len(l.latency) == 0 {
		return ""
	}
	var out strings.Builder
	out.WriteString("| | messages/s: due, recorded | messages a transaction | from due to block: p50, p95, p99 in ms | held | processor time of a message, us | of the machine |\n" +
		"|---|---|---|---|---|---|---|\n")
	for _, s := range l.latency {
		fmt.Fprintf(&out, "| latency, %s | %.0f, %.1f | %.1f | %s | %s | %.0f | %.0f %% |\n", s.at, s.wanted, s.rate(), s.messagesPerTransaction(), s.latencies(), yes(s.held()),
			us(s.perMessage(all)), l.busy(s.row))
	}
	return out.String() + "\n" + shown(latencyChart, "From when a message is due to its block")
}

// latencyChart is how long a message takes.
const latencyChart = "bench-latency.svg"

// busy is how much of the machine's processors a row used, in percent.
func (r *report) busy(of row) float64 {
	available := time.Duration(max(r.conditions.CPUs, 1)) * of.spent.took
	return 100 * float64(of.spent.cpu[all]) / float64(max(available, 1))
}

func yes(is bool) string {
	if is {
		return "yes"
	}
	return "no: the spool grew"
}

func (l latencies) flat(figures map[string]any) {
	for _, s := range l.latency {
		s.flat(figures)
		figures[s.id()+"wanted_messages_per_second"], figures[s.id()+"held"] = s.wanted, s.held()
		figures[s.id()+"machine_busy_percent"] = l.busy(s.row)
	}
}

func (l latencies) charts() map[string]string {
	if len(l.latency) == 0 {
		return nil
	}
	c := chart.Lines{Title: "From when a message is due to its block, ms", Along: "messages a second", Lines: []chart.Line{{Name: "p50"}, {Name: "p95"}, {Name: "p99"}}}
	for _, s := range slices.SortedFunc(slices.Values(l.latency), func(a, b steady) int { return cmp.Compare(a.wanted, b.wanted) }) {
		sum := s.cell.Summary()
		for i, latency := range []time.Duration{sum.Median, sum.P95, sum.P99} {
			c.Lines[i].Points = append(c.Lines[i].Points, chart.Point{X: s.wanted, Y: ms(latency)})
		}
	}
	return map[string]string{latencyChart: c.SVG()}
}
