package main

import (
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/test/internal/timing"
)

// whole is the example with something in each section.
func whole() *report {
	r := example()
	cell := timing.Cell{Elapsed: time.Second, Latencies: []time.Duration{5 * time.Millisecond}, Failures: map[string]int{"conflict": 1}}
	single := ingested{row: r.ingest[0].row, peaks: r.ingest[0].peaks}
	single.name, single.readings = "ingest_single", 1
	anchored := ingested{row: r.ingest[0].row, peaks: r.ingest[0].peaks, anchored: true, runs: runs{messages: 400, windows: 20}}
	anchored.name, anchored.readings = "ingest_anchored_packs_of_100", 100
	r.ingest = append([]ingested{single}, append(r.ingest, anchored)...)
	r.verified = verified{alone: 80 * time.Microsecond, ownKeys: 50 * time.Microsecond, oneKey: 25 * time.Microsecond}
	for _, devices := range []int{10, 1000} {
		r.fleet = append(r.fleet, connected{r.latency[0], devices})
	}
	r.business = []compared{{alone: asked{"read", cell}, busy: asked{"read", cell}, wanted: 500, meanwhile: 480, held: false}}
	for _, size := range []int{1000, 10_000} {
		r.growth = append(r.growth, grown{name: "growth_at_1_times", wanted: 10_000, readings: size, timedOut: size < 10_000, stored: stored{blocks: 4 << 20, state: 8 << 20}, ingest: single, asked: []asked{{"list", cell}}})
	}
	return r
}

func TestSections(t *testing.T) {
	r := whole()
	got, flat := r.text(), r.flat()
	for _, want := range []string{
		"2 processors can do no more than 13333 messages a second of devices of their own, and 26667 of one device", "| ingest_single | 500.0 | 3.8 %, 1.9 % | 4000 | 3.8 % |\n",
		"| 1000 | 50.0 | 2.0 | 80.0, 80.0, 80.0 | yes | 0, 40000 | 0 |\n", "| read | 1.0 | 5.0, 5.0, 5.0 | 1 conflict | 500, 480 | no: the spool grew | 1.0 | 5.0, 5.0, 5.0 | 1 conflict |\n",
		"| 1000 | not all of 10000: its time was over | 1, 2 |", "| 10000 | 10000 | 1, 2 | 500.0, 4000 | 1, 5.0, 5.0 |\n",
		"Of the messages of ingest_anchored_packs_of_100 80.0 % were anchored, 20.0 in a window",
		"| ingest_anchored_packs_of_100 | readings a second, at least | 100000 | 50000.0 | no |\n", "| ingest_anchored_packs_of_100 | bytes of each peer's ledger a reading, at most | 3 | 15.0 | no |\n", "### What docs/scale.md predicts", "| latency, 50 a second | 50.0 |",
		"](" + processorChart + ")", "](" + latencyChart + ")", "](" + fleetChart + ")", "](" + growthChart + ")",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	for name, want := range map[string]any{"limit_own_keys_messages_per_second": 13333.333333333334, "busy_read_messages_per_second": 480.0, "busy_read_held": false, "growth_at_1_times_readings_count": 10_000,
		"growth_at_1_times_filled": true, "ingest_anchored_packs_of_100_messages_per_window_count": 20.0, "ingest_anchored_packs_of_100_target_readings_per_second_met": false,
		"ingest_anchored_packs_of_100_ledger_bytes_per_reading": 15.0} {
		if flat[name] != want {
			t.Errorf("%s is %v, want %v", name, flat[name], want)
		}
	}
	for name := range r.charts() {
		if !strings.Contains(got, "]("+name+")") {
			t.Errorf("%s is not shown", name)
		}
	}
}

// TestSectionsOfNothing say nothing.
func TestSectionsOfNothing(t *testing.T) {
	r := &report{}
	for _, s := range r.sections() {
		if text := s.text(); text != "" || len(s.charts()) != 0 {
			t.Errorf("%T: %q", s, text)
		}
	}
	if _, is := r.flat()["limit_own_keys_messages_per_second"]; is {
		t.Error("a limit of nothing")
	}
}

// TestAFillEndsNearWhatIsWanted: what is under way is recorded too.
func TestAFillEndsNearWhatIsWanted(t *testing.T) {
	for messages, want := range map[int]int{0: 1, 300: 1, 1000: 5, 30_000: 16} {
		if got := fillWindow(messages, 100); got != want {
			t.Errorf("%d messages: %d, want %d", messages, got, want)
		}
	}
}

func TestASignatureIsTimed(t *testing.T) {
	v, err := verify("waymark", 1)
	if err != nil || v.alone < time.Microsecond || v.ownKeys < time.Microsecond || v.oneKey < time.Microsecond || v.ownKeys > time.Second {
		t.Errorf("%v, %v", v, err)
	}
}
