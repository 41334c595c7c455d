// Command generate writes the OpenAPI document of the API.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/waymark-ledger/waymark/gateway/internal/openapi"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	flags := flag.NewFlagSet("generate", flag.ContinueOnError)
	output := flags.String("output", "", "file to write")
	if err := flags.Parse(args); err != nil {
		return err
	}
	document, err := openapi.Document()
	if err != nil {
		return err
	}
	if err := os.WriteFile(*output, document, 0o644); err != nil { //nolint:gosec // a public document
		return fmt.Errorf("write the document: %w", err)
	}
	return nil
}
