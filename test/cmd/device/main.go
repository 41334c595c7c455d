package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "device:", err)
		os.Exit(1)
	}
}

func run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return newCommand().ExecuteContext(ctx)
}

func newCommand() *cobra.Command {
	var f fleet
	cmd := &cobra.Command{
		Use:           "device",
		Short:         "A data logger in software (docs/device-protocol.md)",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	f.addFlags(cmd.PersistentFlags())
	cmd.AddCommand(keyCommand(&f), registerCommand(&f), runCommand(&f), rotateCommand(&f), recoverCommand(&f), showCommand(&f),
		attestCommand(&f))
	return cmd
}
