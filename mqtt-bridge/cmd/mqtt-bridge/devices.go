package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/config"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/presence"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/sign"
)

// listDevices writes what the running bridge has seen of each device, one JSON document a line.
func listDevices(ctx context.Context, args []string, out io.Writer) error {
	c, err := loadConfig(args)
	if err != nil {
		return err
	}
	client, err := adminClient(c)
	if err != nil {
		return err
	}
	encoder := json.NewEncoder(out)
	return client.EachDevice(ctx, func(r presence.Record) error { return encoder.Encode(r) })
}

// showKey writes what devices are to be given of the bridge's key, which it makes if there is none; with next,
// of the one that is to follow it.
func showKey(args []string, out io.Writer) error {
	flags := newFlags()
	path := flags.String("config", "", "configuration file (YAML)")
	next := flags.Bool("next", false, "the key that is to follow the one in use")
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
	if err := os.MkdirAll(c.SpoolDir, 0o700); err != nil {
		return fmt.Errorf("make spool folder: %w", err)
	}
	name := sign.FileName
	if *next {
		name = sign.NextName
	}
	key, err := sign.Open(c.SpoolDir, name, c.ID, c.Consortium)
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(key.Public())
}
