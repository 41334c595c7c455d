package client_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// indented returns the block of a page that starts with a line.
func indented(t *testing.T, page, first string) string {
	t.Helper()
	_, after, found := strings.Cut(page, "\n    "+first+"\n")
	if !found {
		t.Fatalf("the page has no block that starts with %q", first)
	}
	block := []string{first}
	for line := range strings.Lines(after) {
		text, within := strings.CutPrefix(line, "    ")
		if !within && line != "\n" {
			break
		}
		block = append(block, strings.TrimSuffix(text, "\n"))
	}
	return strings.Join(block, "\n")
}

// An application of its own, beside a checkout, gets the client by what docs/go-client.md says. The
// network is asked for no more than what the tests of both modules take, and for nothing where that is in the module cache.
func TestAnApplicationElsewhere(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(root, "docs/go-client.md"))
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	application := filepath.Join(folder, "erp")
	if err := os.Mkdir(application, 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(root, filepath.Join(folder, "waymark")); err != nil {
		t.Fatal(err)
	}
	program := indented(t, string(page), "package main")
	if err := os.WriteFile(filepath.Join(application, "main.go"), []byte(program), 0o600); err != nil {
		t.Fatal(err)
	}
	build := exec.CommandContext(t.Context(), "sh", "-ec", indented(t, string(page), "go mod init example.com/erp"))
	build.Dir = application
	build.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=", "GOSUMDB=off")
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	if _, err := os.Stat(filepath.Join(application, "erp")); err != nil {
		t.Error(err)
	}
}
