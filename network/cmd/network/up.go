package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/waymark-ledger/waymark/network/internal/consortium"
	"github.com/waymark-ledger/waymark/network/internal/progress"
	"github.com/waymark-ledger/waymark/network/internal/supervisor"
	"github.com/waymark-ledger/waymark/network/internal/toolchain"
)

func upCommand(f *flags) *cobra.Command {
	var opts consortium.Options
	var noBuild bool
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Bring the network up, or what of it is down; ledgers are kept",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, n, err := f.open(cmd)
			if err != nil {
				return err
			}
			if opts.Chaincode, err = absolute(opts.Chaincode); err != nil {
				return err
			}
			if !noBuild {
				if err := build(cmd.Context(), n.Bin, opts.Targets()); err != nil {
					return err
				}
			}
			return c.Up(cmd.Context(), opts)
		},
	}
	cmd.Flags().BoolVar(&noBuild, "no-build", false, "use the programs in --bin as they are")
	cmd.Flags().BoolVar(&opts.FabricOnly, "fabric-only", false, "leave out gateways and mqtt-bridge")
	cmd.Flags().StringVar(&opts.Chaincode, "chaincode", "", "program to run as the chaincode from now on (default what ran before, or else the one in --bin)")
	return cmd
}

func downCommand(f *flags) *cobra.Command {
	var purge bool
	cmd := &cobra.Command{
		Use:   "down",
		Short: "Stop every process of the network; ledgers are kept",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, _, err := f.open(cmd)
			if err != nil {
				return err
			}
			return c.Down(cmd.Context(), purge)
		},
	}
	cmd.Flags().BoolVar(&purge, "purge", false, "also remove ledgers, keys and logs")
	return cmd
}

func buildCommand(f *flags) *cobra.Command {
	return &cobra.Command{
		Use:   "build",
		Short: "Build Fabric's programs and this project's into --bin",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			n, err := f.network()
			if err != nil {
				return err
			}
			return build(cmd.Context(), n.Bin, consortium.Options{}.Targets())
		},
	}
}

// build builds the targets into bin, one line of progress each.
func build(ctx context.Context, bin string, targets []toolchain.Target) error {
	root, err := repository()
	if err != nil {
		return err
	}
	builder, log := toolchain.Builder{Root: root, Bin: bin}, progress.New(os.Stdout)
	for _, t := range targets {
		if err := log.Stage("build "+t.Name, func() error { return builder.Build(ctx, t) }); err != nil {
			return err
		}
	}
	return nil
}

// superviseCommand is what `up` starts in the background.
func superviseCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "supervise SOCKET",
		Hidden: true,
		Args:   cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			// A supervisor has no terminal, so a hang-up means nothing to it.
			signal.Ignore(syscall.SIGHUP)
			return supervisor.Serve(cmd.Context(), args[0])
		},
	}
}
