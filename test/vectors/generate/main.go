package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	dir := "."
	if len(os.Args) == 2 {
		dir = os.Args[1]
	}
	if err := run(dir); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run(dir string) error {
	messages, err := messageFile()
	if err != nil {
		return err
	}
	packs, err := packFile()
	if err != nil {
		return err
	}
	trees, err := windowFile()
	if err != nil {
		return err
	}
	sealed, err := disclosureFile()
	if err != nil {
		return err
	}
	attested, err := attestationFile()
	if err != nil {
		return err
	}
	anchors, err := anchoredFile()
	if err != nil {
		return err
	}
	equations, err := signatureFile()
	if err != nil {
		return err
	}
	for name, content := range map[string]any{
		"messages.json": messages, "senml.json": packs, "windows.json": trees, "receipts.json": receiptFile(),
		"statements.json":  statementFile(),
		"disclosures.json": sealed,
		"kinetic.json":     kineticFile(), "geofence.json": geofenceFile(),
		"attestations.json": attested,
		"sparkplug.json":    sparkplugFile(),
		"anchored.json":     anchors, "signatures.json": equations,
	} {
		if err := write(filepath.Join(dir, name), content); err != nil {
			return err
		}
	}
	return nil
}

func write(path string, content any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(content); err != nil {
		return fmt.Errorf("encode %s: %w", path, err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil { //nolint:gosec // the vectors are public
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
