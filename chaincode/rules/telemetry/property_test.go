package telemetry_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/rules/telemetry"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// history is what two devices sent and what the ledger answered.
type history struct {
	c       *scenario.Consortium
	devices []*scenario.Device
	twins   []*scenario.Device // with the same keys, on another branch
	forger  []*scenario.Device // with the same ids and other keys
	sent    []string           // true messages, in the order they were signed
	sender  map[string]string  // of a true message
	number  map[string]uint64
	log     []ledger.Tx // what was submitted, to play it again
	batches [][]string
	// recorded says which transaction recorded a number, and which message.
	recorded map[string]string
	message  map[string]string
}

func newHistory(t *testing.T) *history {
	t.Helper()
	h := &history{c: scenario.New(t), sender: map[string]string{}, number: map[string]uint64{}, recorded: map[string]string{}, message: map[string]string{}}
	for _, id := range []string{"logger-1", "logger-2"} {
		d := h.c.Device(id, "producer")
		twin := *d
		h.devices, h.twins, h.forger = append(h.devices, d), append(h.twins, &twin), append(h.forger, h.c.NewDevice(id, "producer"))
	}
	return h
}

// next is one message that reaches the relay: new, dropped and sent late, sent
// again, forked, forged or no message at all.
func (h *history) next(t *rapid.T, batch []string) []string {
	i := rapid.IntRange(0, 1).Draw(t, "device")
	switch rapid.SampledFrom([]string{"new", "new", "new", "late", "again", "fork", "forged", "broken"}).Draw(t, "what") {
	case "new":
		return append(batch, h.sign(i))
	case "late":
		h.sign(i)
		return batch
	case "fork":
		if len(h.sent) > 0 {
			return append(batch, h.twins[i].Pack(int64(len(h.sent))))
		}
		return batch
	case "forged":
		return append(batch, h.forger[i].Pack(1))
	case "broken":
		d := h.devices[i]
		other := d.Header()
		other.Consortium = "other"
		return append(batch, rapid.SampledFrom([]string{"nonsense", h.c.NewDevice("stranger", "producer").Pack(1),
			d.Sign(d.Header(), []byte(`[]`)), d.Sign(other, []byte(`[]`))}).Draw(t, "fault"))
	}
	if len(h.sent) == 0 {
		return batch
	}
	return append(batch, rapid.SampledFrom(h.sent).Draw(t, "old"))
}

func (h *history) sign(i int) string {
	d := h.devices[i]
	n := d.Next
	text := d.Pack(int64(n))
	h.sent, h.sender[text], h.number[text] = append(h.sent, text), d.ID, n
	return text
}

