// Command handoffs times handoffs of shipments in parallel on a network of its own,
// through the gateways, and counts the conflicts on the way. It prints a table.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/waymark-ledger/waymark/test/internal/command"
	"github.com/waymark-ledger/waymark/test/internal/figures"
	"github.com/waymark-ledger/waymark/test/internal/localnet"
)

// timeout bounds the whole run, stopTimeout its end.
const (
	timeout     = 15 * time.Minute
	stopTimeout = time.Minute
)

func main() { command.Main("handoffs", run) }

// settings are what the command line says.
type settings struct {
	out      string
	basePort int
	quick    bool
}

func parse(args []string) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("handoffs", flag.ContinueOnError)
	flags.StringVar(&s.out, "out", "", "file for the figures, as JSON")
	flags.IntVar(&s.basePort, "base-port", 17600, "first of the 100 ports of the network")
	flags.BoolVar(&s.quick, "quick", false, "a few handoffs, to see that it works: no measurement")
	return s, flags.Parse(args)
}

// level is how many shipments are handed over in parallel, and how many handoffs there are
// in all, if there is time.
type level struct{ parallel, handoffs int }

// levels are what is measured, each for at most limit.
func (s settings) levels() (levels []level, limit time.Duration) {
	if s.quick {
		return []level{{1, 10}, {10, 50}, {100, 200}}, 10 * time.Second
	}
	return []level{{1, 60}, {10, 400}, {100, 1500}}, time.Minute
}

func run(ctx context.Context, args []string) (err error) {
	s, err := parse(args)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	root, err := localnet.Root()
	if err != nil {
		return err
	}
	conditions, err := figures.Observe(ctx, root)
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "waymark-handoffs-")
	if err != nil {
		return fmt.Errorf("make a folder to work in: %w", err)
	}
	defer os.RemoveAll(work)
	report, err := measure(ctx, s, localnet.New(root, filepath.Join(work, "network"), s.basePort))
	if err != nil {
		return err
	}
	report.conditions = conditions
	fmt.Print(report.table())
	return figures.Save(s.out, conditions, report.flat())
}

// measure brings the network up, measures every level, and takes it down whatever happens.
func measure(ctx context.Context, s settings, local *localnet.Network) (r report, err error) {
	progress("bring the network up")
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
		defer cancel()
		err = errors.Join(err, local.Down(ctx, true))
	}()
	network, err := local.Up(ctx)
	if err != nil {
		return r, err
	}
	b, err := newBench(network)
	if err != nil {
		return r, err
	}
	if r.network, err = figures.ObserveNetwork(local.Dir(), len(network.Members)); err != nil {
		return r, err
	}
	levels, limit := s.levels()
	for _, l := range levels {
		progress(fmt.Sprintf("%d shipments in parallel", l.parallel))
		row, err := b.measure(ctx, l, limit)
		if err != nil {
			return r, fmt.Errorf("%d in parallel: %w", l.parallel, err)
		}
		r.rows = append(r.rows, row)
	}
	return r, nil
}

func progress(what string) { fmt.Fprintln(os.Stderr, what) }
