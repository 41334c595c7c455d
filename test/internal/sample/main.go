package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "sample:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	flags := flag.NewFlagSet("sample", flag.ContinueOnError)
	folder := flags.String("package", "", "folder of the package that has the struct Config")
	output := flags.String("output", "", "file to write")
	if err := flags.Parse(args); err != nil {
		return err
	}
	s, err := read(*folder)
	if err != nil {
		return err
	}
	text, err := s.sample()
	if err != nil {
		return err
	}
	if err := os.WriteFile(*output, text, 0o644); err != nil { //nolint:gosec // a document for everybody
		return fmt.Errorf("write sample: %w", err)
	}
	return nil
}
