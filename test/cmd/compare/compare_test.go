package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/test/internal/figures"
	"github.com/waymark-ledger/waymark/test/internal/timing"
)

func TestTheCommandNeedsACheckout(t *testing.T) {
	if _, err := parse(nil); err == nil || !strings.Contains(err.Error(), "--fabric-iot is missing") {
		t.Errorf("got %v", err)
	}
	s, err := parse([]string{"--fabric-iot", "there", "--quick"})
	if err != nil || s.checkout != "there" || s.loads().limit >= (settings{}).loads().limit {
		t.Errorf("got %+v, %v", s, err)
	}
}

func TestWhatKeepsACallFromGoingThrough(t *testing.T) {
	tests := []struct {
		give error
		want string
	}{
		{&client.CommitError{Code: peer.TxValidationCode_MVCC_READ_CONFLICT}, "mvcc_read_conflict"},
		{fmt.Errorf("submit: %w", &client.CommitError{Code: peer.TxValidationCode_PHANTOM_READ_CONFLICT}), "phantom_read_conflict"},
		{fmt.Errorf("evaluate: %w", context.DeadlineExceeded), "timeout"},
		{answers("OK")([]byte("no")), "wrong answer"},
		{errors.New("failed to assemble transaction: ProposalResponsePayloads do not match (base64): 'Cg' vs 'Cw'"), differ},
		{errors.New("something else"), "something else"},
	}
	for _, tt := range tests {
		if got := failure(tt.give); got != tt.want {
			t.Errorf("%v: %q, want %q", tt.give, got, tt.want)
		}
	}
	if err := answers("OK")([]byte("OK")); err != nil {
		t.Error(err)
	}
}

func TestOnlyAPermitIsTheRightAnswer(t *testing.T) {
	for answer, want := range map[string]bool{
		`{"allowed":true,"reasons":["producer/only"]}`:              true,
		`{"decision":{"allowed":true,"reasons":["producer/only"]}}`: true,
		`{"allowed":false,"reasons":["default-deny"]}`:              false,
		`{"decision":{"allowed":false,"reasons":["default-deny"]}}`: false,
		`{}`:       false,
		`not JSON`: false,
	} {
		if err := allowed([]byte(answer)); (err == nil) != want {
			t.Errorf("%s: %v", answer, err)
		}
	}
}

// Both sides are asked for the same: this user, this device.
func TestPoliciesOfBothSidesAreWellFormed(t *testing.T) {
	var theirs struct {
		AS struct{ UserID string }
		AO struct{ DeviceID string }
		AP int
		AE struct{ EndTime int64 }
	}
	if err := json.Unmarshal([]byte(addPolicy(author, "AddPolicy", "auditor", quiet, 1).args[0]), &theirs); err != nil {
		t.Fatal(err)
	}
	if theirs.AS.UserID != "auditor" || theirs.AO.DeviceID != quiet || theirs.AP != 1 || time.Unix(theirs.AE.EndTime, 0).Before(time.Now()) {
		t.Errorf("%+v", theirs)
	}
	k, err := put(author, "only", quiet, 1)
	if err != nil {
		t.Fatal(err)
	}
	var ours waymark.PutPolicyRequest
	if err := json.Unmarshal([]byte(k.args[0]), &ours); err != nil || ours.Validate() != nil {
		t.Errorf("%v, %v", err, ours.Validate())
	}
	if !strings.Contains(ours.Text, `Waymark::Member::"auditor"`) || !strings.Contains(ours.Text, `Waymark::Telemetry::"`+quiet+`"`) {
		t.Error(ours.Text)
	}
}

// cell has done calls of one latency, in a second, and failed others.
func cell(done int, latency time.Duration, failed int) timing.Cell {
	c := timing.Cell{Elapsed: time.Second, Failures: map[string]int{}}
	for range done {
		c.Latencies = append(c.Latencies, latency)
	}
	if failed > 0 {
		c.Failures[differ] = failed
	}
	return c
}

func example() (conditions, []row) {
	w := work{name: "thing_done", title: "a thing is done", calls: map[string]string{fabricIoT: "x.Do", ourSide: "things:Do"}}
	at := figures.Conditions{Date: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), CPUs: 2, Processor: "a processor", Load: 0.25}
	return conditions{at, "0123456789"},
		[]row{{work: w, cells: map[string][]result{
			fabricIoT: {{1, cell(5, 150*time.Millisecond, 0)}, {16, cell(90, 200*time.Millisecond, 10)}},
			ourSide:   {{1, cell(7, 2500*time.Microsecond, 0)}, {16, cell(6, time.Second, 0)}},
		}}}
}

func TestTable(t *testing.T) {
	got := table(example())
	for _, want := range []string{
		"Measured on 2026-01-02: 2 CPUs (a processor)", "load average before: 0.25", "fabric-iot 0123456,",
		"| a thing is done | `x.Do` | 150, 150 ms | 90, 16 | 200, 200 ms | 10 of 100 at 16: endorsements differ |\n",
		"|  | `things:Do` | 2.5, 2.5 ms | 7.0, 1 | 2.5, 2.5 ms |  |\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if got := clean("a|b\nc" + strings.Repeat("x", 500)); len(got) != 160 || !strings.HasPrefix(got, "a/b c") {
		t.Errorf("%q", got)
	}
}

func TestFiguresAreFlatAndHaveUnits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bench", "compare.json")
	c, rows := example()
	if err := figures.Save(path, c.Conditions, flat(c, rows)); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]any
	if err := json.Unmarshal(content, &all); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{
		"thing_done_fabric_iot_at_16_in_flight_endorsements_differ_count": 10.0,
		"thing_done_fabric_iot_at_16_in_flight_per_second":                90.0,
		"thing_done_waymark_at_1_in_flight_median_ms":                     2.5,
		"processors_count":  2.0,
		"fabric_iot_commit": "0123456789",
	} {
		if all[name] != want {
			t.Errorf("%s is %v, want %v", name, all[name], want)
		}
	}
	for name, value := range all {
		switch value.(type) {
		case string, float64:
		default:
			t.Errorf("%s is %T", name, value)
		}
	}
	if err := figures.Save("", c.Conditions, nil); err != nil {
		t.Error(err)
	}
}

// Every level of a full run has a member that has room for its policies.
func TestPoliciesAreAddedForAMemberOfTheirOwnAtEachLevel(t *testing.T) {
	b := newBench(nil, (settings{}).loads())
	seen := map[string]bool{}
	for _, level := range b.loads.levels {
		seen[b.authorAt(level.inFlight).member] = true
	}
	if len(seen) != len(b.loads.levels) || seen[author.member] {
		t.Errorf("%v", seen)
	}
	if b.loads.levels[0].writes > waymark.MaxOwnPolicies {
		t.Error("more policies one after another than a member may have")
	}
	for _, w := range b.works() {
		for _, side := range sides() {
			if w.next[side] == nil || w.calls[side] == "" {
				t.Errorf("%s of %s has no call", w.name, side)
			}
		}
	}
}
