package main

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/test/internal/app"
	"github.com/waymark-ledger/waymark/test/internal/figures"
	"github.com/waymark-ledger/waymark/test/internal/timing"
)

const metrics = `# HELP waymark_gateway_retries_total Steps taken again inside one write, by cause.
# TYPE waymark_gateway_retries_total counter
waymark_gateway_retries_total{cause="conflicted"} 3
waymark_gateway_retries_total{cause="submit_failed"} 1
waymark_gateway_submissions_total{outcome="committed",transaction="shipments:Accept"} 5
waymark_gateway_submissions_total{outcome="committed",transaction="shipments:Offer"} 1e+01
waymark_gateway_submissions_total{outcome="conflicted",transaction="shipments:Offer"} 2
waymark_gateway_submissions_total{outcome="committed",transaction="shipments:Create"} 7
go_goroutines 12
`

func TestWhatGatewaysCounted(t *testing.T) {
	c := counts{map[string]int{}, map[string]int{}}
	c.add(metrics)
	before := counts{map[string]int{"committed": 4}, map[string]int{"conflicted": 1}}
	want := counts{map[string]int{"committed": 11, "conflicted": 2}, map[string]int{"conflicted": 2, "submit_failed": 1}}
	if got := c.less(before); !reflect.DeepEqual(got, want) || got.writes() != 13 {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func example() report {
	cell := timing.Cell{Elapsed: 2 * time.Second, Failures: map[string]int{"conflict": 1, "timeout": 1}}
	for range 6 {
		cell.Latencies = append(cell.Latencies, 250*time.Millisecond)
	}
	return report{
		conditions: figures.Conditions{Date: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), CPUs: 2, Processor: "a processor"},
		network:    figures.Network{Members: 4, Ordering: "BFT", BlockInterval: 100 * time.Millisecond},
		rows:       []row{{level{10, 8}, cell, counts{map[string]int{"committed": 14, "conflicted": 2}, map[string]int{"conflicted": 3, "disagreed": 1, "submit_failed": 9}}}},
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

func TestWhatKeepsAHandoffFromHappening(t *testing.T) {
	for want, give := range map[string]error{
		"conflict": fmt.Errorf("offer: %w", &app.Problem{Code: waymark.Conflict}),
		"timeout":  fmt.Errorf("accept: %w", context.DeadlineExceeded),
	} {
		if got := failure(give); got != want {
			t.Errorf("%v: %s, want %s", give, got, want)
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
			if each := l.handoffs / l.parallel; each > most/2 || limit > time.Minute {
				t.Errorf("%+v: %d handoffs of a shipment", l, each)
			}
		}
	}
}
