package main

import (
	"os"
	"strings"
	"testing"
)

// TestReadmeSaysWhereThingsAre wants a row of the README for each package.
func TestReadmeSaysWhereThingsAre(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	packages, err := os.ReadDir("../../internal")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range packages {
		if row := "\n| `internal/" + p.Name() + "` |"; !strings.Contains(string(text), row) {
			t.Errorf("no row of internal/%s", p.Name())
		}
	}
}
