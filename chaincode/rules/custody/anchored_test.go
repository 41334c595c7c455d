package custody_test

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/telemetry"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// recordedRun is a run that a transaction recorded.
type recordedRun struct {
	tx    string
	texts []string
}

// anchoring is a story whose condition is anchored, and whose logger has told in full what it measures.
type anchoring struct {
	*story
	waiting []recordedRun // for their check, oldest first
}

func newAnchoring(t *testing.T) *anchoring {
	t.Helper()
	c := newConsortium(t)
	a := &anchoring{story: &story{Consortium: c, logger: c.Device("logger-1", "producer")}}
	a.logger.Anchors("temperature")
	a.measure(500) // a window of before it witnesses
	a.anchor(500)
	r := createRequest("s1")
	r.Conditions = []waymark.Condition{{Name: "temperature", Unit: "Cel", Minimum: "2", Maximum: "8", Anchored: true}}
	scenario.Must(c, a.operator("producer"), custody.Create, r)
	a.attach("logger-1")
	return a
}

// record tries to record messages as a run, and returns the outcome.
func (a *anchoring) record(texts ...string) waymark.MessageResult {
	a.T.Helper()
	result := scenario.Must(a.Consortium, a.As("producer", waymark.Relay), telemetry.Record, a.logger.Anchoring(texts...)).Results[0]
	if result.Outcome == waymark.Recorded {
		a.waiting = append(a.waiting, recordedRun{result.TxID, texts})
	}
	return result
}

// anchor records messages of one reading each as a run.
func (a *anchoring) anchor(centiCelsius ...int64) {
	a.T.Helper()
	var texts []string
	for _, v := range centiCelsius {
		texts = append(texts, a.logger.Pack(v))
	}
	if r := a.record(texts...); r.Outcome != waymark.Recorded {
		a.T.Fatalf("%+v", r)
	}
	a.Now = a.Now.Add(time.Second)
}

// check checks the n windows that wait longest.
func (a *anchoring) check(n int) {
	a.T.Helper()
	r := waymark.CheckTelemetryRequest{Device: a.logger.ID}
	for _, w := range a.waiting[:n] {
		block, err := strconv.ParseUint(w.tx, 16, 64)
		if err != nil {
			a.T.Fatal(err)
		}
		hash := sha256.Sum256([]byte(w.tx))
		shown, err := scenario.Shown(w.tx, block, hash[:], w.texts...)
		if err != nil {
			a.T.Fatal(err)
		}
		r.Windows = append(r.Windows, shown)
	}
	scenario.Must(a.Consortium, a.As("producer", waymark.Relay), telemetry.Check, r)
	a.waiting = a.waiting[n:]
}

// own is what an acceptor makes of true blocks.
func (a *anchoring) own() []waymark.OwnChecked {
	a.T.Helper()
	s := scenario.Must(a.Consortium, a.As("producer", waymark.Viewer), telemetry.Stream, waymark.DeviceQuery{Device: a.logger.ID})
	return []waymark.OwnChecked{{Device: a.logger.ID, Checked: s.Anchored.Checked, Digest: hex.EncodeToString(s.Anchored.Digest)}}
}

func (a *anchoring) request(number uint64, own []waymark.OwnChecked) waymark.AcceptHandoffRequest {
	return waymark.AcceptHandoffRequest{Shipment: "s1", Number: number, Reservation: "as found", Checked: own}
}

