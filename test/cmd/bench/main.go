// Command bench measures what a small machine can do, in one run on a network of its own, and writes one report: the ledger
// itself by a bare client (`raw`), the whole way of a message from a device to its block (`ingest`, `latency`), and what else the page
// docs/performance.md says.
package main

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/waymark-ledger/waymark/network/endpoints"
	"github.com/waymark-ledger/waymark/test/internal/command"
	"github.com/waymark-ledger/waymark/test/internal/figures"
	"github.com/waymark-ledger/waymark/test/internal/localnet"
)

// timeout bounds the whole run.
const timeout = time.Hour

func main() { command.Main("bench", run) }

// settings are what the command line says.
type settings struct {
	command.Bench
	profiles string   // folder for profiles; none if it is empty
	docs     string   // folder of the page, which is written then, with its charts and figures
	rows     []string // those that are measured, in their order
}

func parse(args []string) (s settings, err error) {
	var picked string
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	s.Options(flags, 18100, "a few seconds of each row")
	flags.StringVar(&s.profiles, "profiles", "", "folder for profiles of the processors' time of each process in each row, which cost a little of it")
	flags.StringVar(&s.docs, "docs", "", "folder with performance.md: tables, charts and figures are written into it after a run of all rows")
	flags.StringVar(&picked, "rows", "", "rows to measure, separated by commas; all without it: "+strings.Join(rowNames(), ","))
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	s.rows, err = pick(picked)
	if s.docs != "" && (s.Quick || s.profiles != "" || picked != "") {
		return s, fmt.Errorf("--docs goes with a run of all rows: not with --quick, --profiles and --rows")
	}
	return s, err
}

// pick is the rows that are named, in the order in which they are measured.
func pick(names string) (picked []string, err error) {
	if names == "" {
		return rowNames(), nil
	}
	wanted := strings.Split(names, ",")
	for _, name := range wanted {
		if !slices.Contains(rowNames(), name) {
			return nil, fmt.Errorf("there is no row %q: there are %s", name, strings.Join(rowNames(), ", "))
		}
	}
	for _, name := range rowNames() {
		if slices.Contains(wanted, name) {
			picked = append(picked, name)
		}
	}
	return picked, nil
}

func run(ctx context.Context, args []string) error {
	s, err := parse(args)
	if err != nil {
		return err
	}
	return s.Run(ctx, "bench", timeout, func(ctx context.Context, at command.Site) (string, map[string]any, error) {
		r := &report{conditions: at.Conditions, profiled: s.profiles != ""}
		if err := r.measure(ctx, s, at); err != nil {
			return "", nil, err
		}
		return r.text(), r.flat(), r.write(s.docs)
	})
}

// measure measures all rows on one network, but for those that have one of their own.
func (r *report) measure(ctx context.Context, s settings, at command.Site) error {
	options, err := s.prepare(ctx, at)
	if err != nil {
		return err
	}
	shared, own := s.chosen(false), s.chosen(true)
	if len(shared) > 0 {
		if err := r.on(ctx, s, at, shared, options); err != nil {
			return err
		}
	}
	for _, row := range own {
		at.Network = localnet.New(at.Root, at.Network.Dir()+"-"+row.name, s.BasePort)
		if err := r.on(ctx, s, at, []rowOf{row}, options); err != nil {
			return err
		}
	}
	return nil
}

// chosen are the rows that are measured, with a network of their own or without.
func (s settings) chosen(own bool) (chosen []rowOf) {
	for _, row := range rows() {
		if row.ownNetwork == own && slices.Contains(s.rows, row.name) {
			chosen = append(chosen, row)
		}
	}
	return chosen
}

// on measures rows on a network, one after another.
func (r *report) on(ctx context.Context, s settings, at command.Site, rows []rowOf, options []string) error {
	return at.Up(ctx, func(n *endpoints.Network) (err error) {
		if r.network, err = figures.ObserveNetwork(at.Network.Dir(), len(n.Members)); err != nil {
			return err
		}
		if err = lift(ctx, at.Network, n); err != nil {
			return err
		}
		return s.with(ctx, at, n, func(b *bench) error { return r.all(ctx, b, rows) })
	}, options...)
}

// all measures rows, and then those again that are measured twice.
func (r *report) all(ctx context.Context, b *bench, rows []rowOf) error {
	for _, row := range rows {
		command.Progress("== " + row.name)
		if err := row.measure(ctx, b, r); err != nil {
			return fmt.Errorf("%s: %w", row.name, err)
		}
	}
	for _, row := range rows {
		if row.again == nil {
			continue
		}
		if err := row.again(ctx, b, r); err != nil {
			return fmt.Errorf("%s: %w", row.name, err)
		}
	}
	return nil
}
