// Command overhead times what a gateway adds to a transaction: the same calls through a
// gateway and by a bare client of Fabric, in turn, on a network of its own. It prints a table.
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
	timeout     = 40 * time.Minute
	stopTimeout = time.Minute
)

func main() { command.Main("overhead", run) }

// settings are what the command line says.
type settings struct {
	out      string
	basePort int
	quick    bool
}

func parse(args []string) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("overhead", flag.ContinueOnError)
	flags.StringVar(&s.out, "out", "", "file for the figures, as JSON")
	flags.IntVar(&s.basePort, "base-port", 17700, "first of the 100 ports of the network")
	flags.BoolVar(&s.quick, "quick", false, "a few calls, to see that it works: no measurement")
	return s, flags.Parse(args)
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
	conditions, err := figures.Observe(ctx, root)
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "waymark-overhead-")
	if err != nil {
		return fmt.Errorf("make a folder to work in: %w", err)
	}
	defer os.RemoveAll(work)
	report, err := measure(ctx, s, localnet.New(root, filepath.Join(work, "network"), s.basePort))
	if err != nil {
		return err
	}
	report.conditions = conditions
	fmt.Print(report.text())
	return figures.Save(s.out, conditions, report.flat())
}

// measure brings the network up, measures, and takes it down whatever happens.
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
	pid, err := prepare(ctx, local, s)
	if err != nil {
		return r, err
	}
	b, err := newBench(ctx, network, s.loads(), pid)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	if r.network, err = figures.ObserveNetwork(local.Dir(), len(network.Members)); err != nil {
		return r, err
	}
	r.rows, err = b.measure(ctx)
	return r, err
}

// settingsOfGateway are added to the configuration of the gateway that is measured: one
// caller asks as much as otherwise thousands would.
const settingsOfGateway = `
listen_operations: 127.0.0.1:%d
limits:
  in_flight: 2500
  caller_percent: 100
  rates:
    read: {per_second: 100000, burst: 100000}
    write: {per_second: 100000, burst: 100000}
`

// operationsPort is that of the network's ports at which the gateway can be profiled while it
// is measured: go tool pprof https+insecure://127.0.0.1:17740/debug/pprof/profile?seconds=10.
const operationsPort = 40

// prepare starts the gateway anew with the settings of the measurement, and returns its
// process id.
func prepare(ctx context.Context, local *localnet.Network, s settings) (pid int, err error) {
	file, err := os.OpenFile(filepath.Join(local.Dir(), "members", member, "gateway.yaml"), os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, fmt.Errorf("the gateway's configuration: %w", err)
	}
	_, err = fmt.Fprintf(file, settingsOfGateway, s.basePort+operationsPort)
	if err = errors.Join(err, file.Close()); err != nil {
		return 0, fmt.Errorf("the gateway's configuration: %w", err)
	}
	name := "gateway." + member
	if err := errors.Join(local.Stop(ctx, name), local.Start(ctx, name)); err != nil {
		return 0, err
	}
	return local.PID(ctx, name)
}

func progress(what string) { fmt.Fprintln(os.Stderr, what) }
