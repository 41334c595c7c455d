package main

import (
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/waymark-ledger/waymark/gateway/api"
)

// writeOpenAPI writes the OpenAPI document to a file or to stdout.
func writeOpenAPI(flags []string, stdout, stderr io.Writer) error {
	set := flag.NewFlagSet("gateway openapi", flag.ContinueOnError)
	output := set.String("output", "", "file to write; stdout if absent")
	if err := parseFlags(set, flags, stderr); err != nil {
		return err
	}
	if *output == "" {
		_, err := stdout.Write(api.Document())
		return err
	}
	if err := os.WriteFile(*output, api.Document(), 0o644); err != nil { //nolint:gosec // a public document
		return fmt.Errorf("write openapi: %w", err)
	}
	return nil
}
