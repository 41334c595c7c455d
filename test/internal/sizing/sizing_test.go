package sizing_test

import (
	"encoding/json"
	"maps"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/waymark-ledger/waymark/test/internal/sizing"
)

// measured are figures of known costs: 1 ms a block, 2 ms a transaction and 0.1 ms a message of each part, and 0.01 cores at rest.
func measured() map[string]any {
	f := map[string]any{"members_count": 4, "block_interval_ms": int64(100), "processors_count": 2}
	row := func(at string, rate, transactions, blocks float64) {
		f[at+"messages_per_second"], f[at+"transactions_per_second"], f[at+"blocks_per_second"] = rate, transactions, blocks
		for _, part := range sizing.Parts() {
			f[at+"cpu_us_per_message_"+string(part)] = 1e6 * (0.01 + blocks*0.001 + transactions*0.002 + rate*0.0001) / rate
		}
	}
	for _, part := range sizing.Parts() {
		f["idle_cpu_cores_"+string(part)], f["block_cpu_ms_"+string(part)], f["raw_transaction_cpu_ms_"+string(part)] = 0.01, 1.0, 2.0
	}
	row("ingest_single_", 1000, 10, 5)
	f["ingest_single_cpu_us_per_message_all"], f["ingest_single_cpu_us_per_message_other"] = 1000.0, 200.0
	f["ingest_single_ledger_bytes_per_message_block_files"], f["ingest_single_ledger_bytes_per_message_state"] = 900.0, 100.0
	f["ingest_single_most_memory_mib_bridge"] = 50
	row("latency_at_100_a_second_", 100, 5, 5)
	f["latency_at_100_a_second_wanted_messages_per_second"], f["latency_at_100_a_second_held"] = 100.0, true
	row("latency_at_2000_a_second_", 2000, 100, 5)
	f["latency_at_2000_a_second_wanted_messages_per_second"], f["latency_at_2000_a_second_held"] = 2000.0, false
	return f
}

func costs(t *testing.T) *sizing.Costs {
	t.Helper()
	c, err := sizing.Of(measured())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-9*max(math.Abs(a), math.Abs(b), 1) }

// TestWhatAMessageCosts is found again below transactions, blocks and rest.
func TestWhatAMessageCosts(t *testing.T) {
	c := costs(t)
	for _, part := range sizing.Parts() {
		if got := c.Messages["ingest_single"].Cost[part]; !near(got, 0.0001) {
			t.Errorf("%s: %v", part, got)
		}
	}
	if !near(c.Kernel, 1.25) || c.Messages["ingest_single"].PeerBytes != 1000 || c.Messages["ingest_single"].MostMemory[sizing.Bridge] != 50 {
		t.Errorf("%+v", c)
	}
	if _, is := c.Messages["ingest_packs_of_10"]; is {
		t.Error("what was not measured has a cost")
	}
}

func TestHowMessagesArePacked(t *testing.T) {
	c := costs(t)
	for rate, want := range map[float64]float64{0: 0, 3: 3, 10: 5, 100: 5, 1000: 10, 4000: 40} { // 2000 was not held
		if got := c.Transactions(rate); !near(got, want) {
			t.Errorf("%v messages: %v transactions, want %v", rate, got, want)
		}
	}
	if got := c.Transactions(300); got <= 5 || got >= 10 {
		t.Errorf("between: %v", got)
	}
}

// TestThePredictionIsWhatWasMeasured at the size that the costs are of.
func TestThePredictionIsWhatWasMeasured(t *testing.T) {
	predicted := costs(t).Predict("ingest_single", 1000)
	for _, part := range sizing.Parts() {
		if want := 0.01 + 10*0.001 + 10*0.002 + 1000*0.0001; !near(predicted[part], want) { // ten blocks a second at most, and not five
			t.Errorf("%s: %v, want %v", part, predicted[part], want)
		}
	}
}

// TestMoreNeedsMore: whatever is asked, more devices, and messages more often, need no less of anything.
func TestMoreNeedsMore(t *testing.T) {
	c := costs(t)
	rapid.Check(t, func(t *rapid.T) {
		d := sizing.Demand{Devices: rapid.IntRange(1, 1_000_000).Draw(t, "devices"), Every: time.Duration(rapid.IntRange(1, 86400).Draw(t, "every")) * time.Second,
			Kind: "ingest_single", Members: rapid.IntRange(4, 30).Draw(t, "members")}
		more := d
		more.Every = max(d.Every/2, time.Second)
		less, greater := c.Needs(d), c.Needs(more)
		for part := range less.Cores {
			if less.Cores[part] <= 0 || greater.Cores[part] < less.Cores[part]-1e-9 {
				t.Fatalf("%s: %v and %v", part, less.Cores[part], greater.Cores[part])
			}
		}
		if less.Bridges*d.Members*sizing.DevicesOfABridge < d.Devices || less.Gateways < 2 || greater.Channels < less.Channels {
			t.Fatalf("%+v", less)
		}
	})
}

func TestAnswer(t *testing.T) {
	c := costs(t)
	d := sizing.Demand{Devices: 100_000, Every: time.Minute, Kind: "ingest_single", Members: 5}
	if err := c.Validate(d); err != nil {
		t.Fatal(err)
	}
	n := c.Needs(d)
	if n.Bridges != 2 || !near(n.PeerBytesADay, 100_000*1440*1000) {
		t.Errorf("%+v", n)
	}
	for _, want := range []string{"100000 devices, a message each 1m0s (single), 5 members: 1667 messages", "| bridge, with the broker in it | 2 | ", "144.0 GB a day"} {
		if !strings.Contains(n.Text(), want) {
			t.Errorf("no %q in\n%s", want, n.Text())
		}
	}
}

func TestWhatCannotBeAnswered(t *testing.T) {
	c := costs(t)
	good := sizing.Demand{Devices: 1, Every: time.Second, Kind: "ingest_single", Members: 4}
	for name, change := range map[string]func(*sizing.Demand){
		"no device": func(d *sizing.Demand) { d.Devices = 0 }, "too often": func(d *sizing.Demand) { d.Every = time.Millisecond },
		"not measured": func(d *sizing.Demand) { d.Kind = "ingest_packs_of_10" }, "few members": func(d *sizing.Demand) { d.Members = 3 },
	} {
		d := good
		change(&d)
		if err := c.Validate(d); err == nil {
			t.Error(name)
		}
	}
	for _, missing := range []string{"members_count", "idle_cpu_cores_peers", "block_cpu_ms_bridge", "raw_transaction_cpu_ms_peers", "ingest_single_messages_per_second", "latency_at_100_a_second_held"} {
		f := maps.Clone(measured())
		delete(f, missing)
		if _, err := sizing.Of(f); err == nil {
			t.Errorf("without %s", missing)
		}
	}
}

func TestLoad(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bench.json")
	if _, err := sizing.Load(path); err == nil {
		t.Error("a file that is not there")
	}
	content, err := json.Marshal(measured())
	if err != nil {
		t.Fatal(err)
	}
	for text, good := range map[string]bool{string(content): true, "{}": false, "[": false} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := sizing.Load(path); (err == nil) != good {
			t.Errorf("%.20s: %v", text, err)
		}
	}
}
