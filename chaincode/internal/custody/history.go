package custody

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/internal/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// History returns what happened to a shipment, oldest first, to who may read it.
func History(l ledger.Ledger, q waymark.ShipmentQuery) (*waymark.History, error) {
	s, _, handoffs, obligations, err := read(l, q)
	if err != nil {
		return nil, err
	}
	f, err := findings(l, s, handoffs)
	if err != nil {
		return nil, err
	}
	discrepancies, err := Discrepancies(l, s.ID)
	if err != nil {
		return nil, err
	}
	t := timeline{latest: s.Created.Time}
	t.add(waymark.EventShipmentCreated, fmt.Sprintf("%d lines of goods from %s to %s", len(s.Goods), s.Consignor, s.Consignee), s.Created)
	for _, a := range f.attachments {
		t.add(waymark.EventDeviceAttached, a.Device, a.Attached)
	}
	for _, e := range f.excursions {
		t.addExcursion(e)
	}
	for _, handoff := range handoffs {
		if err := t.addHandoff(l, handoff); err != nil {
			return nil, err
		}
		for _, d := range discrepancies {
			if d.Handoff == handoff.Number {
				t.addDiscrepancy(d)
			}
		}
	}
	return &waymark.History{Shipment: s.ID, Entries: t.sorted(), Obligations: obligations}, nil
}

// timeline collects entries. Members' clocks may differ by minutes, so times
// alone do not tell the order: nothing comes before the creation, and a change of
// a handoff never before the one that it followed.
type timeline struct {
	latest  time.Time // no change of a handoff can come before
	moments []moment
}

// moment is an entry with its place in time.
type moment struct {
	at    time.Time
	entry waymark.HistoryEntry
}

func (t *timeline) add(what, detail string, stamp waymark.Stamp) {
	at := stamp.Time
	if at.Before(t.latest) {
		at = t.latest
	}
	t.moments = append(t.moments, moment{at, waymark.HistoryEntry{What: what, Detail: detail, Stamp: stamp}})
}

// addExcursion tells an excursion, and that it was released.
func (t *timeline) addExcursion(e waymark.Excursion) {
	t.add(waymark.ExcursionRecorded, describe(e), e.Recorded)
	if e.Released != nil {
		t.add(waymark.EventExcursionReleased, e.Device+": "+e.Released.Disposition, e.Released.By)
	}
}

// maxHandoffVersions is more than a handoff can have: it is offered, and ends once.
const maxHandoffVersions = 10

// addHandoff tells the offer and what became of it.
func (t *timeline) addHandoff(l ledger.Ledger, h waymark.Handoff) error {
	versions, _, err := l.History(ledger.HandoffKey(h.Shipment, h.Number), maxHandoffVersions)
	if err != nil {
		return err
	}
	for _, v := range versions {
		var was waymark.Handoff
		if err := json.Unmarshal(v.Value, &was); err != nil {
			return fmt.Errorf("decode handoff: %w", err)
		}
		t.add("handoff."+string(was.State), describeHandoff(was), was.Changed)
		t.latest = t.moments[len(t.moments)-1].at
	}
	return nil
}

// addDiscrepancy tells what an acceptance opened, and whether that was waived. It comes
// after the handoff.
func (t *timeline) addDiscrepancy(d waymark.Discrepancy) {
	t.add(waymark.DiscrepancyOpened, fmt.Sprintf("handoff %d: claims of %s until %s", d.Handoff, d.By, d.ClaimUntil.Format(time.RFC3339)), d.Opened)
	if d.Waived != nil {
		t.add(waymark.EventClaimWaived, fmt.Sprintf("handoff %d: %s", d.Handoff, d.Waived.Reason), d.Waived.By)
	}
}

func (t *timeline) sorted() []waymark.HistoryEntry {
	slices.SortStableFunc(t.moments, func(a, b moment) int { return a.at.Compare(b.at) })
	entries := make([]waymark.HistoryEntry, 0, len(t.moments))
	for _, m := range t.moments {
		entries = append(entries, m.entry)
	}
	return entries
}

func describe(e waymark.Excursion) string {
	return fmt.Sprintf("%s: %d readings of %s outside, %s to %s %s", e.Device, e.Readings, e.Name, e.Min, e.Max, e.Unit)
}

func describeHandoff(h waymark.Handoff) string {
	text := fmt.Sprintf("%d, %s to %s", h.Number, h.From, h.To)
	if h.State == waymark.HandoffAccepted {
		text += ", conditions " + string(h.Condition)
	}
	if c := h.Counts; len(h.Exceptions) > 0 {
		text += fmt.Sprintf(", %d missing, %d replaced, %d damaged, %d of another lot, %d over", c.Missing, c.WrongItem, c.Damaged, c.WrongLot, c.Over)
	}
	switch {
	case h.Reservation != "":
		return text + ", with reservation: " + h.Reservation
	case h.Reason != "":
		return text + ": " + h.Reason
	}
	return text
}