func (h *history) submit(t *rapid.T, batch []string) {
	tx := h.c.Tx(h.c.As("producer", waymark.Relay))
	h.log, h.batches = append(h.log, tx), append(h.batches, batch)
	var results []waymark.MessageResult
	_, err := h.c.World.Submit(tx, func(l ledger.Ledger) error {
		r, err := telemetry.Record(l, waymark.RecordRequest{Messages: batch})
		if err == nil {
			results = r.Results
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range results {
		h.check(t, tx.ID, batch[i], r)
	}
}

// check keeps the promises about one answer.
func (h *history) check(t *rapid.T, tx, message string, r waymark.MessageResult) {
	at := fmt.Sprint(r.Device, "/", r.Sequence)
	switch r.Outcome {
	case waymark.Recorded:
		if h.recorded[at] != "" {
			t.Fatalf("%s is recorded twice", at)
		}
		if r.TxID != tx {
			t.Fatalf("%s is recorded by %s, the answer names %s", at, tx, r.TxID)
		}
		h.recorded[at], h.message[at] = tx, message
	case waymark.Duplicate:
		if h.message[at] != message || h.recorded[at] != r.TxID {
			t.Fatalf("%s is said to be a duplicate in %s: recorded by %q", at, r.TxID, h.recorded[at])
		}
	case waymark.Rejected:
		if h.message[at] == message && message != "" {
			t.Fatalf("%s is recorded and was rejected: %+v", at, r)
		}
		if h.sender[message] != "" && r.Code != waymark.FailedPrecondition && r.Code != waymark.AlreadyExists {
			t.Fatalf("the true message %s was rejected: %+v", at, r)
		}
	}
}

// missing returns the numbers below the highest recorded one that are not recorded.
func (h *history) missing(device string, last uint64) []uint64 {
	var missing []uint64
	for n := uint64(1); n <= last; n++ {
		if h.recorded[fmt.Sprint(device, "/", n)] == "" {
			missing = append(missing, n)
		}
	}
	return missing
}

func (h *history) checkStreams(t *rapid.T) {
	for _, d := range h.devices {
		s := stream(h.c.T.(*testing.T), h.c, d.ID)
		var gaps []uint64
		for _, g := range s.Gaps {
			for n := g.First; n <= g.Last; n++ {
				gaps = append(gaps, n)
			}
		}
		if want := h.missing(d.ID, s.Last); !slices.Equal(gaps, want) {
			t.Fatalf("the gaps of %s are %v, missing are %v", d.ID, gaps, want)
		}
		h.checkClashes(t, s)
	}
}

// checkClashes wants each clash once, with a number that is recorded.
func (h *history) checkClashes(t *rapid.T, s waymark.Stream) {
	seen := map[string]bool{}
	for _, c := range s.Clashes {
		id := fmt.Sprintf("%d %x", c.Sequence, c.Digest)
		if seen[id] || h.recorded[fmt.Sprint(s.Device, "/", c.Sequence)] == "" {
			t.Fatalf("clash %+v is listed twice, or with a number that is not recorded", c)
		}
		seen[id] = true
	}
	if len(s.Clashes) > waymark.MaxClashes {
		t.Fatalf("%d clashes", len(s.Clashes))
	}
}

// replay plays the same transactions on an empty ledger: those that registered members
// and devices, which tell the same again, and then the messages.
func (h *history) replay(t *rapid.T) {
	again := scenario.New(h.c.T)
	for _, d := range h.devices {
		scenario.Must(again, again.As(d.Owner, waymark.Operator), registry.RegisterDevice, waymark.RegisterDeviceRequest{Registration: d.Registration(), Activate: true})
	}
	start := again.World
	for i, tx := range h.log {
		if _, err := start.Submit(tx, func(l ledger.Ledger) error {
			_, err := telemetry.Record(l, waymark.RecordRequest{Messages: h.batches[i]})
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(start.Snapshot(), h.c.World.Snapshot()) {
		t.Fatal("the same transactions made another world")
	}
}

func TestAnyHistoryOfMessages(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h := newHistory(t)
		for range rapid.IntRange(1, 12).Draw(rt, "batches") {
			var batch []string
			for range rapid.IntRange(1, 8).Draw(rt, "messages") {
				batch = h.next(rt, batch)
			}
			if len(batch) > 0 {
				h.submit(rt, batch)
			}
			h.c.Now = h.c.Now.Add(time.Duration(rapid.IntRange(0, 2).Draw(rt, "minutes")) * time.Minute)
		}
		h.replay(rt)
		h.checkStreams(rt)
		h.submit(rt, append([]string{h.sign(0)}, h.sent...)) // all that was late arrives
		h.checkStreams(rt)
	})
}

// TestWhatIsLateArrives: without forks every message is recorded in the end, in
// whatever order it comes.
func TestWhatIsLateArrives(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h := newHistory(t)
		for range rapid.IntRange(1, 20).Draw(rt, "messages") {
			h.sign(rapid.IntRange(0, 1).Draw(rt, "device"))
		}
		order := rapid.Permutation(h.sent).Draw(rt, "order")
		for len(order) > 0 {
			n := rapid.IntRange(1, len(order)).Draw(rt, "batch")
			h.submit(rt, order[:n])
			order = order[n:]
		}
		for _, d := range h.devices {
			if s := stream(t, h.c, d.ID); len(s.Gaps) > 0 || s.Last != d.Next-1 {
				rt.Fatalf("stream of %s at %d with gaps %v, sent %d", d.ID, s.Last, s.Gaps, d.Next-1)
			}
		}
	})
}
