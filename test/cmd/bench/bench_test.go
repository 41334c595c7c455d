package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"

	"github.com/waymark-ledger/waymark/test/internal/audit"
	"github.com/waymark-ledger/waymark/test/internal/bare"
	"github.com/waymark-ledger/waymark/test/internal/command"
	"github.com/waymark-ledger/waymark/test/internal/figures"
	"github.com/waymark-ledger/waymark/test/internal/timing"
)

func TestProcessesHaveAKind(t *testing.T) {
	for name, want := range map[string]kind{
		"gateway.producer": gateway, "gateway.auditor": otherGateways, "chaincode.carrier": chaincodes, "chaincode.carrier.2": chaincodes,
		"peer.producer": peers, "orderer.retailer": orderers, "mqtt-bridge": bridge,
	} {
		if got, err := kindOf(name); err != nil || got != want {
			t.Errorf("%s is %q, %v", name, got, err)
		}
	}
	if _, err := kindOf("couchdb.producer"); err == nil {
		t.Error("a process that nobody knows would be left out")
	}
}

// TestWhatTheMachineDidBesideIsOther, and what the kinds used is never more than all.
func TestWhatTheMachineDidBesideIsOther(t *testing.T) {
	start := time.Now()
	before := sample{at: start, cpu: map[kind]time.Duration{all: time.Second, peers: time.Second}, seen: bare.Seen{Blocks: 7, Transactions: 70}, messages: 100}
	after := sample{at: start.Add(2 * time.Second), cpu: map[kind]time.Duration{all: 4 * time.Second, peers: 2 * time.Second, client: time.Second},
		seen: bare.Seen{Blocks: 9, Transactions: 80}, messages: 140}
	d := after.since(before)
	if d.cpu[other] != time.Second || d.cpu[all] != 3*time.Second || d.blocks != 2 || d.transactions != 10 || d.messages != 40 || d.perSecond(d.messages) != 20 {
		t.Errorf("%+v", d)
	}
	after.cpu[all] = 2 * time.Second // clocks of processes tick apart from the machine's
	if d := after.since(before); d.cpu[other] != 0 {
		t.Errorf("%+v", d)
	}
	var both spent
	both.add(d)
	both.add(d)
	if both.took != 4*time.Second || both.cpu[peers] != 2*time.Second || both.blocks != 4 || both.messages != 80 {
		t.Errorf("%+v", both)
	}
}

// TestABlockAndATransactionAreToldApart by rows that were made of known costs.
func TestABlockAndATransactionAreToldApart(t *testing.T) {
	const atRest, ofBlock, ofTransaction = 50 * time.Millisecond, 60 * time.Millisecond, 3 * time.Millisecond
	made := func(seconds, blocks, transactions int) row {
		used := time.Duration(seconds)*atRest + time.Duration(blocks)*ofBlock + time.Duration(transactions)*ofTransaction
		return row{spent: spent{took: time.Duration(seconds) * time.Second, blocks: blocks, transactions: transactions, cpu: map[kind]time.Duration{all: used}}}
	}
	idle := spent{took: 10 * time.Second, cpu: map[kind]time.Duration{all: 10 * atRest}}
	c, known := solve(idle, made(10, 90, 90), made(10, 50, 2500))
	if !known || c.block[all].Round(time.Microsecond) != ofBlock || c.transaction[all].Round(time.Microsecond) != ofTransaction {
		t.Errorf("%v, %v", c, known)
	}
	if _, known := solve(idle, made(10, 90, 90), made(20, 180, 180)); known {
		t.Error("two rows that say the same tell two things apart")
	}
}

func TestLoadsAreBounded(t *testing.T) {
	for _, s := range []settings{{}, {Bench: command.Bench{Quick: true}}} {
		a := s.amounts()
		if a.raw[0] != 1 || a.raw[len(a.raw)-1] > bare.MaxCalls {
			t.Errorf("in flight: %v", a.raw)
		}
		took := a.idle + time.Duration(2*len(a.raw))*(a.ramp+a.rawEach) + time.Duration(len(a.packs)+len(a.rates)+1+len(a.fleets))*(a.each+warmUp)
		took += time.Duration(len(a.growth))*(a.fillTimeout+a.each) + 2*4*(3*a.askEach+warmUp)
		if took > timeout {
			t.Errorf("%s of at most %s", took, timeout)
		}
	}
}

