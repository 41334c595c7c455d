package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/waymark-ledger/waymark/test/internal/chart"
	"github.com/waymark-ledger/waymark/test/internal/command"
)

// grown is what was measured once the ledger had so many readings.
type grown struct {
	name     string
	wanted   int    // readings
	readings int    // recorded, before the rows were measured
	timedOut bool   // the time of filling was over before it had as many as wanted
	stored   stored // on all peers
	ingest   ingested
	asked    []asked
}

// measureGrowth measures ingest and reading once ledger and model have so many readings, and many times as many.
func measureGrowth(ctx context.Context, b *bench, r *report) error {
	recorded := 0
	for _, times := range b.amounts.growth {
		g := grown{name: fmt.Sprintf("growth_at_%d_times", times), wanted: times * b.amounts.firstSize}
		done, err := b.fill(ctx, g.wanted-recorded)
		if err != nil {
			return fmt.Errorf("%s: %w", g.name, err)
		}
		recorded += done.readings
		g.readings, g.timedOut = recorded, done.timedOut
		if g.stored, err = store(b.meter.ledgers); err != nil {
			return err
		}
		if g.asked, err = b.ask(ctx, readings(done.prefix, b.amounts.devices)); err != nil {
			return fmt.Errorf("%s: %w", g.name, err)
		}
		p := b.amounts.packs[0]
		p.name = g.name
		if g.ingest, err = b.ingest(ctx, p); err != nil {
			return fmt.Errorf("%s: %w", g.name, err)
		}
		recorded += g.ingest.recorded * p.readings
		r.growth = append(r.growth, g)
	}
	return nil
}

// filled is what a ledger was filled with.
type filled struct {
	prefix   string // start of the devices' ids
	readings int    // recorded
	timedOut bool   // before there were as many as wanted
}

// fill has packs of a hundred recorded until there are so many readings more, or its time is over. Each device says something, even if
// none are wanted: what is asked is asked of these devices.
func (b *bench) fill(ctx context.Context, wanted int) (done filled, err error) {
	const readings = 100
	if wanted > 0 {
		command.Progress(fmt.Sprintf("fill the ledger with %d readings", wanted))
	} else {
		command.Progress("the ledger has as many readings already; each device says something")
	}
	messages := max(wanted/readings, b.amounts.devices)
	window := fillWindow(messages, b.amounts.devices)
	each := 3*messages/b.amounts.devices + 2*window // some are faster than others
	var all *ledger
	err = b.published(ctx, load{devices: b.amounts.devices, messages: each, readings: readings, window: window, of: follower}, func(ctx context.Context, u *underway) error {
		done.prefix, all = u.prefix, u.ledger
		limited, cancel := context.WithTimeout(ctx, b.amounts.fillTimeout)
		defer cancel()
		err := u.ledger.await(limited, messages)
		if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
			done.timedOut, err = true, nil // it is as large as it is, and the row says so
		}
		return err
	})
	if err != nil {
		return done, err
	}
	done.readings = all.recorded() * readings
	return done, nil
}

// fillWindow is how many messages of a device are under way: no more than half of all, since those are recorded too before the end.
func fillWindow(messages, devices int) int { return min(max(messages/devices/2, 1), 16) }

// growths is the section of it.
type growths struct{ *report }

const growthChart = "bench-growth.svg"

func (g growths) text() string {
	if len(g.growth) == 0 {
		return ""
	}
	var out strings.Builder
	out.WriteString("### As the ledger grows\n\nOn a network of its own, which is filled by packs of a hundred in between.\n\n" +
		"| readings on the ledger | of those wanted | each peer's block files, state, MiB | ingest_single: messages/s, processor time of a message, us |")
	for _, a := range g.growth[0].asked {
		fmt.Fprintf(&out, " %s: a second, p50, p99 in ms |", a.name)
	}
	out.WriteString("\n|---|---|---|---|" + strings.Repeat("---|", len(g.growth[0].asked)) + "\n")
	for _, size := range g.growth {
		fmt.Fprintf(&out, "| %d | %s | %.0f, %.0f | %.1f, %.0f |", size.readings, size.filled(), g.mib(size.stored.blocks), g.mib(size.stored.state), size.ingest.rate(), us(size.ingest.perMessage(all)))
		for _, a := range size.asked {
			s := a.cell.Summary()
			fmt.Fprintf(&out, " %.0f, %.1f, %.1f |", s.PerSecond, ms(s.Median), ms(s.P99))
		}
		out.WriteByte('\n')
	}
	return out.String() + "\n" + shown(growthChart, "Processor time of a message as the ledger grows")
}

// filled says of the readings that were wanted whether they are there.
func (g grown) filled() string {
	if g.timedOut {
		return fmt.Sprintf("not all of %d: its time was over", g.wanted)
	}
	return fmt.Sprintf("%d", g.wanted)
}

// mib is of each peer.
func (g growths) mib(bytes int64) float64 {
	return float64(bytes) / float64(max(g.network.Members, 1)) / (1 << 20)
}

func (g growths) flat(figures map[string]any) {
	for _, size := range g.growth {
		at := size.name + "_"
		figures[at+"readings_count"], figures[at+"block_files_mib"], figures[at+"state_mib"] = size.readings, g.mib(size.stored.blocks), g.mib(size.stored.state)
		figures[at+"wanted_readings_count"], figures[at+"filled"] = size.wanted, !size.timedOut
		figures[at+"messages_per_second"], figures[at+"cpu_us_per_message_all"] = size.ingest.rate(), us(size.ingest.perMessage(all))
		for _, a := range size.asked {
			a.flat(figures, at)
		}
	}
}

func (g growths) charts() map[string]string {
	if len(g.growth) == 0 {
		return nil
	}
	line := chart.Line{Name: "ingest of single readings"}
	for _, size := range g.growth {
		line.Points = append(line.Points, chart.Point{X: float64(size.readings), Y: us(size.ingest.perMessage(all))})
	}
	return map[string]string{growthChart: chart.Lines{Title: "Processor time of a message, microseconds", Along: "readings on the ledger", Log: true, Lines: []chart.Line{line}}.SVG()}
}
