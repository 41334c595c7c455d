package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/waymark-ledger/waymark/network/internal/supervisor"
)

// act is what a command does to one process.
type act func(*supervisor.Client, context.Context, string) (supervisor.Status, error)

// processCommand is a command on one process by name.
func processCommand(f *flags, verb, short string, do act) *cobra.Command {
	return &cobra.Command{
		Use:   verb + " NAME",
		Short: short,
		Long:  short + ". `network status` lists the names.",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			n, name, err := f.process(args[0])
			if err != nil {
				return err
			}
			status, err := do(supervisor.Dial(n.Socket()), cmd.Context(), name)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), status.Name, status.State)
			return err
		},
	}
}

func statusCommand(f *flags) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "List the processes: pid, state, memory, restarts",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			n, err := f.network()
			if err != nil {
				return err
			}
			statuses, err := supervisor.Dial(n.Socket()).Statuses(cmd.Context())
			if err != nil {
				return err
			}
			if asJSON {
				encoder := json.NewEncoder(cmd.OutOrStdout())
				encoder.SetIndent("", "  ")
				return encoder.Encode(statuses)
			}
			return printStatuses(cmd.OutOrStdout(), statuses)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// printStatuses prints one line a process and the sum of their memory.
func printStatuses(out io.Writer, statuses []supervisor.Status) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NAME\tPID\tSTATE\tMEMORY\tRESTARTS\tLAST EXIT")
	var total int64
	for _, s := range statuses {
		total += s.RSSBytes
		fmt.Fprintf(table, "%s\t%d\t%s\t%s\t%d\t%s\n", s.Name, s.PID, s.State, mebibytes(s.RSSBytes), s.Restarts, s.Exit)
	}
	fmt.Fprintf(table, "all\t\t\t%s\t\t\n", mebibytes(total))
	return table.Flush()
}

func mebibytes(n int64) string { return fmt.Sprintf("%d MiB", n>>20) }
