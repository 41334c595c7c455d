package telemetry_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/waymark-ledger/waymark/chaincode/memledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/telemetry"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// traffic are messages of all sorts, in the order in which they reach the relay.
func (h *history) traffic(t *rapid.T) []string {
	var messages []string
	for range rapid.IntRange(1, 30).Draw(t, "messages") {
		messages = h.next(t, messages)
	}
	return messages
}

// run records one batch on a world.
func run(t *rapid.T, h *history, world *memledger.World, batch []string) []waymark.MessageResult {
	var results []waymark.MessageResult
	if len(batch) == 0 {
		return nil
	}
	if _, err := world.Submit(h.c.Tx(h.c.As("producer", waymark.Relay)), func(l ledger.Ledger) error {
		r, err := telemetry.Record(l, waymark.RecordRequest{Messages: batch})
		if err == nil {
			results = r.Results
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return results
}

// streams are the stream records of a world, without what names transactions. Where
// bare is set they have no clashes either.
func streams(t *rapid.T, h *history, world *memledger.World, bare bool) string {
	var all []waymark.Stream
	for _, d := range h.devices {
		value := world.Value(ledger.StreamKey(d.ID).String())
		if value == nil {
			continue
		}
		var s waymark.Stream
		if err := json.Unmarshal(value, &s); err != nil {
			t.Fatal(err)
		}
		for i := range s.Clashes {
			s.Clashes[i].TxID = ""
		}
		if bare {
			s.Clashes, s.MoreClashes = nil, false
		}
		if s.Last > 0 {
			all = append(all, s)
		}
	}
	text, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// answers are results without the transaction, which differs from run to run.
func answers(results []waymark.MessageResult) string {
	var all []string
	for _, r := range results {
		all = append(all, fmt.Sprint(r.Device, r.Sequence, r.Outcome, r.Code, r.Reasons))
	}
	return strings.Join(all, "\n")
}

func TestHowABatchIsSplitChangesNothing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h := newHistory(t)
		messages := h.traffic(rt)
		whole, parts := h.c.World.Clone(), h.c.World.Clone()
		want := run(rt, h, whole, messages)
		var got []waymark.MessageResult
		for rest := messages; len(rest) > 0; {
			n := rapid.IntRange(1, len(rest)).Draw(rt, "part")
			got = append(got, run(rt, h, parts, rest[:n])...)
			rest = rest[n:]
		}
		if answers(got) != answers(want) {
			rt.Fatalf("in parts:\n%s\nat once:\n%s", answers(got), answers(want))
		}
		if a, b := streams(rt, h, parts, false), streams(rt, h, whole, false); a != b {
			rt.Fatalf("in parts %s\nat once %s", a, b)
		}
	})
}

// TestABadMessageCostsNoGoodOneItsPlace: the batch without what it rejects has the
// same answers for the rest, the same windows and the same stream.
func TestABadMessageCostsNoGoodOneItsPlace(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h := newHistory(t)
		run(rt, h, h.c.World, h.traffic(rt))
		messages := h.traffic(rt)
		mixed, clean := h.c.World.Clone(), h.c.World.Clone()
		results := run(rt, h, mixed, messages)
		var good []string
		var want []waymark.MessageResult
		for i, r := range results {
			if r.Outcome != waymark.Rejected {
				good, want = append(good, messages[i]), append(want, r)
			}
		}
		if got := run(rt, h, clean, good); answers(got) != answers(want) {
			rt.Fatalf("without the bad ones:\n%s\nwith them:\n%s", answers(got), answers(want))
		}
		if a, b := streams(rt, h, clean, true), streams(rt, h, mixed, true); a != b {
			rt.Fatalf("without the bad ones %s\nwith them %s", a, b)
		}
		if a, b := windowKeys(clean), windowKeys(mixed); !slices.Equal(a, b) {
			rt.Fatalf("windows %v\nwith the bad ones %v", a, b)
		}
	})
}

func windowKeys(world *memledger.World) []string {
	return slices.DeleteFunc(world.Keys(), func(key string) bool { return !strings.HasPrefix(key, "window/") })
}