// TestAConditionIsJudgedOnAnchoredMessages only as far as they are checked, by blocks that the acceptor has too.
func TestAConditionIsJudgedOnAnchoredMessages(t *testing.T) {
	const ok, unknown, bad = waymark.ConditionConformant, waymark.ConditionUnknown, waymark.ConditionNonConformant
	other := func(own []waymark.OwnChecked) []waymark.OwnChecked {
		own[0].Digest = strings.Repeat("0f", 32)
		return own
	}
	none := func([]waymark.OwnChecked) []waymark.OwnChecked { return nil }
	tests := map[string]struct {
		before  func(*anchoring)
		own     func([]waymark.OwnChecked) []waymark.OwnChecked
		preview waymark.ConditionState
		want    waymark.ConditionState
		reason  string
		on      bool // judged on anchored messages
	}{
		"nothing anchored since": {func(a *anchoring) { a.measure(500) }, none, ok, ok, "", false},
		"all checked":            {func(a *anchoring) { a.anchor(200, 800); a.anchor(500); a.check(3) }, nil, ok, ok, "", true},
		"without a word":         {func(a *anchoring) { a.anchor(500); a.check(2) }, none, ok, unknown, "unchecked", true},
		"another digest":         {func(a *anchoring) { a.anchor(500); a.check(2) }, other, ok, unknown, "unchecked", true},
		"one waits":              {func(a *anchoring) { a.anchor(500); a.anchor(500); a.check(2) }, nil, unknown, unknown, "unchecked", true},
		"all wait":               {func(a *anchoring) { a.anchor(500); a.check(1) }, nil, unknown, unknown, "unchecked", true},
		"one forfeited": {func(a *anchoring) {
			a.anchor(500)
			a.check(1)
			scenario.Must(a.Consortium, a.As("producer", waymark.Admin), telemetry.Forfeit, waymark.ForfeitTelemetryRequest{Device: "logger-1", Last: 3, Reason: "lost"})
			a.waiting = nil
			a.anchor(500)
			a.check(1)
		}, nil, unknown, unknown, "unchecked", true},
		"an excursion, in full":        {func(a *anchoring) { a.anchor(500); a.measure(900); a.measure(500); a.anchor(500); a.check(3) }, nil, bad, bad, "excursion", true},
		"an excursion that is not all": {func(a *anchoring) { a.anchor(500); a.measure(900) }, nil, bad, bad, "excursion", true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			a := newAnchoring(t)
			test.before(a)
			if v := a.view(); v.Condition != test.preview || v.Verdict.Rules[0].Anchored != test.on {
				t.Errorf("a reader sees %s %v, judged so: %t", v.Condition, v.Reasons, v.Verdict.Rules[0].Anchored)
			}
			own := a.own()
			if test.own != nil {
				own = test.own(own)
			}
			number := a.offer("producer", "carrier")
			if test.want != ok {
				r := a.request(number, own)
				r.Reservation = ""
				scenario.Refused(a.Consortium, a.operator("carrier"), custody.Accept, r, waymark.FailedPrecondition, test.reason)
			}
			h := scenario.Must(a.Consortium, a.operator("carrier"), custody.Accept, a.request(number, own))
			if h.Condition != test.want || (test.reason != "") != slices.Contains(h.Reasons, test.reason) || h.Verdict.Rules[0].Anchored != test.on {
				t.Errorf("accepted as %s %v, judged so: %t", h.Condition, h.Reasons, h.Verdict.Rules[0].Anchored)
			}
			if (h.Verdict.Witnesses[0].Anchored != nil) != test.on {
				t.Errorf("witness %+v", h.Verdict.Witnesses[0])
			}
		})
	}
}

// TestACheckBetween: an acceptance that was made before it is made again, and passes as nothing else.
func TestACheckBetween(t *testing.T) {
	a := newAnchoring(t)
	a.anchor(500)
	a.check(1)
	number, own := a.offer("producer", "carrier"), a.own()
	a.check(1)
	scenario.Refused(a.Consortium, a.operator("carrier"), custody.Accept, a.request(number, own), waymark.Conflict, waymark.ReasonMoved)
	own[0].Device = "logger-9" // one that is no witness says nothing
	scenario.Refused(a.Consortium, a.operator("carrier"), custody.Accept, a.request(number, own), waymark.Conflict, waymark.ReasonMoved)
	if h := scenario.Must(a.Consortium, a.operator("carrier"), custody.Accept, a.request(number, append(own, a.own()...))); h.Condition != waymark.ConditionConformant {
		t.Errorf("%s %v", h.Condition, h.Reasons)
	}
}

