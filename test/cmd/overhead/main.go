// Command overhead times what a gateway adds to a transaction: the same calls through a
// gateway and by a bare client of Fabric, in turn, on a network of its own. It prints a table.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"time"

	"github.com/waymark-ledger/waymark/network/endpoints"
	"github.com/waymark-ledger/waymark/test/internal/command"
	"github.com/waymark-ledger/waymark/test/internal/figures"
	"github.com/waymark-ledger/waymark/test/internal/localnet"
)

// timeout bounds the whole run.
const timeout = 40 * time.Minute

func main() { command.Main("overhead", run) }

// settings are what the command line says.
type settings struct{ command.Bench }

func parse(args []string) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("overhead", flag.ContinueOnError)
	s.Options(flags, 17700, "a few calls")
	return s, flags.Parse(args)
}

func run(ctx context.Context, args []string) error {
	s, err := parse(args)
	if err != nil {
		return err
	}
	return s.Run(ctx, "overhead", timeout, func(ctx context.Context, at command.Site) (string, map[string]any, error) {
		r := report{conditions: at.Conditions}
		err := at.Up(ctx, func(n *endpoints.Network) error { return r.measure(ctx, s, at, n) })
		return r.text(), r.flat(), err
	})
}

// measure starts the gateway anew as it is to be measured, and measures it.
func (r *report) measure(ctx context.Context, s settings, at command.Site, n *endpoints.Network) (err error) {
	pid, err := prepare(ctx, at.Network, s)
	if err != nil {
		return err
	}
	b, err := newBench(ctx, n, s.loads(), pid)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	if r.network, err = figures.ObserveNetwork(at.Network.Dir(), len(n.Members)); err != nil {
		return err
	}
	r.rows, err = b.measure(ctx)
	return err
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
	if err := local.Configure(ctx, member, fmt.Sprintf(settingsOfGateway, s.BasePort+operationsPort)); err != nil {
		return 0, err
	}
	return local.PID(ctx, "gateway."+member)
}
