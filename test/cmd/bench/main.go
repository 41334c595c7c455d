// Command bench measures what a small machine can do: the network at rest, the ledger itself by a bare client
// (`raw`), and the whole way of a message from a device to its block (`through`), side by side on a network of
// its own. It prints a table of rates, and one of where the processor time goes.
package main

import (
	"context"
	"errors"
	"flag"
	"path/filepath"
	"slices"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/network/endpoints"
	"github.com/waymark-ledger/waymark/test/internal/bare"
	"github.com/waymark-ledger/waymark/test/internal/command"
	"github.com/waymark-ledger/waymark/test/internal/deploy"
	"github.com/waymark-ledger/waymark/test/internal/figures"
	"github.com/waymark-ledger/waymark/test/internal/profiled"
)

// timeout bounds the whole run.
const timeout = 30 * time.Minute

func main() { command.Main("bench", run) }

// settings are what the command line says.
type settings struct {
	command.Bench
	profiles string // folder for profiles; none if it is empty
}

// amounts are how much is measured.
type amounts struct {
	idle    time.Duration
	raw     []int         // transactions in flight, at one level after another; the least comes first
	ramp    time.Duration // before a raw level is looked at
	rawEach time.Duration // of a level, twice

	devices int   // of each row through the whole way
	windows []int // messages of a device under way, at one level after another
	packs   []int // readings of a message
	each    time.Duration
	ceiling int // messages a second for which the devices have enough to say
}

func (s settings) amounts() amounts {
	if s.Quick {
		return amounts{idle: 2 * time.Second, raw: []int{1, 16}, ramp: time.Second, rawEach: 2 * time.Second,
			devices: 8, windows: []int{16}, packs: []int{1, 10}, each: 3 * time.Second, ceiling: 3000}
	}
	return amounts{idle: time.Minute, raw: []int{1, 16, 64, 128, 256, 400}, ramp: 3 * time.Second, rawEach: 15 * time.Second,
		devices: 100, windows: []int{16, 64}, packs: []int{1, 10}, each: time.Minute, ceiling: 6000}
}

func run(ctx context.Context, args []string) error {
	var s settings
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	s.Options(flags, 18100, "a few seconds of each row")
	flags.StringVar(&s.profiles, "profiles", "", "folder for profiles of the processors' time of each process in each row, which cost a little of it")
	if err := flags.Parse(args); err != nil {
		return err
	}
	return s.Run(ctx, "bench", timeout, func(ctx context.Context, at command.Site) (string, map[string]any, error) {
		r := report{conditions: at.Conditions, profiled: s.profiles != ""}
		options, err := s.prepare(ctx, at)
		if err != nil {
			return "", nil, err
		}
		if err := at.Up(ctx, func(n *endpoints.Network) error { return r.measure(ctx, s, at, n) }, options...); err != nil {
			return "", nil, err
		}
		return r.text(), r.flat(), nil
	})
}

// prepare returns the options by which the network is such that it can be profiled, if it is to be.
func (s settings) prepare(ctx context.Context, at command.Site) (options []string, err error) {
	if s.profiles == "" {
		return nil, nil
	}
	command.Progress("build programs that can be profiled")
	bin := filepath.Join(at.Work, "bin")
	return []string{"--no-build", "--bin", bin}, profiled.Programs(ctx, at.Root, bin)
}

// Who calls the ledger itself, and by whose peer what is recorded is followed: another one.
const (
	member   = "producer"
	follower = "auditor"
)

// rawput is the chaincode that the ledger itself is measured by, and rawputPort the first of the network's
// ports at which its processes serve.
const (
	rawput     = "rawput"
	rawputPort = 40
)

// bench is what is measured, and by what.
type bench struct {
	amounts amounts
	site    command.Site
	network *endpoints.Network
	fleet   string // the program
	raw     *bare.Client
	meter   *meter

	profiles string // folder for profiles; none if it is empty
}

// measure measures the rows one after another. The ledger itself comes first and last, in the one order and
// then in the other, so that what changes meanwhile shows.
func (r *report) measure(ctx context.Context, s settings, at command.Site, n *endpoints.Network) (err error) {
	if r.network, err = figures.ObserveNetwork(at.Network.Dir(), len(n.Members)); err != nil {
		return err
	}
	b := &bench{amounts: s.amounts(), site: at, network: n, fleet: filepath.Join(at.Work, "fleet"), profiles: s.profiles}
	running, err := b.deploy(ctx, s.BasePort+rawputPort)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, running.Stop()) }()
	if b.raw, err = bare.New(ctx, n, member, waymark.Operator, rawput); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.raw.Close()) }()
	if b.meter, err = newMeter(ctx, at.Network, running.PIDs(), b.raw.Seen); err != nil {
		return err
	}
	if err := b.begin(ctx); err != nil {
		return err
	}
	if r.idle, err = b.idle(ctx); err != nil {
		return err
	}
	return r.rows(ctx, b)
}

// rows measures the ledger itself, the whole way, and the ledger itself again.
func (r *report) rows(ctx context.Context, b *bench) error {
	levels := slices.Clone(b.amounts.raw)
	for _, inFlight := range levels {
		r.raw = append(r.raw, row{name: "raw", inFlight: inFlight, readings: 1})
	}
	for i := range r.raw {
		if err := b.rawLevel(ctx, &r.raw[i]); err != nil {
			return err
		}
	}
	for _, readings := range b.amounts.packs {
		for _, window := range b.amounts.windows {
			through, err := b.through(ctx, readings, window)
			if err != nil {
				return err
			}
			r.through = append(r.through, through)
		}
	}
	for i := range slices.Backward(r.raw) {
		if err := b.rawLevel(ctx, &r.raw[i]); err != nil {
			return err
		}
	}
	return nil
}

// deploy builds what is needed, and deploys the least chaincode beside ours.
func (b *bench) deploy(ctx context.Context, firstPort int) (*deploy.Processes, error) {
	command.Progress("deploy a chaincode that only puts beside ours")
	program := filepath.Join(b.site.Work, rawput)
	if err := errors.Join(b.site.Network.BuildCommand(ctx, rawput, program), b.buildFleet(ctx)); err != nil {
		return nil, err
	}
	return deploy.Deploy(ctx, deploy.Site{
		Network: b.network, Dir: b.site.Network.Dir(), Bin: filepath.Join(b.site.Root, ".waymark", "bin"), Work: b.site.Work,
		Contracts: []deploy.Contract{{Name: rawput, Program: program}}, FirstPort: firstPort,
	})
}
