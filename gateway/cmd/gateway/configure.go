package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/waymark-ledger/waymark/gateway/internal/config"
)

// loadConfig reads the configuration that --config names, and returns the name too.
func loadConfig(flags []string, stderr io.Writer) (c config.Config, path string, err error) {
	set := flag.NewFlagSet("gateway", flag.ContinueOnError)
	set.StringVar(&path, "config", "", "configuration file (YAML)")
	if err := parseFlags(set, flags, stderr); err != nil {
		return config.Config{}, "", err
	}
	if path == "" {
		fmt.Fprint(stderr, "--config is required\n", usage)
		return config.Config{}, "", errUsage
	}
	c, err = config.Load(path, os.Environ())
	return c, path, err
}

// checkConfig opens everything that the configuration names, but for the database, which it
// neither makes nor changes: it may be asked by another user, beside a gateway that runs. It
// serves nothing.
func checkConfig(flags []string, stdout, stderr io.Writer) error {
	c, _, err := loadConfig(flags, stderr)
	if err != nil {
		return err
	}
	p, err := assemble(c)
	if err != nil {
		return err
	}
	if err := errors.Join(checkDatabase(c.Database), p.close()); err != nil {
		return err
	}
	_, err = fmt.Fprintln(stdout, "the configuration is good")
	return err
}
