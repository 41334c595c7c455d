package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"

	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/config"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/outbox"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/key"
)

// edgeCommands are the commands of an edge. The first whose words are there is meant.
func edgeCommands() []subcommand {
	return []subcommand{
		{[]string{"edge", "config", "check"}, checkEdgeConfig},
		{[]string{"edge", "key"}, edgeKey},
		{[]string{"edge", "registrations"}, edgeRegistrations},
		{[]string{"edge", "init"}, edgeInit},
		{[]string{"edge", "recover"}, edgeRecover},
		{[]string{"edge", "drop"}, edgeDrop},
		{[]string{"edge"}, runEdge},
	}
}

// runEdge is an edge until ctx ends.
func runEdge(ctx context.Context, args []string, _ io.Writer) error {
	c, rest, err := loadEdgeConfig(args)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return errUsage
	}
	return serveEdge(ctx, c)
}

func serveEdge(ctx context.Context, c config.Config) error {
	log, err := newLogger(c.LogLevel)
	if err != nil {
		return err
	}
	defer func() { _ = log.Sync() }() // standard error cannot always be synced
	if made, err := outbox.Made(c.StoreDir); err != nil || !made {
		return errors.Join(err, fmt.Errorf("there is no outbox in %s: before an edge's first start make it by mqtt-bridge edge init. If there was one, look where it is: "+
			"without it numbers that were used would be used again", c.StoreDir))
	}
	e, err := edge.Open(c, log)
	if err != nil {
		return err
	}
	err = e.Run(ctx)
	return errors.Join(err, e.Close())
}

// edgeKey makes a key file and prints the public key.
func edgeKey(_ context.Context, args []string, out io.Writer) error {
	flags := newFlags()
	path := flags.String("out", "", "file to make")
	algorithm := flags.String("algorithm", string(attest.Ed25519), "EdDSA or ES256")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *path == "" || flags.NArg() > 0 {
		return errUsage
	}
	private, err := key.Make(*path, attest.Algorithm(*algorithm))
	if err != nil {
		return err
	}
	public, err := attest.PublicJWK(private)
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(public)
}

// checkEdgeConfig reads everything that the configuration names, and starts nothing.
func checkEdgeConfig(_ context.Context, args []string, out io.Writer) error {
	c, rest, err := loadEdgeConfig(args)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return errUsage
	}
	if err := edge.Check(c); err != nil {
		return fmt.Errorf("the configuration names files that cannot be used:\n%w", err)
	}
	_, err = fmt.Fprintln(out, "the configuration is good")
	return err
}

// edgeRegistrations prints what the owner sends to its gateway, one request a line.
func edgeRegistrations(_ context.Context, args []string, out io.Writer) error {
	flags := newFlags()
	path := flags.String("config", "", "configuration file (YAML)")
	owner := flags.String("owner", "", "the member that is to own the devices")
	model := flags.String("model", "behind an edge", "what the devices are")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return errUsage
	}
	c, err := config.Load(*path, os.Environ())
	if err != nil {
		return err
	}
	requests, err := edge.Registrations(c, *owner, *model)
	if err != nil {
		return err
	}
	lines := json.NewEncoder(out)
	for _, r := range requests {
		if err := lines.Encode(r); err != nil {
			return fmt.Errorf("print registrations: %w", err)
		}
	}
	return nil
}

// edgeInit makes what an edge keeps, once.
func edgeInit(_ context.Context, args []string, out io.Writer) error {
	c, rest, err := loadEdgeConfig(args)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return errUsage
	}
	fresh, err := outbox.Make(c.StoreDir)
	if err != nil {
		return err
	}
	if !fresh {
		return fmt.Errorf("there is an outbox in %s already: an edge goes on with what it has", c.StoreDir)
	}
	_, err = fmt.Fprintln(out, "the outbox is made: each device begins at number 1")
	return err
}

// edgeRecover moves a device behind what the ledger has of it.
func edgeRecover(_ context.Context, args []string, out io.Writer) error {
	c, rest, err := loadEdgeConfig(args)
	if err != nil {
		return err
	}
	if len(rest) != 2 {
		return errUsage
	}
	recorded, err := strconv.ParseUint(rest[1], 10, 53)
	if err != nil {
		return fmt.Errorf("the last number on the ledger must be a number, not %q", rest[1])
	}
	devices := c.DeviceIDs()
	if !slices.Contains(devices, rest[0]) {
		return fmt.Errorf("device %s is none of the configuration's devices", rest[0])
	}
	r, err := outbox.Recover(c.StoreDir, devices, rest[0], recorded)
	if err != nil {
		return err
	}
	if r.LeftOut == 0 {
		_, err = fmt.Fprintf(out, "device %s has its place, beyond what the ledger has: nothing was changed; of an older copy of the outbox that holds only once nothing of the device is under way\n", rest[0])
	} else {
		_, err = fmt.Fprintf(out, "device %s leaves out number %d, which stays a gap, and goes on with the next; %d messages that waited are dropped\n", rest[0], r.LeftOut, r.Dropped)
	}
	if err == nil && len(r.Waiting) > 0 {
		_, err = fmt.Fprintf(out, "the edge starts once %d more devices were recovered, as %s\n", len(r.Waiting), r.Waiting[0])
	}
	return err
}

// edgeDrop deletes what waits of a device, also of one that is not listed any more.
func edgeDrop(_ context.Context, args []string, out io.Writer) error {
	c, rest, err := loadEdgeConfig(args)
	if err != nil {
		return err
	}
	if len(rest) != 1 {
		return errUsage
	}
	if made, err := outbox.Made(c.StoreDir); err != nil || !made {
		return errors.Join(err, fmt.Errorf("there is no outbox in %s", c.StoreDir))
	}
	n, err := outbox.Drop(c.StoreDir, rest[0])
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%d messages of device %s are dropped: their numbers stay gaps\n", n, rest[0])
	return err
}

// loadEdgeConfig returns the configuration, and the arguments that are no flags.
func loadEdgeConfig(args []string) (config.Config, []string, error) {
	flags := newFlags()
	path := flags.String("config", "", "configuration file (YAML)")
	if err := flags.Parse(args); err != nil {
		return config.Config{}, nil, err
	}
	c, err := config.Load(*path, os.Environ())
	return c, flags.Args(), err
}
