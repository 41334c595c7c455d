package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/bridge"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/config"
)

// drainStore takes what the embedded broker of an earlier version has in its store into the spool. No bridge may run.
func drainStore(ctx context.Context, args []string, out io.Writer) error {
	flags := newFlags()
	path := flags.String("config", "", "configuration file (YAML)")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return errUsage
	}
	c, err := config.Load(*path, os.Environ())
	if err != nil {
		return err
	}
	log, err := newLogger(c.LogLevel)
	if err != nil {
		return err
	}
	n, err := bridge.Drain(ctx, c, flags.Arg(0), log)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%d messages of %s are in the spool; that folder is needed no more\n", n, flags.Arg(0))
	return err
}
