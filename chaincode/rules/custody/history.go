package custody

import (
	"fmt"
	"slices"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/shipment"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// History returns what happened to a shipment, oldest first, to who may read it.
func History(l ledger.Ledger, q waymark.ShipmentQuery) (*waymark.History, error) {
	now, decision, err := read(l, q)
	if err != nil {
		return nil, err
	}
	f, d, err := findingsFor(l, now, decision)
	if err != nil {
		return nil, err
	}
	d.excursions(f.excursions)
	s := now.Shipment
	t := timeline{start: s.Created.Time}
	t.add(t.start, waymark.EventShipmentCreated, fmt.Sprintf("%d lines of goods from %s to %s", len(s.Goods), s.Consignor, s.Consignee), s.Created)
	for _, a := range f.attachments {
		at := t.add(t.start, waymark.EventDeviceAttached, a.Device, a.Attached)
		if a.Detached != nil && a.Detached.TxID != now.Custody.Changed.TxID { // and not with the end of the journey
			t.add(at, waymark.EventDeviceDetached, a.Device, *a.Detached)
		}
	}
	for _, e := range f.excursions {
		t.addExcursion(e)
	}
	for _, part := range []func(ledger.Ledger, *shipment.State) error{t.addReady, t.addHandoffs, t.addTitle, t.addHolds} {
		if err := part(l, now); err != nil {
			return nil, err
		}
	}
	if c := now.Custody; c.State == waymark.ShipmentVoid {
		t.add(t.start, waymark.EventShipmentVoided, c.Reason, c.Changed)
	}
	return &waymark.History{Shipment: s.ID, Entries: t.sorted(), Obligations: decision.Obligations}, nil
}

// timeline collects entries. Members' clocks may differ by minutes, so times alone do not
// tell the order: nothing comes before the creation, and no change before the one of the
// same thing that it followed.
type timeline struct {
	start   time.Time
	moments []moment
}

// moment is an entry with its place in time.
type moment struct {
	at    time.Time
	entry waymark.HistoryEntry
}

// add puts an entry at its time, or where that is before after there, and returns it.
func (t *timeline) add(after time.Time, what, detail string, stamp waymark.Stamp) time.Time {
	at := stamp.Time
	if at.Before(after) {
		at = after
	}
	t.moments = append(t.moments, moment{at, waymark.HistoryEntry{What: what, Detail: detail, Stamp: stamp}})
	return at
}

// addExcursion tells an excursion, and that it was released.
func (t *timeline) addExcursion(e waymark.Excursion) {
	at := t.add(t.start, waymark.ExcursionRecorded, describe(e), e.Recorded)
	if e.Released != nil {
		t.add(at, waymark.EventExcursionReleased, e.Device+": "+e.Released.Disposition, e.Released.By)
	}
}

// maxVersions bounds how often one record of a shipment is shown to have changed. A
// handoff is offered and ends once; custody changes at most twice with each.
const maxVersions = 3 * MaxHandoffs

// addReady tells when a draft became ready.
func (t *timeline) addReady(l ledger.Ledger, now *shipment.State) error {
	versions, err := ledger.Versions[waymark.Custody](l, ledger.CustodyKey(now.Shipment.ID), maxVersions)
	was := waymark.ShipmentState("")
	for _, c := range versions {
		if was == waymark.ShipmentDraft && c.State == waymark.ShipmentReady && c.Changed != now.Shipment.Created {
			t.add(t.start, waymark.EventShipmentReady, "", c.Changed)
		}
		was = c.State
	}
	return err
}

// addHandoffs tells the offers and what became of them.
func (t *timeline) addHandoffs(l ledger.Ledger, now *shipment.State) error {
	discrepancies, err := Discrepancies(l, now.Shipment.ID)
	if err != nil {
		return err
	}
	at := t.start
	for _, h := range now.Handoffs {
		versions, err := ledger.Versions[waymark.Handoff](l, ledger.HandoffKey(h.Shipment, h.Number), maxVersions)
		if err != nil {
			return err
		}
		for _, was := range versions {
			at = t.add(at, "handoff."+string(was.State), describeHandoff(was), was.Changed)
		}
		for _, d := range discrepancies {
			if d.Handoff == h.Number {
				t.addDiscrepancy(at, d)
			}
		}
	}
	return nil
}

// addTitle tells the offers of title and what became of them.
func (t *timeline) addTitle(l ledger.Ledger, now *shipment.State) error {
	at := t.start
	for n := range now.Title.Offers {
		versions, err := ledger.Versions[waymark.TitleOffer](l, ledger.TitleOfferKey(now.Shipment.ID, n+1), maxVersions)
		if err != nil {
			return err
		}
		for _, o := range versions {
			text := fmt.Sprintf("%d, %s to %s", o.Number, o.From, o.To)
			if o.Reason != "" {
				text += ": " + o.Reason
			}
			at = t.add(at, "title."+string(o.State), text, o.Changed)
		}
	}
	return nil
}

// addHolds tells the holds that were set and lifted.
func (t *timeline) addHolds(l ledger.Ledger, now *shipment.State) error {
	for _, kind := range waymark.HoldKinds() {
		versions, err := ledger.Versions[waymark.Hold](l, ledger.HoldKey(now.Shipment.ID, string(kind)), maxVersions)
		if err != nil {
			return err
		}
		at := t.start
		for _, h := range versions {
			if h.Lifted == nil {
				at = t.add(at, waymark.EventHoldSet, string(kind)+": "+h.Reason, h.Set)
			} else {
				at = t.add(at, waymark.EventHoldLifted, string(kind)+": "+h.Why, *h.Lifted)
			}
		}
	}
	return nil
}

// addDiscrepancy tells what an acceptance opened, and whether that was waived. It comes
// after the handoff.
func (t *timeline) addDiscrepancy(after time.Time, d waymark.Discrepancy) {
	at := t.add(after, waymark.DiscrepancyOpened, fmt.Sprintf("handoff %d: claims of %s until %s", d.Handoff, d.By, d.ClaimUntil.Format(time.RFC3339)), d.Opened)
	if d.Waived != nil {
		t.add(at, waymark.EventClaimWaived, fmt.Sprintf("handoff %d: %s", d.Handoff, d.Waived.Reason), d.Waived.By)
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
	text := fmt.Sprintf("%s: %d readings of %s outside", e.Device, e.Readings, e.Name)
	if e.Min == "" { // the reader may not have it
		return text
	}
	return text + fmt.Sprintf(", %s to %s %s", e.Min, e.Max, e.Unit)
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