// TestWhatADeviceAnchoredThatHasLeft is as it was when it left: checked by the same blocks for every later acceptor, or
// missing for good.
func TestWhatADeviceAnchoredThatHasLeft(t *testing.T) {
	for name, whole := range map[string]bool{"checked": true, "not checked": false} {
		t.Run(name, func(t *testing.T) {
			a := newAnchoring(t)
			a.spare = a.Device("logger-2", "carrier")
			a.anchor(500)
			a.check(1)
			if whole {
				a.check(1)
			}
			frozen := a.own()
			scenario.Must(a.Consortium, a.operator("carrier"), custody.Accept, a.request(a.offer("producer", "carrier"), frozen))
			scenario.Must(a.Consortium, a.operator("carrier"), custody.Attach, attachRequest("s1", "logger-2"))
			scenario.Must(a.Consortium, a.operator("producer"), custody.Detach, detach)
			if !whole {
				a.check(1) // too late
			}
			a.anchor(500) // what it does elsewhere
			a.check(1)
			a.Record(a.spare.Pack(500))
			now := a.own()
			number := a.offer("carrier", "retailer")
			scenario.Refused(a.Consortium, a.operator("retailer"), custody.Accept, a.request(number, now), waymark.Conflict, waymark.ReasonMoved)
			without := a.request(number, nil)
			without.Reservation = ""
			scenario.Refused(a.Consortium, a.operator("retailer"), custody.Accept, without, waymark.FailedPrecondition, waymark.ReasonUnchecked)
			want := waymark.ConditionUnknown
			if whole {
				want = waymark.ConditionConformant
			}
			if h := scenario.Must(a.Consortium, a.operator("retailer"), custody.Accept, a.request(number, frozen)); h.Condition != want {
				t.Errorf("%s %v", h.Condition, h.Reasons)
			}
			if a.view().Attachments[0].Heard.Anchored.Agreed {
				t.Error("what was frozen has changed")
			}
		})
	}
}

// TestAnchoredIsNoBetterThanInFull: whatever is anchored of some messages, where the same messages in full break the
// condition it is broken, and where all is checked the verdict is the same.
func TestAnchoredIsNoBetterThanInFull(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a := newAnchoring(t)
		full := a.World.Clone()
		for range rapid.IntRange(1, 8).Draw(rt, "steps") {
			var texts []string
			for range rapid.IntRange(1, 4).Draw(rt, "messages") {
				texts = append(texts, a.logger.Pack(rapid.SliceOfN(rapid.OneOf(rapid.Int64Range(200, 800), rapid.Int64Range(150, 850)), 1, 3).Draw(rt, "values")...))
			}
			a.Now = a.Now.Add(time.Minute)
			if rapid.Bool().Draw(rt, "in full") || a.record(texts...).Outcome != waymark.Recorded {
				a.Record(texts...)
			}
			a.World, full = full, a.World
			a.Record(texts...)
			a.World, full = full, a.World
		}
		checked := rapid.IntRange(1, len(a.waiting)).Draw(rt, "checked")
		whole := checked == len(a.waiting)
		a.check(checked)
		got := scenario.Must(a.Consortium, a.operator("carrier"), custody.Accept, a.request(a.offer("producer", "carrier"), a.own()))
		a.World = full
		want := scenario.Must(a.Consortium, a.operator("carrier"), custody.Accept, a.request(a.offer("producer", "carrier"), nil))
		broken := want.Condition == waymark.ConditionNonConformant
		switch {
		case broken != (got.Condition == waymark.ConditionNonConformant), whole && got.Condition != want.Condition, !whole && got.Condition.Clean():
			rt.Fatalf("%s %v, in full %s %v, all checked: %t", got.Condition, got.Reasons, want.Condition, want.Reasons, whole)
		}
	})
}
