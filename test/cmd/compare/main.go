// Command compare times the chaincodes of newham/fabric-iot and Waymark's at the same
// work, side by side on one network of its own, and prints a table. It needs a
// checkout of fabric-iot, which it copies and builds outside of this repository.
package main

import (
	"context"
	"errors"
	"flag"
	"path/filepath"
	"time"

	"github.com/waymark-ledger/waymark/network/endpoints"
	"github.com/waymark-ledger/waymark/test/internal/command"
	"github.com/waymark-ledger/waymark/test/internal/deploy"
	"github.com/waymark-ledger/waymark/test/internal/fabriciot"
	"github.com/waymark-ledger/waymark/test/internal/figures"
)

// timeout bounds the whole comparison.
const timeout = 30 * time.Minute

func main() { command.Main("compare", run) }

// settings are what the command line says.
type settings struct {
	command.Bench
	checkout string
}

func parse(args []string) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("compare", flag.ContinueOnError)
	flags.StringVar(&s.checkout, "fabric-iot", "", "checkout of github.com/newham/fabric-iot")
	s.Options(flags, 17500, "a few calls of each kind")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	if s.checkout == "" {
		return s, errors.New("--fabric-iot is missing: name a checkout of github.com/newham/fabric-iot")
	}
	return s, nil
}

// conditions are those of the machine, and of both sides.
type conditions struct {
	figures.Conditions
	theirs string // commit of fabric-iot
}

func run(ctx context.Context, args []string) error {
	s, err := parse(args)
	if err != nil {
		return err
	}
	return s.Run(ctx, "compare", timeout, func(ctx context.Context, at command.Site) (string, map[string]any, error) {
		c, rows, err := compare(ctx, s, at)
		if err != nil {
			return "", nil, err
		}
		return table(c, rows), flat(c, rows), nil
	})
}

// compare builds fabric-iot's chaincodes and measures them beside ours.
func compare(ctx context.Context, s settings, at command.Site) (c conditions, rows []row, err error) {
	b := fabriciot.Builder{Checkout: s.checkout, Chaincode: filepath.Join(at.Root, "chaincode"), Work: filepath.Join(at.Work, "fabric-iot")}
	c.Conditions = at.Conditions
	if c.theirs, err = b.Commit(ctx); err != nil {
		return c, nil, err
	}
	command.Progress("build fabric-iot's chaincodes")
	if err := b.Build(ctx); err != nil {
		return c, nil, err
	}
	err = at.Up(ctx, func(n *endpoints.Network) error {
		rows, err = beside(ctx, s, at, n, b)
		return err
	}, "--fabric-only", "--channel", channel)
	return c, rows, err
}

// beside deploys fabric-iot's chaincodes beside ours, and measures both.
func beside(ctx context.Context, s settings, at command.Site, n *endpoints.Network, b fabriciot.Builder) (rows []row, err error) {
	command.Progress("deploy fabric-iot's chaincodes beside ours")
	site := deploy.Site{Network: n, Dir: at.Network.Dir(), Bin: filepath.Join(at.Root, ".waymark", "bin"), Work: b.Work, FirstPort: s.BasePort + firstPort}
	for _, contract := range fabriciot.Contracts() {
		site.Contracts = append(site.Contracts, deploy.Contract{Name: contract, Program: b.Program(contract)})
	}
	theirs, err := deploy.Deploy(ctx, site)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, theirs.Stop()) }()
	c, err := newClients(n)
	if err != nil {
		return nil, err
	}
	defer c.close()
	return measure(ctx, c, s.loads())
}
