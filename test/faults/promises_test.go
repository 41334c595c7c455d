package faults_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// reliability is docs/reliability.md.
var reliability = filepath.Join("..", "..", "docs", "reliability.md")

// held is a link to a test: its name, and the file that has it.
var held = regexp.MustCompile(`\[(Test\w+)\]\(([^)]+_test\.go)\)`)

// TestPromisesAreHeld: for each promise the page names tests, and they are where it says.
func TestPromisesAreHeld(t *testing.T) {
	text, err := os.ReadFile(reliability)
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= 10; n++ {
		row := fmt.Sprintf("| P%d | ", n)
		_, rest, found := strings.Cut(string(text), "\n"+row)
		line, _, _ := strings.Cut(rest, "\n")
		tests := held.FindAllStringSubmatch(line, -1)
		if !found || len(tests) == 0 {
			t.Errorf("nothing holds P%d", n)
		}
		for _, test := range tests {
			source, err := os.ReadFile(filepath.Join(filepath.Dir(reliability), test[2]))
			if err != nil || !strings.Contains(string(source), "func "+test[1]+"(") {
				t.Errorf("P%d: %s has no %s (%v)", n, test[2], test[1], err)
			}
		}
	}
}
