package main

import (
	"bufio"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

func TestFollowersNoteEventsAlone(t *testing.T) {
	f := &follower{}
	f.read(bufio.NewScanner(strings.NewReader("id: 6:999999999:0\n\nid: 7:0:0\nevent: waymark.goods.x\ndata: {}\n\nid: 7:1:0\nevent: waymark.goods.x\ndata: {}\n\nid: 8:0:0\n\n")))
	if len(f.came) != 2 || f.came[0].block != 7 || f.came[1].block != 7 || f.err == nil {
		t.Errorf("%+v", f)
	}
}

func TestLatencyIsFromTheBlock(t *testing.T) {
	at := time.Now()
	c := &crowd{all: []*follower{{came: []arrival{{7, at.Add(30 * time.Millisecond)}, {8, at}}}}}
	b := &blocks{seen: map[uint64]time.Time{7: at, 8: at.Add(time.Millisecond)}}
	got, err := c.latencies(b)
	if err != nil || len(got) != 2 || got[0] != 30*time.Millisecond || got[1] != 0 {
		t.Errorf("%v, %v", got, err)
	}
	delete(b.seen, 8)
	if _, err := c.latencies(b); err == nil {
		t.Error("an event of a block that nobody saw")
	}
}

func TestProductsAreValidAndDiffer(t *testing.T) {
	seen := map[string]bool{}
	for serial := 1; serial < 200; serial++ {
		p := waymark.RegisterProductRequest{GTIN: gtin(serial), Name: "vaccine"}
		if err := p.Validate(); err != nil || seen[p.GTIN] {
			t.Errorf("%d is %s: %v", serial, p.GTIN, err)
		}
		seen[p.GTIN] = true
	}
}

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