func TestRowsArePicked(t *testing.T) {
	for _, test := range []struct {
		give string
		want []string
	}{
		{"", rowNames()}, {"latency,raw", []string{"raw", "latency"}}, {"raw,more", nil},
	} {
		if got, err := pick(test.give); !slices.Equal(got, test.want) || (err == nil) != (test.want != nil) {
			t.Errorf("%q: %v, %v", test.give, got, err)
		}
	}
}

// TestThePageIsOfAllRows, measured and not profiled.
func TestThePageIsOfAllRows(t *testing.T) {
	for _, more := range []string{"--quick", "--profiles=x", "--rows=raw"} {
		if _, err := parse([]string{"--docs", "docs", more}); err == nil {
			t.Errorf("%s with a page", more)
		}
	}
	if s, err := parse([]string{"--docs", "docs"}); err != nil || len(s.rows) != len(rows()) {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestWhatALedgerTakes(t *testing.T) {
	dir := t.TempDir()
	if _, err := ledgersOf(dir); err == nil {
		t.Error("no ledger takes nothing")
	}
	for name, size := range map[string]int{"chains/chains/waymark/blockfile_000000": 100, "chains/index/000001.ldb": 10, "stateLeveldb/000001.log": 7, "historyLeveldb/1.log": 1} {
		for _, member := range []string{"producer", "carrier"} {
			path := filepath.Join(dir, "members", member, "peer", "ledgersData", name)
			if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, make([]byte, size), 0o600)); err != nil {
				t.Fatal(err)
			}
		}
	}
	ledgers, err := ledgersOf(dir)
	if err != nil {
		t.Fatal(err)
	}
	got, err := store(ledgers)
	if want := (stored{blocks: 200, state: 14, other: 22}); err != nil || got != want || got.sum() != 236 {
		t.Errorf("%+v, %v", got, err)
	}
	if each := bytesEach(got.blocks, 10, 2); each != 10 {
		t.Errorf("%v", each)
	}
}

// TestLatencyIsFromWhenAMessageWasDue, whatever kept it from being published then.
func TestLatencyIsFromWhenAMessageWasDue(t *testing.T) {
	u := &underway{load: load{devices: 4, rate: 100}, start: time.Unix(100, 0)}
	if got, want := u.due("3", 2), time.Unix(100, 70_000_000); !got.Equal(want) {
		t.Errorf("%s, want %s", got, want)
	}
	if got := u.dueBy(time.Unix(101, 0)); got != 100 {
		t.Errorf("%d", got)
	}
	a := &arrivals{due: u.within(time.Unix(100, 50_000_000), time.Unix(101, 0))}
	a.note("0", 1, time.Unix(200, 0)) // before what counts
	a.note("3", 2, time.Unix(100, 90_000_000))
	a.note("2", 2, time.Unix(100, 10_000_000)) // clocks
	if got := a.latencies(); !slices.Equal(got, []time.Duration{20 * time.Millisecond, 0}) {
		t.Errorf("%v", got)
	}
}

