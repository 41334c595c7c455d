//go:build e2e

package e2e

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// P7: a condition that is anchored is judged by what is checked, as the acceptor's own blocks have it; and what breaks it comes in full.
func TestAnAnchoredConditionIsJudged(t *testing.T) {
	ctx := limit(t, 3*time.Minute)
	c := equip(ctx, t, 1)
	d := c.loggers[0]
	anchors(ctx, t, d)
	c.start(ctx, t, waymark.Condition{ID: "cold", Name: "temperature", Unit: "Cel", Minimum: "2", Maximum: "8", Anchored: true})
	record(ctx, t, c.message(t, 0, 1, 500), c.message(t, 0, 2, 510))
	viewer := as(t, "producer", waymark.Viewer)
	if w, err := viewer.Window(ctx, waymark.WindowQuery{Device: d.ID(), Sequence: 2}); err != nil || w.Body == "" || w.Last != 3 || w.Shipment != c.id {
		t.Fatalf("window %+v, %v", w, err)
	}
	c.expect(ctx, t, waymark.ConditionUnknown, "unchecked")
	h := offer(ctx, t, c.id, "producer", "carrier")
	checked := c.checked(ctx, t)

	carrier, accept := operator(t, "carrier"), answer(c.id, h.Number, "accept")
	other := map[string]any{"checked": []waymark.OwnChecked{{Device: d.ID(), Checked: checked, Digest: strings.Repeat("0f", 32)}}}
	refused(ctx, t, carrier, accept, other, waymark.FailedPrecondition, "unchecked")
	before := map[string]any{"checked": []waymark.OwnChecked{{Device: d.ID()}}}
	refused(ctx, t, carrier, accept, before, waymark.Conflict, "moved")
	taken, _ := post[waymark.Handoff](ctx, t, carrier, accept, map[string]any{})
	if f := taken.Verdict.Witnesses[0].Anchored; taken.Condition != waymark.ConditionConformant || !taken.Verdict.Rules[0].Anchored || f == nil || !f.Agreed || f.Checked != checked {
		t.Errorf("accepted as %s %v, %+v", taken.Condition, taken.Reasons, f)
	}

	record(ctx, t, c.message(t, 0, 10, 900), c.message(t, 0, 11, 500))
	if w, err := viewer.Window(ctx, waymark.WindowQuery{Device: d.ID(), Sequence: 4}); err != nil || w.Body != "" {
		t.Errorf("window of what is out of range %+v, %v", w, err)
	}
	c.expect(ctx, t, waymark.ConditionNonConformant, "excursion")
	last := offer(ctx, t, c.id, "carrier", "retailer")
	refused(ctx, t, operator(t, "retailer"), answer(c.id, last.Number, "accept"), map[string]any{}, waymark.FailedPrecondition, "excursion")
	c.recount(ctx, t, 1)
}

// checked waits until all that the first logger anchored is checked, and returns up to which message.
func (c *course) checked(ctx context.Context, t *testing.T) uint64 {
	t.Helper()
	for {
		at, err := as(t, "producer", waymark.Viewer).Stream(ctx, waymark.DeviceQuery{Device: c.loggers[0].ID()})
		switch {
		case err != nil:
			t.Fatal(err)
		case at.Anchored != nil && len(at.Anchored.Unchecked) == 0:
			return at.Anchored.Checked
		}
		time.Sleep(200 * time.Millisecond)
	}
}
