package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/waymark-ledger/waymark/network/endpoints"
	"github.com/waymark-ledger/waymark/test/internal/figures"
	"github.com/waymark-ledger/waymark/test/internal/localnet"
)

// stopTimeout bounds how long a network takes to go down.
const stopTimeout = time.Minute

// Bench is what the command line says to a command that measures on a network of its own.
type Bench struct {
	Out      string // file for the figures, as JSON; none if it is empty
	BasePort int    // first of the 100 ports of the network
	Quick    bool   // little of everything: no measurement
}

// Options adds --out, --base-port with its default, and --quick with what that asks for.
func (b *Bench) Options(flags *flag.FlagSet, basePort int, quick string) {
	flags.StringVar(&b.Out, "out", "", "file for the figures, as JSON")
	flags.IntVar(&b.BasePort, "base-port", basePort, "first of the 100 ports of the network")
	flags.BoolVar(&b.Quick, "quick", false, quick+", to see that it works: no measurement")
}

// Site is where a bench measures.
type Site struct {
	Root       string             // of the repository
	Work       string             // a folder, which is gone afterwards
	Network    *localnet.Network  // not up yet
	Conditions figures.Conditions // as they were before anything was begun
}

// Run prepares the site of the command of that name, prints the table that measure returns, and
// saves its figures. All of it takes timeout at most.
func (b Bench) Run(ctx context.Context, name string, timeout time.Duration,
	measure func(ctx context.Context, at Site) (table string, all map[string]any, err error)) error {
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
	work, err := os.MkdirTemp("", "waymark-"+name+"-")
	if err != nil {
		return fmt.Errorf("make a folder to work in: %w", err)
	}
	defer os.RemoveAll(work)
	table, all, err := measure(ctx, Site{root, work, localnet.New(root, filepath.Join(work, "network"), b.BasePort), conditions})
	if err != nil {
		return err
	}
	fmt.Print(table)
	return figures.Save(b.Out, conditions, all)
}

// Up brings the network up for measure, and takes it down whatever happens.
func (s Site) Up(ctx context.Context, measure func(*endpoints.Network) error, options ...string) (err error) {
	Progress("bring the network up")
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
		defer cancel()
		err = errors.Join(err, s.Network.Down(ctx, true))
	}()
	network, err := s.Network.Up(ctx, options...)
	if err != nil {
		return err
	}
	return measure(network)
}

// Progress says what is done now.
func Progress(what string) { fmt.Fprintln(os.Stderr, what) }
