// Command clientgen writes the typed methods of the Go client from the table of routes, a file
// for each tag of the API.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/waymark-ledger/waymark/gateway/internal/rest"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "clientgen:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	flags := flag.NewFlagSet("clientgen", flag.ContinueOnError)
	output := flags.String("output", "", "folder of the client")
	if err := flags.Parse(args); err != nil {
		return err
	}
	operations, err := rest.Operations()
	if err != nil {
		return err
	}
	files, err := generate(operations)
	if err != nil {
		return err
	}
	old, err := filepath.Glob(filepath.Join(*output, pattern))
	if err != nil {
		return fmt.Errorf("find what is there: %w", err)
	}
	for _, file := range old {
		if err := os.Remove(file); err != nil {
			return fmt.Errorf("remove what was there: %w", err)
		}
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(*output, name), content, 0o644); err != nil { //nolint:gosec // source code
			return fmt.Errorf("write %s: %w", name, err)
		}
	}
	return nil
}
