package main

import (
	"strings"
	"testing"
	"time"
)

// TestFiguresSayWhichTargetsAreMissed, and what a reading costs is what it added.
func TestFiguresSayWhichTargetsAreMissed(t *testing.T) {
	quick, slow := []time.Duration{time.Millisecond}, []time.Duration{time.Second}
	r := report{
		levels: []level{{clients: 1, latencies: quick, peakMiB: 500, took: time.Second}, {clients: 100, latencies: slow, took: time.Second},
			{clients: 1000, latencies: quick, peakMiB: 191, took: time.Second}},
		readings: readings{recorded: 50_000, took: time.Second, before: ran{cpu: time.Second}, rebuilt: ran{cpu: 6 * time.Second}},
	}
	flat := r.flat()
	for name, want := range map[string]any{
		"events_with_1_clients_within_targets": true, "events_with_100_clients_within_targets": false, "events_with_1000_clients_within_targets": false,
		"feed_cpu_cores_per_1000_readings_per_second": 0.1, "feed_within_target": true, "events_with_100_clients_p99_ms": 1000.0,
	} {
		if flat[name] != want {
			t.Errorf("%s is %v, want %v", name, flat[name], want)
		}
	}
	if text := r.text(); strings.Count(text, "| no |") != 2 || strings.Count(text, "| yes |") != 2 {
		t.Errorf("%s", text)
	}
}
