package main

import (
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/test/internal/figures"
	"github.com/waymark-ledger/waymark/test/internal/handoffs"
	"github.com/waymark-ledger/waymark/test/internal/timing"
)

func example() report {
	cell := timing.Cell{Elapsed: 2 * time.Second, Failures: map[string]int{"conflict": 1, "timeout": 1}}
	for range 6 {
		cell.Latencies = append(cell.Latencies, 250*time.Millisecond)
	}
	return report{
		conditions: figures.Conditions{Date: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), CPUs: 2, Processor: "a processor"},
		network:    figures.Network{Members: 4, Ordering: "BFT", BlockInterval: 100 * time.Millisecond},
		rows:       []handoffs.Row{{Level: handoffs.Level{Parallel: 10, Handoffs: 8}, Cell: cell, Counted: handoffs.Counts{Outcomes: map[string]int{"committed": 14, "conflicted": 2}, Retries: map[string]int{"conflicted": 3, "disagreed": 1, "submit_failed": 9}}}},
	}
}

func TestTable(t *testing.T) {
	got := example().table()
	for _, want := range []string{"Measured on 2026-01-02: 2 CPUs (a processor)", "4 members, ordering BFT, blocks after 100ms",
		"| 10 | 6 | 3.0 | 250, 250 ms | 4 of 16 (25.0 %): 3 conflicted, 1 disagreed | 1 of 8 (12.5 %) | 1 conflict, 1 timeout |\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

func TestFiguresAreFlatAndHaveUnits(t *testing.T) {
	all := example().flat()
	for name, want := range map[string]any{"handoffs_at_10_in_parallel_per_second": 3.0, "handoffs_at_10_in_parallel_retries_conflicted_count": 3,
		"handoffs_at_10_in_parallel_retries_percent": 25.0, "handoffs_at_10_in_parallel_final_conflicts_percent": 12.5, "block_interval_ms": int64(100)} {
		if all[name] != want {
			t.Errorf("%s is %v, want %v", name, all[name], want)
		}
	}
	for name, value := range all {
		switch value.(type) {
		case string, float64, int, int64:
		default:
			t.Errorf("%s is %T", name, value)
		}
	}
}

// No level asks for more handoffs of a shipment than it may have.
func TestLevelsAreWithinTheLimitOfAShipment(t *testing.T) {
	const most = 200 // offers of one shipment
	for _, args := range [][]string{nil, {"--quick"}} {
		s, err := parse(args)
		if err != nil {
			t.Fatal(err)
		}
		levels, limit := s.levels()
		for _, l := range levels {
			if each := l.Handoffs / l.Parallel; each > most/2 || limit > time.Minute {
				t.Errorf("%+v: %d handoffs of a shipment", l, each)
			}
		}
	}
}