// TestAMessageIsTimedFromWhenItWasPublished, if it was recorded in the time.
func TestAMessageIsTimedFromWhenItWasPublished(t *testing.T) {
	path := filepath.Join(t.TempDir(), "times.json")
	if err := os.WriteFile(path, []byte("[[], [100000000000, 100500000000]]"), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := readPublished(path)
	if err != nil {
		t.Fatal(err)
	}
	a := &arrivals{due: p.during(time.Unix(101, 0), time.Unix(102, 0))}
	a.note("1", 1, time.Unix(100, 900_000_000)) // before
	a.note("1", 2, time.Unix(101, 0))
	a.note("1", 3, time.Unix(101, 0)) // nobody published it
	a.note("2", 1, time.Unix(101, 0))
	if got := a.latencies(); !slices.Equal(got, []time.Duration{500 * time.Millisecond}) {
		t.Errorf("%v", got)
	}
	if _, err := readPublished(path); err == nil {
		t.Error("what was read is read again")
	}
}

func TestARateIsHeldIfTheSpoolDoesNotGrow(t *testing.T) {
	s := steady{wanted: 100, backlog: [2]int{10, 29}, row: row{spent: spent{took: 10 * time.Second}}}
	if !s.held() {
		t.Error("a block more")
	}
	if s.backlog[1] = 31; s.held() {
		t.Error("it grows")
	}
}

func TestTheLedgerCountsWhatIsOfTheFleet(t *testing.T) {
	l := &ledger{prefix: "bench-1-", more: make(chan struct{})}
	reached := make(chan error, 1)
	go func() { reached <- l.await(t.Context(), 3) }()
	got := l.add([]audit.Recorded{{Device: "bench-1-0"}, {Device: "bench-1-7"}, {Device: "bench-1-7"}, {Device: "bench-10-7"}, {Device: "logger-1"}})
	if len(got) != 2 || got["0"] != 1 || got["7"] != 2 {
		t.Errorf("%v", got)
	}
	if err := <-reached; err != nil || l.recorded() != 3 {
		t.Errorf("%v, %d", err, l.recorded())
	}
	l.add([]audit.Recorded{{Device: "bench-1-0", Sequence: 5, Run: 5}, {Device: "bench-1-0", Sequence: 6, Run: 5}, {Device: "bench-1-0", Sequence: 7}, {Device: "bench-10-7", Sequence: 5, Run: 5}})
	if got := l.anchored(); got != (runs{messages: 2, windows: 1}) || l.recorded() != 6 {
		t.Errorf("%+v of %d", got, l.recorded())
	}
	if got := l.add([]audit.Recorded{{Device: "logger-1"}}); len(got) != 0 || l.recorded() != 6 {
		t.Errorf("%v", got)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("the fleet is gone")
	cancel(why)
	if err := l.await(ctx, 7); !errors.Is(err, why) {
		t.Errorf("got %v", err)
	}
}

func TestWhatKeepsATransactionFromBeingMade(t *testing.T) {
	for want, give := range map[string]error{
		"mvcc_read_conflict": fmt.Errorf("submit: %w", bare.Invalid(peer.TxValidationCode_MVCC_READ_CONFLICT)),
		"timeout":            fmt.Errorf("endorse: %w", context.DeadlineExceeded),
		"something else":     errors.New("something else"),
	} {
		if got := failure(give); got != want {
			t.Errorf("%v: %q, want %q", give, got, want)
		}
	}
}

// example has a ledger that does most with 64 in flight, and a way that does 5 times as much.
func example() *report {
	second := func(messages, transactions, blocks int, peer time.Duration) spent {
		return spent{took: time.Second, messages: messages, transactions: transactions, blocks: blocks, cpu: map[kind]time.Duration{peers: peer, all: 2 * time.Second}}
	}
	r := &report{
		conditions: figures.Conditions{Date: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), CPUs: 2, Processor: "a processor"},
		network:    figures.Network{Members: 4, Ordering: "BFT", BlockInterval: 100 * time.Millisecond},
		idle:       spent{took: 10 * time.Second, cpu: map[kind]time.Duration{peers: time.Second, all: 2 * time.Second}},
		raw:        []row{{name: "raw", at: "1 in flight", readings: 1}, {name: "raw", at: "64 in flight", readings: 1}},
		ingest:     []ingested{{row: row{name: "ingest_packs_of_10", at: "6400 in flight", alone: true, readings: 10}, peaks: map[kind]int{peers: 200}}},
		latency:    []steady{{row: row{name: "latency", at: "50 a second", readings: 1}, wanted: 50}},
	}
	timed := timing.Cell{Latencies: []time.Duration{100 * time.Millisecond}, Elapsed: time.Second, Failures: map[string]int{"timeout": 2}}
	r.raw[0].add(second(10, 10, 10, 700*time.Millisecond), timing.Cell{})
	r.raw[1].add(second(90, 90, 5, 900*time.Millisecond), timed)
	r.raw[1].add(second(110, 110, 5, 900*time.Millisecond), timing.Cell{})
	r.ingest[0].add(second(500, 10, 5, time.Second), timing.Cell{})
	r.ingest[0].spent.stored = stored{blocks: 4 * 500 * 1000, state: 4 * 500 * 200, other: 4 * 500 * 300}
	r.latency[0].add(second(50, 25, 5, time.Second), timing.Cell{Latencies: []time.Duration{80 * time.Millisecond}})
	return r
}

func TestTables(t *testing.T) {
	got := example().text()
	for _, want := range []string{
		"Measured on 2026-01-02: 2 CPUs (a processor)", "4 members, ordering BFT, blocks after 100ms",
		"| raw | 64 in flight | 100.0 (90.0, 110.0) | 100 | 1.00 | 100.0 | 1.0 | 5.0 | 100.0, 100.0, 100.0 | 2 timeout |\n",
		"| ingest_packs_of_10 | 6400 in flight | 500.0 (500.0) | 5000 | 5.00 | 10.0 | 50.0 | 5.0 | - | none |\n",
		"| processor time | client | devices | bridge | gateway | gateways_other | chaincodes | peers | orderers | other | all |\n",
		"| at rest, ms a second | 0.0 | 0.0 | 0.0 | 0.0 | 0.0 | 0.0 | 100.0 | 0.0 | 0.0 | 200.0 |\n",
		"| ingest_packs_of_10, 6400 in flight, us a message | 0.0 | 0.0 | 0.0 | 0.0 | 0.0 | 0.0 | 2000.0 | 0.0 | 0.0 | 4000.0 |\n",
		"| ingest_packs_of_10 | 0 | 0 | 0 | 0 | 0 | 0 | 200 | 0 |\n",
		"| ingest_packs_of_10, 6400 in flight | 1000 | 200 | 300 | 1500 | 150.0 |\n",
		"| latency, 50 a second | 50, 50.0 | 2.0 | 80.0, 80.0, 80.0 | yes | 40000 | 100 % |\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

// TestThePage is written with its charts and figures, or not at all.
func TestThePage(t *testing.T) {
	dir := t.TempDir()
	r := example()
	if err := r.write(""); err != nil {
		t.Error(err)
	}
	path := filepath.Join(dir, "performance.md")
	if err := os.WriteFile(path, []byte("# Page\n<!-- bench: begin -->\n<!-- bench: end -->\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := r.write(dir); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(got), r.text()) {
		t.Errorf("%s, %v", got, err)
	}
	for _, name := range append(slices.Collect(maps.Keys(r.charts())), figuresFile) {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFiguresAreFlatAndHaveUnits(t *testing.T) {
	flat := example().flat()
	for name, want := range map[string]any{
		"raw_per_second": 100.0, "raw_in_flight_best": "64 in flight", "idle_cpu_cores_peers": 0.1, "idle_cpu_cores_all": 0.2, "block_interval_ms": int64(100),
		"raw_at_64_in_flight_p99_ms": 100.0, "raw_at_64_in_flight_failed_count": 2, "raw_at_64_in_flight_least_round_messages_per_second": 90.0,
		"raw_at_1_in_flight_cpu_us_per_message_peers": 70_000.0,
		"ingest_packs_of_10_messages_per_second":      500.0, "ingest_packs_of_10_readings_per_second": 5000.0,
		"ingest_packs_of_10_times_raw_ratio": 5.0, "ingest_packs_of_10_messages_per_transaction_count": 50.0,
		"ingest_packs_of_10_ledger_bytes_per_message_state": 200.0, "latency_at_50_a_second_p99_ms": 80.0, "latency_at_50_a_second_held": true,
	} {
		if flat[name] != want {
			t.Errorf("%s is %v, want %v", name, flat[name], want)
		}
	}
	if _, is := flat["raw_at_1_in_flight_p50_ms"]; is {
		t.Error("a latency of no message")
	}
	for name, value := range flat {
		switch value.(type) {
		case string, float64, int, int64, bool:
		default:
			t.Errorf("%s is %T", name, value)
		}
	}
}
