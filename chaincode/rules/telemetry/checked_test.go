package telemetry_test

import (
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/rules/telemetry"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// anchorTogether records runs of two messages each, with a message in full between them, in one transaction.
func anchorTogether(c *scenario.Consortium, d *scenario.Device, runs int) []windowed {
	c.T.Helper()
	var all []windowed
	var entries []string
	for i := range runs {
		if i > 0 {
			entries = append(entries, d.Pack(400))
		}
		w := windowed{texts: packs(d, 2)}
		var err error
		if w.run, err = scenario.Run(w.texts...); err != nil {
			c.T.Fatal(err)
		}
		all, entries = append(all, w), append(entries, w.run.Text())
	}
	for _, r := range anchors(c, entries...) {
		if r.Outcome != waymark.Recorded {
			c.T.Fatalf("%+v", r)
		}
		for i := range all {
			all[i].tx = r.TxID
		}
	}
	return all
}

// in is the window with what is picked if the block of its transaction has that number and hash.
func (w windowed) in(c *scenario.Consortium, block uint64, hash byte) waymark.CheckedWindow {
	c.T.Helper()
	shown, err := scenario.Shown(w.tx, block, []byte(strings.Repeat(string(rune(hash)), 32)), w.texts...)
	if err != nil {
		c.T.Fatal(err)
	}
	return shown
}

// TestATransactionIsInOneBlock: windows of one transaction are checked by one block, those of the next by one above, in one check
// or in two.
func TestATransactionIsInOneBlock(t *testing.T) {
	c := scenario.New(t)
	d := logger(c)
	w := anchorTogether(c, d, 3)
	next := anchorPacks(c, d, 2, nil)
	relay := c.As("producer", waymark.Relay)
	first, other := w[0].in(c, 7, 'a'), w[1].in(c, 7, 'a')
	refused := func(windows ...waymark.CheckedWindow) {
		t.Helper()
		scenario.Refused(c, relay, telemetry.Check, checkOf(d, windows...), waymark.Invalid, waymark.ReasonCheck)
	}
	refused(first, w[1].in(c, 7, 'b'))
	refused(first, w[1].in(c, 8, 'a'))
	scenario.Must(c, relay, telemetry.Check, checkOf(d, first, other))
	for _, third := range []waymark.CheckedWindow{w[2].in(c, 7, 'b'), w[2].in(c, 6, 'a'), w[2].in(c, 8, 'a')} {
		refused(third)
	}
	third := w[2].in(c, 7, 'a')
	refused(third, next.in(c, 7, 'a'))
	refused(third, next.in(c, 6, 'b'))
	scenario.Must(c, relay, telemetry.Check, checkOf(d, third))
	refused(next.in(c, 7, 'b'))
	s := scenario.Must(c, relay, telemetry.Check, checkOf(d, next.in(c, 8, 'b')))
	if a := s.Anchored; a.LastCheck == nil || a.LastCheck.TxID != next.tx || a.LastCheck.Block != 8 || a.LastCheck.Owner != "producer" {
		t.Errorf("anchored %+v, last check %+v", a, a.LastCheck)
	}
}

// TestTheLastCheckAloneIsARepetition: what was checked before it, what was forfeited, and the same windows by other blocks are
// refused.
func TestTheLastCheckAloneIsARepetition(t *testing.T) {
	c := scenario.New(t)
	d := logger(c)
	one, two, three := anchorPacks(c, d, 2, nil), anchorPacks(c, d, 2, nil), anchorPacks(c, d, 2, nil)
	relay := c.As("producer", waymark.Relay)
	first, second := one.in(c, 7, 'a'), two.in(c, 8, 'b')
	refused := func(windows ...waymark.CheckedWindow) {
		t.Helper()
		scenario.Refused(c, relay, telemetry.Check, checkOf(d, windows...), waymark.Invalid, waymark.ReasonCheck)
	}
	again := func(windows ...waymark.CheckedWindow) {
		t.Helper()
		if _, tx, err := scenario.Endorse(c, relay, telemetry.Check, checkOf(d, windows...)); err != nil || len(tx.Writes()) > 0 {
			t.Errorf("again: %v, writes %v", err, tx.Writes())
		}
	}
	scenario.Must(c, relay, telemetry.Check, checkOf(d, first))
	again(first)
	scenario.Must(c, relay, telemetry.Check, checkOf(d, second))
	again(second)
	refused(first)
	refused(first, second)
	refused(two.in(c, 8, 'c'))
	refused(two.in(c, 9, 'b'))
	scenario.Must(c, c.As("producer", waymark.Admin), telemetry.Forfeit, waymark.ForfeitTelemetryRequest{Device: d.ID, Last: three.run.Last(), Reason: "lost"})
	refused(three.in(c, 9, 'c'))
	refused(second, three.in(c, 9, 'c'))
	again(second)
}

// fault is the member of a check that is at fault, with the reasons.
func fault(c *scenario.Consortium, d *scenario.Device, windows ...waymark.CheckedWindow) string {
	_, _, err := scenario.Endorse(c, c.As("producer", waymark.Relay), telemetry.Check, checkOf(d, windows...))
	if err == nil {
		return "none"
	}
	e := waymark.AsError(err)
	return strings.Join(append([]string{string(e.Code), e.Field}, e.Reasons...), " ")
}

// TestWhatIsShownIsWhatTheDeviceSigned: the message that is recorded, under its own signature, and nothing that is private by now.
func TestWhatIsShownIsWhatTheDeviceSigned(t *testing.T) {
	c := scenario.New(t)
	d := logger(c)
	twin := *d
	w := anchorPacks(c, d, 2, nil)
	honest := w.shown(c, 2)
	showing := func(text string) waymark.CheckedWindow {
		changed := honest
		changed.Messages = append([]waymark.ShownMessage{}, honest.Messages...)
		changed.Messages[0].Message = text
		return changed
	}
	if got := fault(c, d, showing(twin.Pack(700))); got != "invalid /windows/0/messages/0/message check" {
		t.Errorf("another message of that number: %s", got)
	}
	signed, other := strings.Split(w.texts[0], "."), strings.Split(w.texts[1], ".")
	signed[2] = other[2]
	if got := fault(c, d, showing(strings.Join(signed, "."))); got != "unauthenticated  signature" {
		t.Errorf("under another signature: %s", got)
	}
	attributes := waymark.DeviceAttributes{Measures: []waymark.MeasuredClass{{Class: "bulk", Measurements: []string{"temperature"}, Visibility: waymark.VisibilityPrivate}}}
	scenario.Must(c, c.As("producer", waymark.Operator), registry.SetAttributes, waymark.SetAttributesRequest{Device: d.ID, Attributes: attributes, Reason: "secret"})
	if got := fault(c, d, honest); got != "invalid  exposes-private" {
		t.Errorf("private by now: %s", got)
	}
}

// TestARunThatGoesOnFromAnotherMessage: what the device signed before the first message of a run was not what is recorded.
func TestARunThatGoesOnFromAnotherMessage(t *testing.T) {
	for name, before := range map[string]func(*scenario.Consortium, *scenario.Device){
		"in full":  func(c *scenario.Consortium, d *scenario.Device) { anchors(c, d.Pack(400)) },
		"in a run": func(c *scenario.Consortium, d *scenario.Device) { anchorPacks(c, d, 3, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			c := scenario.New(t)
			d := logger(c)
			twin := *d
			before(c, d)
			recorded := d.Previous
			for twin.Next < d.Next {
				twin.Pack(410)
			}
			w := windowed{texts: packs(&twin, 2)}
			w.run = runOf(t, w.texts...)
			told := w.run
			told.Previous = recorded
			result := anchors(c, told.Text())[0]
			if w.tx = result.TxID; result.Outcome != waymark.Recorded {
				t.Fatalf("%+v", result)
			}
			if s := stream(t, c, d.ID); len(s.Anchored.Unchecked) > 1 {
				scenario.Must(c, c.As("producer", waymark.Admin), telemetry.Forfeit, waymark.ForfeitTelemetryRequest{Device: d.ID, Last: w.run.First - 1, Reason: "not shown here"})
			}
			if got := fault(c, d, w.shown(c, w.run.First)); got != "invalid /windows/0/messages/0/message check" {
				t.Errorf("got %s", got)
			}
		})
	}
}

// TestARunOfAnEdge: its window says which edge signed, and the edge has to be active.
func TestARunOfAnEdge(t *testing.T) {
	c := scenario.New(t)
	edge := c.Device("edge-1", "producer")
	d := c.Held("logger-1", edge)
	d.Anchors("temperature")
	anchors(c, d.Pack(400))
	w := anchorPacks(c, d, 2, nil)
	got := scenario.Must(c, c.As("producer", waymark.Viewer), telemetry.Window, waymark.WindowQuery{Device: d.ID, Sequence: w.run.First})
	if got.Edge != edge.ID || got.Body == "" {
		t.Errorf("window %+v", got)
	}
	scenario.Must(c, c.As("producer", waymark.Operator), registry.SuspendDevice, waymark.DeviceStateRequest{Device: edge.ID, Reason: "lost"})
	if got := outcomeOf(anchors(c, runOf(t, packs(d, 2)...).Text())[0]); got != "forbidden edge-not-active" {
		t.Errorf("of an edge that is suspended: %s", got)
	}
}
