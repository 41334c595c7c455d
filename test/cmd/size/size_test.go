package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTheAnswer is of the figures that are committed.
func TestTheAnswer(t *testing.T) {
	figures := filepath.Join("..", "..", "..", "docs", "bench.json")
	var out strings.Builder
	if err := run([]string{"--figures", figures, "--devices", "100000", "--every", "60s", "--members", "5"}, &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"100000 devices, a message each 1m0s (single), 5 members: 1667 messages", "| bridge, with the broker in it | 2 |", "measured at "} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}

func TestWhatCannotBeAnswered(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "bench.json")
	if err := os.WriteFile(empty, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	figures := filepath.Join("..", "..", "..", "docs", "bench.json")
	for want, args := range map[string][]string{
		"make bench": {"--figures", empty}, "read figures": {"--figures", empty + ".gone"}, "members are": {"--figures", figures, "--members", "3"},
		"is not among": {"--figures", figures, "--kind", "smoke_signals"},
	} {
		if err := run(args, &strings.Builder{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v", args, err)
		}
	}
}
