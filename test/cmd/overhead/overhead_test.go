package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/test/internal/bare"
	"github.com/waymark-ledger/waymark/test/internal/command"
	"github.com/waymark-ledger/waymark/test/internal/figures"
	"github.com/waymark-ledger/waymark/test/internal/timing"
)

func TestProductsAreValidAndDiffer(t *testing.T) {
	seen := map[string]bool{}
	for serial := 1; serial < 200; serial++ {
		p := product(serial)
		if err := p.Validate(); err != nil || seen[p.GTIN] {
			t.Errorf("%d is %s: %v", serial, p.GTIN, err)
		}
		seen[p.GTIN] = true
	}
}

func TestCallsRegisterEachProductOnceAndReadThoseThatAre(t *testing.T) {
	var asked []int
	b := &bench{loads: loads{limit: time.Minute}}
	s := side{call: func(_ context.Context, n int) (waymark.Product, error) {
		asked = append(asked, n)
		return waymark.Product{GTIN: gtin(n)}, nil
	}}
	for _, reads := range []bool{false, false, true} {
		if _, err := b.calls(t.Context(), s, level{inFlight: 1}, 3, reads); err != nil {
			t.Fatal(err)
		}
	}
	if got := fmt.Sprint(asked); got != "[1 2 3 4 5 6 1 2 3]" {
		t.Errorf("asked for %s", got)
	}
	s.call = func(context.Context, int) (waymark.Product, error) { return waymark.Product{GTIN: gtin(99)}, nil }
	if cell, err := b.calls(t.Context(), s, level{inFlight: 1}, 1, false); err != nil || cell.Failures["wrong answer"] != 1 {
		t.Errorf("%+v, %v", cell, err)
	}
}

func TestEachSideIsAsOftenFirstAsLast(t *testing.T) {
	for _, s := range []settings{{}, {command.Bench{Quick: true}}} {
		for _, l := range s.loads().levels {
			if l.rounds < 2 || l.rounds%2 != 0 {
				t.Errorf("%d in flight: %d rounds", l.inFlight, l.rounds)
			}
		}
	}
	last := settings{}.loads().levels
	if got := last[len(last)-1]; got.inFlight < crowd || got.writes < got.inFlight || got.reads < got.inFlight {
		t.Errorf("%+v does not have %d in flight", got, crowd)
	}
}

func TestWhatKeepsACallFromGoingThrough(t *testing.T) {
	for want, give := range map[string]error{
		"resource_exhausted": fmt.Errorf("write: %w", &client.Problem{Code: waymark.ResourceExhausted}),
		"mvcc_read_conflict": bare.Invalid(peer.TxValidationCode_MVCC_READ_CONFLICT),
		"timeout":            fmt.Errorf("endorse: %w", context.DeadlineExceeded),
		"wrong answer":       errWrong,
		"something else":     errors.New("something else"),
	} {
		if got := failure(give); got != want {
			t.Errorf("%v: %q, want %q", give, got, want)
		}
	}
}

// cell is a hundred calls of one latency in one time.
func cell(latency, elapsed time.Duration) timing.Cell {
	c := timing.Cell{Elapsed: elapsed, Failures: map[string]int{}}
	for range 100 {
		c.Latencies = append(c.Latencies, latency)
	}
	return c
}

func example() report {
	good, slow := cell(104*time.Millisecond, 10*time.Second+500*time.Millisecond), cell(130*time.Millisecond, 20*time.Second)
	slow.Failures["timeout"] = 100
	return report{
		conditions: figures.Conditions{Date: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), CPUs: 2, Processor: "a processor"},
		network:    figures.Network{Members: 4, Ordering: "BFT", BlockInterval: 100 * time.Millisecond},
		rows: []row{{work: "write", level: level{inFlight: 2000}, peakMiB: 287, sides: []result{
			{bareSide, cell(100*time.Millisecond, 10*time.Second), []float64{10, 5, 20, 10}, cpu{client: 50 * time.Millisecond, all: time.Second}},
			{gatewaySide, good, []float64{9.5, 5.5, 16, 9}, cpu{40 * time.Millisecond, 120 * time.Millisecond, 1100 * time.Millisecond}},
			{keyedSide, slow, []float64{5, 2.5, 10, 5}, cpu{40 * time.Millisecond, 200 * time.Millisecond, 2 * time.Second}},
		}}},
	}
}

func TestTable(t *testing.T) {
	got := example().text()
	for _, want := range []string{
		"Measured on 2026-01-02: 2 CPUs (a processor)", "4 members, ordering BFT, blocks after 100ms",
		"| write | 2000 | bare | 100 | 10.0 | 100.0, 100.0, 100.0 | - | - | 0.5, 0.0, 10.0 | - | none |\n",
		"| write | 2000 | gateway | 100 | 9.5 | 104.0, 104.0, 104.0 | 4.0, 4.0, 4.0 | 5.0 % (-10.0 to 10.0) | 0.4, 1.2, 11.0 | yes | none |\n",
		"| write | 2000 | gateway_keyed | 100 | 5.0 | 130.0, 130.0, 130.0 | 30.0, 30.0, 30.0 | 50.0 % (50.0 to 50.0) | 0.2, 1.0, 10.0 | not p50, p99, throughput | 100 timeout |\n",
		"| write | 2000 | 287 |\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

func TestFiguresAreFlatAndHaveUnits(t *testing.T) {
	all := example().flat()
	for name, want := range map[string]any{
		"write_at_2000_in_flight_bare_p50_ms": 100.0, "write_at_2000_in_flight_gateway_added_p99_ms": 4.0,
		"write_at_2000_in_flight_gateway_within_targets": true, "write_at_2000_in_flight_gateway_keyed_within_targets": false,
		"write_at_2000_in_flight_gateway_keyed_throughput_lost_median_percent": 50.0, "write_at_2000_in_flight_gateway_keyed_failed_count": 100,
		"write_at_2000_in_flight_gateway_gateway_cpu_ms_per_call": 1.2, "write_at_2000_in_flight_gateway_memory_peak_mib": 287,
		"write_at_2000_in_flight_gateway_memory_within_target": false, "block_interval_ms": int64(100),
	} {
		if all[name] != want {
			t.Errorf("%s is %v, want %v", name, all[name], want)
		}
	}
	for name, value := range all {
		switch value.(type) {
		case string, float64, int, int64, bool:
		default:
			t.Errorf("%s is %T", name, value)
		}
	}
}
