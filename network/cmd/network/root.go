package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/waymark-ledger/waymark/network/internal/consortium"
	"github.com/waymark-ledger/waymark/network/internal/progress"
	"github.com/waymark-ledger/waymark/network/internal/supervisor"
	"github.com/waymark-ledger/waymark/network/internal/toolchain"
	"github.com/waymark-ledger/waymark/network/internal/topology"
)

// flags are the settings every command shares. Those that are not given are
// what the network was made with, or else the defaults.
type flags struct {
	dir      string
	bin      string
	basePort int
	ordering string
	channel  string
	set      *cobra.Command // knows which flags were given
}

func newRoot() *cobra.Command {
	f := &flags{}
	root := &cobra.Command{
		Use:           "network",
		Short:         "Run a local Waymark consortium as plain processes",
		SilenceUsage:  true,
		SilenceErrors: true,

		PersistentPreRunE: func(*cobra.Command, []string) error { return f.checkPaths() },
	}
	p := root.PersistentFlags()
	p.StringVar(&f.dir, "dir", "", "state directory (default .waymark at the repository root)")
	p.StringVar(&f.bin, "bin", "", "directory of built programs, which networks can share (default .waymark/bin at the repository root)")
	p.IntVar(&f.basePort, "base-port", topology.DefaultBasePort, fmt.Sprintf("first of the %d ports the network may use", topology.PortSpan))
	p.StringVar(&f.ordering, "ordering", string(topology.BFT), "ordering service: bft, or raft, which is lighter")
	p.StringVar(&f.channel, "channel", topology.DefaultChannel, "channel id, which is also the audience of device messages")
	f.set = root
	root.AddCommand(
		upCommand(f), upgradeCommand(f), downCommand(f), buildCommand(f), statusCommand(f), logsCommand(f),
		processCommand(f, "start", "Start a process that is down", (*supervisor.Client).Start),
		processCommand(f, "stop", "Stop a process (SIGTERM) and keep it down", (*supervisor.Client).Stop),
		processCommand(f, "kill", "Kill a process (SIGKILL); a chaincode process comes back by itself", (*supervisor.Client).Kill),
		superviseCommand(),
	)
	return root
}

// network resolves the settings: flags first, then what the network remembers,
// then the defaults.
func (f *flags) network() (topology.Network, error) {
	dir, err := f.under(f.dir, ".waymark")
	if err != nil {
		return topology.Network{}, err
	}
	state, exists, err := consortium.LoadState(dir)
	if err != nil {
		return topology.Network{}, err
	}
	n := topology.Network{Dir: dir, BasePort: f.basePort, Ordering: topology.Ordering(f.ordering), Channel: f.channel}
	given := f.set.PersistentFlags().Changed
	if exists {
		if !given("base-port") {
			n.BasePort = state.BasePort
		}
		if !given("ordering") {
			n.Ordering = state.Ordering
		}
		if !given("channel") {
			n.Channel = state.Channel
		}
	}
	if exists && !given("bin") {
		n.Bin = state.Bin
	} else if n.Bin, err = f.under(f.bin, ".waymark/bin"); err != nil {
		return topology.Network{}, err
	}
	return n, n.Validate()
}

// process returns the network and the name of the process that a user means by name.
func (f *flags) process(name string) (topology.Network, string, error) {
	n, err := f.network()
	if err != nil {
		return n, "", err
	}
	state, _, err := consortium.LoadState(n.Dir)
	return n, state.Process(name), err
}

// checkPaths refuses a path that is given and empty, as an unset variable gives it:
// the default would be another network.
func (f *flags) checkPaths() error {
	for _, name := range []string{"dir", "bin"} {
		if flag := f.set.PersistentFlags().Lookup(name); flag.Changed && flag.Value.String() == "" {
			return fmt.Errorf("--%s is empty: leave it out for the default", name)
		}
	}
	return nil
}

// under is path made absolute, or fallback under the repository root.
func (f *flags) under(path, fallback string) (string, error) {
	if path != "" {
		return filepath.Abs(path)
	}
	root, err := repository()
	if err != nil {
		return "", err
	}
	return filepath.Join(root, fallback), nil
}

// repository is the root of the repository around the working directory.
func repository() (string, error) {
	here, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find working directory: %w", err)
	}
	return toolchain.Root(here)
}

// open returns the consortium the flags describe, and its settings.
func (f *flags) open(cmd *cobra.Command) (*consortium.Consortium, topology.Network, error) {
	n, err := f.network()
	if err != nil {
		return nil, n, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, n, fmt.Errorf("find this program: %w", err)
	}
	log := progress.NewPlain(cmd.OutOrStdout())
	if cmd.OutOrStdout() == os.Stdout {
		log = progress.New(os.Stdout)
	}
	c, err := consortium.New(n, log, []string{self, "supervise", n.Socket()})
	return c, n, err
}
