package main

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// What the command line must have; that receipts hold or do not is tested on the real network.
func TestVerifyUsage(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "receipt.json")
	if err := os.WriteFile(file, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, words := range map[string][]string{
		"nothing":              {"verify"},
		"no authority":         {"verify", "--receipt", file},
		"no receipt":           {"verify", "--ca", "producer=" + file},
		"not MEMBER=FILE":      {"verify", "--receipt", file, "--ca", "producer"},
		"no such authority":    {"verify", "--receipt", file, "--ca", "producer=" + filepath.Join(dir, "none")},
		"something that is no": {"verify", "--receipt", file, "--ca", "producer=" + file},
	} {
		if _, err := command(t, words...); !errors.Is(err, errUsage) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
