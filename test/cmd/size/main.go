// Command size tells from the figures of a run of the bench what a consortium needs for its devices. docs/scale.md says
// what it leaves out.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/waymark-ledger/waymark/test/internal/command"
	"github.com/waymark-ledger/waymark/test/internal/sizing"
)

func main() {
	command.Main("size", func(_ context.Context, args []string) error { return run(args, os.Stdout) })
}

func run(args []string, out io.Writer) error {
	var d sizing.Demand
	var path string
	flags := flag.NewFlagSet("size", flag.ContinueOnError)
	flags.StringVar(&path, "figures", "docs/bench.json", "figures of a run of the bench")
	flags.IntVar(&d.Devices, "devices", 100_000, "devices of all members")
	flags.DurationVar(&d.Every, "every", time.Minute, "time between two messages of a device")
	flags.StringVar(&d.Kind, "kind", "ingest_single", "kind of message: ingest_single, ingest_packs_of_10, ingest_packs_of_100 and so on, as rows of the bench are named")
	flags.IntVar(&d.Members, "members", 5, "members of the consortium, each of which owns as many devices as any other")
	if err := flags.Parse(args); err != nil {
		return err
	}
	costs, err := sizing.Load(path)
	if err != nil {
		return err
	}
	if err := costs.Validate(d); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s\nBy what was measured on %s.\n", costs.Needs(d).Text(), costs.Where)
	return err
}
