// Command demo tells the whole story of Waymark on the running local network:
// devices, handoffs, an excursion, refusals, a sale with its money, a dispute, a recall. It checks every step and
// ends with exit status 0 only if all is as told.
package main

import (
	"context"
	"flag"
	"path/filepath"
	"time"

	"github.com/waymark-ledger/waymark/network/endpoints"
	"github.com/waymark-ledger/waymark/test/internal/command"
	"github.com/waymark-ledger/waymark/test/internal/localnet"
)

// timeout bounds the whole story.
const timeout = 5 * time.Minute

func main() { command.Main("demo", run) }

func run(ctx context.Context, args []string) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	logger := flags.String("logger", "", "CSV file of a data logger to replay instead of a made-up trip")
	dir := flags.String("dir", "", "state directory of the network (default .waymark at the repository root)")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *dir == "" {
		root, err := localnet.Root()
		if err != nil {
			return err
		}
		*dir = filepath.Join(root, ".waymark")
	}
	network, err := endpoints.Load(filepath.Join(*dir, "endpoints.json"))
	if err != nil {
		return err
	}
	trips, err := loadTrips(*logger)
	if err != nil {
		return err
	}
	s, err := newStory(network, filepath.Join(*dir, "demo"), trips)
	if err != nil {
		return err
	}
	defer s.close()
	return s.tell(ctx)
}
