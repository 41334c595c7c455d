package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/waymark-ledger/waymark/test/internal/chart"
)

// measureFleet measures the same rate from more and more devices, all of which are connected over TLS.
func measureFleet(ctx context.Context, b *bench, r *report) error {
	for _, devices := range b.amounts.fleets {
		at := fmt.Sprintf("%d devices", devices)
		measured, err := b.steadily(ctx, row{name: "fleet", at: at, readings: 1}, devices, b.amounts.fleetRate)
		if err != nil {
			return fmt.Errorf("%s: %w", at, err)
		}
		r.fleet = append(r.fleet, connected{measured, devices})
	}
	return nil
}

// connected is a row of so many devices.
type connected struct {
	steady
	devices int
}

// fleets is the section of them.
type fleets struct{ *report }

const fleetChart = "bench-fleet.svg"

func (f fleets) text() string {
	if len(f.fleet) == 0 {
		return ""
	}
	var out strings.Builder
	out.WriteString("### More devices, as many messages\n\n| devices connected | messages/s | messages a transaction | p50, p95, p99 in ms | held | processor time of a message, us: bridge, all | most memory of the bridge, MiB |\n" +
		"|---|---|---|---|---|---|---|\n")
	for _, c := range f.fleet {
		fmt.Fprintf(&out, "| %d | %.1f | %.1f | %s | %s | %.0f, %.0f | %d |\n", c.devices, c.rate(), c.messagesPerTransaction(), c.latencies(), yes(c.held()),
			us(c.perMessage(bridge)), us(c.perMessage(all)), c.peaks[bridge])
	}
	return out.String() + "\n" + shown(fleetChart, "Processor time of a message by the size of the fleet")
}

func (f fleets) flat(figures map[string]any) {
	for _, c := range f.fleet {
		c.steady.flat(figures)
		figures[c.id()+"devices_count"] = c.devices
	}
}

func (f fleets) charts() map[string]string {
	if len(f.fleet) == 0 {
		return nil
	}
	lines := []chart.Line{{Name: "all of the machine"}, {Name: "bridge"}}
	for _, c := range f.fleet {
		for i, k := range []kind{all, bridge} {
			lines[i].Points = append(lines[i].Points, chart.Point{X: float64(c.devices), Y: us(c.perMessage(k))})
		}
	}
	title := fmt.Sprintf("Processor time of a message at %.0f a second, microseconds", f.fleet[0].wanted)
	return map[string]string{fleetChart: chart.Lines{Title: title, Along: "devices connected", Log: true, Lines: lines}.SVG()}
}
