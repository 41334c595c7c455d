package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/test/internal/sizing"
)

// measured writes figures of a small run, whose rows are the same but for their rates.
func measured(t *testing.T) (path string) {
	t.Helper()
	f := map[string]any{"members_count": 4, "block_interval_ms": 100, "measured_at_rfc3339": "2026-01-02T03:04:05Z",
		"latency_at_100_a_second_wanted_messages_per_second": 100, "latency_at_100_a_second_held": true}
	for _, part := range sizing.Parts() {
		f["idle_cpu_cores_"+string(part)], f["block_cpu_ms_"+string(part)], f["raw_transaction_cpu_ms_"+string(part)] = 0.01, 1, 2
	}
	for at, rate := range map[string]int{"ingest_single_": 1000, "latency_at_100_a_second_": 100} {
		f[at+"messages_per_second"], f[at+"transactions_per_second"], f[at+"blocks_per_second"] = rate, 10, 5
		for _, part := range sizing.Parts() {
			f[at+"cpu_us_per_message_"+string(part)] = 300
		}
	}
	content, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "bench.json")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTheAnswer(t *testing.T) {
	var out strings.Builder
	if err := run([]string{"--figures", measured(t), "--devices", "100000", "--every", "60s", "--members", "5"}, &out); err != nil {
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
	figures := measured(t)
	for want, args := range map[string][]string{
		"make bench": {"--figures", empty}, "read figures": {"--figures", empty + ".gone"}, "members are": {"--figures", figures, "--members", "3"},
		"is not among": {"--figures", figures, "--kind", "smoke_signals"},
	} {
		if err := run(args, &strings.Builder{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v", args, err)
		}
	}
}

// TestTheCommittedFigures answer, or say what to do.
func TestTheCommittedFigures(t *testing.T) {
	if err := run([]string{"--figures", filepath.Join("..", "..", "..", "docs", "bench.json")}, &strings.Builder{}); err != nil && !strings.Contains(err.Error(), "make bench") {
		t.Error(err)
	}
}
