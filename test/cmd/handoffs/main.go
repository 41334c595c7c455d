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

// level is how many shipments are handed over in parallel, and how many handoffs there are
// in all, if there is time.
type level struct{ parallel, handoffs int }

// levels are what is measured, each for at most limit.
func (s settings) levels() (levels []level, limit time.Duration) {
	if s.Quick {
		return []level{{1, 10}, {10, 50}, {100, 200}}, 10 * time.Second
	}
	return []level{{1, 60}, {10, 400}, {100, 1500}}, time.Minute
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
	b, err := newBench(n)
	if err != nil {
		return err
	}
	if r.network, err = figures.ObserveNetwork(at.Network.Dir(), len(n.Members)); err != nil {
		return err
	}
	levels, limit := s.levels()
	for _, l := range levels {
		command.Progress(fmt.Sprintf("%d shipments in parallel", l.parallel))
		row, err := b.measure(ctx, l, limit)
		if err != nil {
			return fmt.Errorf("%d in parallel: %w", l.parallel, err)
		}
		r.rows = append(r.rows, row)
	}
	return nil
}
