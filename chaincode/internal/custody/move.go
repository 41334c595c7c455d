package custody

import (
	"time"

	"github.com/waymark-ledger/waymark/chaincode/internal/condition"
	"github.com/waymark-ledger/waymark/chaincode/internal/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// move writes the new custodian and who may endorse the next change. When the
// consignee has the goods the journey is over and the witnesses are free.
func move(l ledger.Ledger, s *waymark.Shipment, c *waymark.Custody, h *waymark.Handoff, witnesses []condition.Witness) error {
	c.Custodian, c.Leg, c.Changed, c.State = h.To, c.Leg+1, l.Tx().Stamp(), waymark.ShipmentInCustody
	if h.To == s.Consignee {
		state, err := finalState(l, h)
		if err != nil {
			return err
		}
		c.State = state
	}
	if err := seen(l, witnesses, h.To == s.Consignee); err != nil {
		return err
	}
	if err := ledger.Save(l, ledger.CustodyKey(s.ID), c); err != nil {
		return err
	}
	if err := l.Protect(ledger.CustodyKey(s.ID), atRest(*s, *c)); err != nil {
		return err
	}
	return ledger.Save(l, ledger.GuardKey(s.ID), &guard{Last: h.Number})
}

// finalState is accepted if no leg was taken with reservation.
func finalState(l ledger.Ledger, last *waymark.Handoff) (waymark.ShipmentState, error) {
	handoffs, err := ledger.List[waymark.Handoff](l, ledger.Handoffs(last.Shipment), MaxHandoffs)
	if err != nil {
		return "", err
	}
	for _, h := range append(handoffs, *last) {
		if h.Reserved() {
			return waymark.ShipmentDisputed, nil
		}
	}
	return waymark.ShipmentAccepted, nil
}

// startOfLeg is the time from which a witness's readings count for the leg that
// begins: after all that it has measured, even if its clock is fast, so that no
// reading of before can count.
func startOfLeg(l ledger.Ledger, at waymark.Stream) time.Time {
	start := l.Tx().Time
	for _, m := range at.Measured {
		if m.Latest.After(start) {
			start = m.Latest.Add(time.Millisecond)
		}
	}
	return start
}

// seen notes how far each witness had reported, so that the next leg needs data of
// its own, and at the end of the journey releases them. Only the reverse edge is
// written on the way: telemetry does not read it, so the two do not conflict.
func seen(l ledger.Ledger, witnesses []condition.Witness, end bool) error {
	for _, w := range witnesses {
		a := w.Attachment
		a.Seen, a.SeenAt = w.Stream.Last, startOfLeg(l, w.Stream)
		if err := ledger.Save(l, ledger.WitnessKey(a.Shipment, a.Device), &a); err != nil {
			return err
		}
		if !end {
			continue
		}
		if err := l.Delete(ledger.AttachmentKey(a.Device)); err != nil {
			return err
		}
	}
	return nil
}
