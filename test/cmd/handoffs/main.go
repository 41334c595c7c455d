// Command handoffs times handoffs of shipments in parallel on a network of its own,
// through the gateways, and counts the conflicts on the way. It prints a table.
package main

import (
	"context"
	"flag"
	"fmt"
	"time"

	"github.com/waymark-ledger/waymark/network/endpoints"
	"github.com/waymark-ledger/waymark/test/internal/command"
	"github.com/waymark-ledger/waymark/test/internal/figures"
	"github.com/waymark-ledger/waymark/test/internal/handoffs"
)

// timeout bounds the whole run.
const timeout = 15 * time.Minute

func main() { command.Main("handoffs", run) }

// settings are what the command line says.
type settings struct{ command.Bench }

func parse(args []string) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("handoffs", flag.ContinueOnError)
	s.Options(flags, 17600, "a few handoffs")
	return s, flags.Parse(args)
}

// levels are what is measured, each for at most limit.
func (s settings) levels() (levels []handoffs.Level, limit time.Duration) {
	if s.Quick {
		return []handoffs.Level{{Parallel: 1, Handoffs: 10}, {Parallel: 10, Handoffs: 50}, {Parallel: 100, Handoffs: 200}}, 10 * time.Second
	}
	return []handoffs.Level{{Parallel: 1, Handoffs: 60}, {Parallel: 10, Handoffs: 400}, {Parallel: 100, Handoffs: 1500}}, time.Minute
}

func run(ctx context.Context, args []string) error {
	s, err := parse(args)
	if err != nil {
		return err
	}
	return s.Run(ctx, "handoffs", timeout, func(ctx context.Context, at command.Site) (string, map[string]any, error) {
		r := report{conditions: at.Conditions}
		err := at.Up(ctx, func(n *endpoints.Network) error { return r.measure(ctx, s, at, n) })
		return r.table(), r.flat(), err
	})
}

// measure measures every level.
func (r *report) measure(ctx context.Context, s settings, at command.Site, n *endpoints.Network) error {
	b, err := handoffs.New(n, "")
	if err != nil {
		return err
	}
	if r.network, err = figures.ObserveNetwork(at.Network.Dir(), len(n.Members)); err != nil {
		return err
	}
	levels, limit := s.levels()
	for _, l := range levels {
		command.Progress(fmt.Sprintf("%d shipments in parallel", l.Parallel))
		row, err := b.Measure(ctx, l, limit)
		if err != nil {
			return fmt.Errorf("%d in parallel: %w", l.Parallel, err)
		}
		r.rows = append(r.rows, row)
	}
	return nil
}
