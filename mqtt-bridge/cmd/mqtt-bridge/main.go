// Command mqtt-bridge takes signed device messages from MQTT to the ledger: it
// acknowledges what is on its disk, and keeps it until it is committed or in
// quarantine with a reason.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/bridge"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/config"
	"go.uber.org/zap"
)

const usage = `usage: mqtt-bridge --config FILE [--broker embedded|external]
       mqtt-bridge config check --config FILE
       mqtt-bridge key [--next] --config FILE
       mqtt-bridge devices list --config FILE
       mqtt-bridge quarantine list|export|devices --config FILE
       mqtt-bridge quarantine show|replay|drop|withdraw --config FILE NUMBER...
       mqtt-bridge edge --config FILE
       mqtt-bridge edge config check --config FILE
       mqtt-bridge edge key --out FILE [--algorithm EdDSA|ES256]
       mqtt-bridge edge registrations --config FILE --owner MEMBER [--model TEXT]
       mqtt-bridge edge init --config FILE
       mqtt-bridge edge recover --config FILE DEVICE LAST-NUMBER-ON-THE-LEDGER
       mqtt-bridge spool check|salvage --config FILE
       mqtt-bridge store drain --config FILE FOLDER
`

var errUsage = errors.New("unknown command; mqtt-bridge -h says how to call it")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "mqtt-bridge:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	for _, c := range commands() {
		if n := len(c.words); len(args) >= n && slices.Equal(args[:n], c.words) {
			return c.run(ctx, args[n:], os.Stdout)
		}
	}
	c, err := loadConfig(args)
	if err != nil {
		return err
	}
	return serve(ctx, c)
}

// subcommand is one that does something else than run a bridge.
type subcommand struct {
	words []string
	run   func(ctx context.Context, args []string, out io.Writer) error
}

func commands() []subcommand {
	return append(edgeCommands(), []subcommand{
		{[]string{"config", "check"}, func(_ context.Context, args []string, out io.Writer) error { return checkConfig(args, out) }},
		{[]string{"devices", "list"}, listDevices},
		{[]string{"key"}, func(_ context.Context, args []string, out io.Writer) error { return showKey(args, out) }},
		{[]string{"quarantine"}, quarantine},
		{[]string{"store", "drain"}, drainStore},
		{[]string{"spool"}, func(_ context.Context, args []string, out io.Writer) error { return spoolFile(args, out) }},
	}...)
}

// checkConfig reads everything that the configuration names, and starts nothing.
func checkConfig(args []string, out io.Writer) error {
	c, err := loadConfig(args)
	if err != nil {
		return err
	}
	if err := bridge.Check(c); err != nil {
		return fmt.Errorf("the configuration names files that cannot be used:\n%w", err)
	}
	_, err = fmt.Fprintln(out, "the configuration is good")
	return err
}

func loadConfig(args []string) (config.Config, error) {
	flags := newFlags()
	path := flags.String("config", "", "configuration file (YAML)")
	broker := flags.String("broker", "", "embedded or external; wins over the file")
	if err := flags.Parse(args); err != nil {
		return config.Config{}, err
	}
	if flags.NArg() > 0 {
		return config.Config{}, errUsage
	}
	environ := os.Environ()
	if *broker != "" {
		environ = append(environ, "WAYMARK_BRIDGE_BROKER="+*broker)
	}
	return config.Load(*path, environ)
}

func serve(ctx context.Context, c config.Config) error {
	log, err := newLogger(c.LogLevel)
	if err != nil {
		return err
	}
	defer func() { _ = log.Sync() }() // standard error cannot always be synced
	return bridge.Serve(ctx, c, log)
}

func newLogger(level string) (*zap.Logger, error) {
	parsed, err := zap.ParseAtomicLevel(level)
	if err != nil {
		return nil, fmt.Errorf("log_level: %w", err)
	}
	settings := zap.NewProductionConfig()
	settings.Level = parsed
	log, err := settings.Build()
	if err != nil {
		return nil, fmt.Errorf("set up logging: %w", err)
	}
	return log, nil
}

func newFlags() *flag.FlagSet {
	flags := flag.NewFlagSet("mqtt-bridge", flag.ContinueOnError)
	flags.Usage = func() { fmt.Fprint(os.Stderr, usage) }
	return flags
}
