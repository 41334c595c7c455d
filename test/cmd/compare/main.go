// Command compare times the chaincodes of newham/fabric-iot and Waymark's at the same
// work, side by side on one network of its own, and prints a table. It needs a
// checkout of fabric-iot, which it copies and builds outside of this repository.
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
	"github.com/waymark-ledger/waymark/test/internal/fabriciot"
	"github.com/waymark-ledger/waymark/test/internal/figures"
	"github.com/waymark-ledger/waymark/test/internal/localnet"
)

// timeout bounds the whole comparison, stopTimeout its end.
const (
	timeout     = 30 * time.Minute
	stopTimeout = time.Minute
)

func main() { command.Main("compare", run) }

// settings are what the command line says.
type settings struct {
	checkout, out string
	basePort      int
	quick         bool
}

func parse(args []string) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("compare", flag.ContinueOnError)
	flags.StringVar(&s.checkout, "fabric-iot", "", "checkout of github.com/newham/fabric-iot")
	flags.StringVar(&s.out, "out", "", "file for the figures, as JSON")
	flags.IntVar(&s.basePort, "base-port", 17500, "first of the 100 ports of the network")
	flags.BoolVar(&s.quick, "quick", false, "a few calls of each kind, to see that it works: no measurement")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	if s.checkout == "" {
		return s, errors.New("--fabric-iot is missing: name a checkout of github.com/newham/fabric-iot")
	}
	return s, nil
}

func run(ctx context.Context, args []string) error {
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
	work, err := os.MkdirTemp("", "waymark-compare-")
	if err != nil {
		return fmt.Errorf("make a folder to work in: %w", err)
	}
	defer os.RemoveAll(work)
	builder := fabriciot.Builder{Checkout: s.checkout, Chaincode: filepath.Join(root, "chaincode"), Work: filepath.Join(work, "fabric-iot")}
	conditions, err := observe(ctx, root, builder)
	if err != nil {
		return err
	}
	rows, err := compare(ctx, s, root, work, builder)
	if err != nil {
		return err
	}
	fmt.Print(table(conditions, rows))
	return figures.Save(s.out, conditions.Conditions, flat(conditions, rows))
}

// compare brings the network up, measures, and takes it down whatever happens.
func compare(ctx context.Context, s settings, root, work string, b fabriciot.Builder) (rows []row, err error) {
	progress("build fabric-iot's chaincodes")
	if err := b.Build(ctx); err != nil {
		return nil, err
	}
	progress("bring the network up")
	local := localnet.New(root, filepath.Join(work, "network"), s.basePort)
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
		defer cancel()
		err = errors.Join(err, local.Down(ctx, true))
	}()
	network, err := local.Up(ctx, "--fabric-only", "--channel", channel)
	if err != nil {
		return nil, err
	}
	progress("deploy fabric-iot's chaincodes beside ours")
	site := fabriciot.Site{Network: network, Dir: local.Dir(), Bin: filepath.Join(root, ".waymark", "bin"),
		Policy: endorsement, FirstPort: s.basePort + firstPort}
	stop, err := fabriciot.Deploy(ctx, site, b)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	c, err := newClients(network)
	if err != nil {
		return nil, err
	}
	defer c.close()
	return measure(ctx, c, s.loads())
}

func progress(what string) { fmt.Fprintln(os.Stderr, what) }
