// Command events times what follows the ledger: how long after a block clients have its events, what a thousand of them cost a
// gateway, and what the read model costs beside the ledger. It prints a table.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/waymark-ledger/waymark/network/endpoints"
	"github.com/waymark-ledger/waymark/test/internal/command"
	"github.com/waymark-ledger/waymark/test/internal/figures"
)

// timeout bounds the whole run.
const timeout = 10 * time.Minute

// member is whose gateway is measured.
const member = "producer"

func main() { command.Main("events", run) }

// settings are what the command line says.
type settings struct{ command.Bench }

// amounts are how much is measured.
type amounts struct {
	clients   []int         // that follow events, at one level after another
	perSecond int           // writes, each of which is an event
	each      time.Duration // of a level
	devices   int           // that send readings, each a request at a time
	ingest    time.Duration
}

func (s settings) amounts() amounts {
	if s.Quick {
		return amounts{clients: []int{1, 20}, perSecond: 5, each: 3 * time.Second, devices: 2, ingest: 3 * time.Second}
	}
	return amounts{clients: []int{1, 100, 1000}, perSecond: 10, each: 40 * time.Second, devices: 8, ingest: time.Minute}
}

func run(ctx context.Context, args []string) error {
	var s settings
	flags := flag.NewFlagSet("events", flag.ContinueOnError)
	s.Options(flags, 17800, "a few clients for a few seconds")
	if err := flags.Parse(args); err != nil {
		return err
	}
	return s.Run(ctx, "events", timeout, func(ctx context.Context, at command.Site) (string, map[string]any, error) {
		r := report{conditions: at.Conditions, amounts: s.amounts()}
		err := at.Up(ctx, func(n *endpoints.Network) error { return r.measure(ctx, s, at, n) })
		return r.text(), r.flat(), err
	})
}

// measure measures first how soon events come, and then what readings cost.
func (r *report) measure(ctx context.Context, s settings, at command.Site, n *endpoints.Network) (err error) {
	if r.network, err = figures.ObserveNetwork(at.Network.Dir(), len(n.Members)); err != nil {
		return err
	}
	g := &gateway{site: at, network: n, operations: fmt.Sprintf("127.0.0.1:%d", s.BasePort+operationsPort)}
	if err := g.configure(); err != nil {
		return err
	}
	if err := g.restart(ctx); err != nil {
		return err
	}
	for _, clients := range r.amounts.clients {
		command.Progress(fmt.Sprintf("%d clients follow events", clients))
		l, err := g.level(ctx, r.amounts, clients)
		if err != nil {
			return fmt.Errorf("%d clients: %w", clients, err)
		}
		r.levels = append(r.levels, l)
	}
	r.readings, err = g.readings(ctx, r.amounts)
	return err
}

// settingsOfGateway are added to the configuration of the gateway that is measured: few callers follow
// as much as otherwise many would.
const settingsOfGateway = `
listen_operations: %s
limits:
  caller_percent: 100
  rates:
    read: {per_second: 100000, burst: 100000}
    write: {per_second: 100000, burst: 100000}
    messages: {per_second: 100000, burst: 100000}
`

// operationsPort is that of the network's ports at which the gateway can be profiled while it
// is measured: go tool pprof https+insecure://127.0.0.1:17840/debug/pprof/profile?seconds=10.
const operationsPort = 40

func (g *gateway) config() string {
	return filepath.Join(g.site.Network.Dir(), "members", member, "gateway.yaml")
}

// configure adds the settings of the measurement.
func (g *gateway) configure() error {
	file, err := os.OpenFile(g.config(), os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("the gateway's configuration: %w", err)
	}
	_, err = fmt.Fprintf(file, settingsOfGateway, g.operations)
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("the gateway's configuration: %w", err)
	}
	return nil
}
