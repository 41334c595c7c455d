package custody

import (
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/condition"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/shipment"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// move writes the new custodian, what is in the shipment then, and who may endorse the next change of custody and of
// title. When the consignee has the goods, or the consignor has them back, the journey is
// over and the witnesses are free.
func move(l ledger.Ledger, now *shipment.State, h *waymark.Handoff, witnesses []condition.Witness) error {
	s, c := &now.Shipment, &now.Custody
	c.Custodian, c.Leg, c.Changed, c.State, c.Recalled = h.To, c.Leg+1, l.Tx().Stamp(), waymark.ShipmentInCustody, h.Recalled
	switch h.To {
	case s.Consignee:
		c.State = finalState(now.Handoffs, h)
	case s.Consignor:
		c.State = waymark.ShipmentReturned
	}
	if err := seen(l, witnesses, c.State.Ended()); err != nil {
		return err
	}
	if err := ledger.Save(l, ledger.CargoKey(s.ID), &now.Cargo); err != nil {
		return err
	}
	if err := ledger.Save(l, ledger.CustodyKey(s.ID), c); err != nil {
		return err
	}
	if err := l.Protect(ledger.CustodyKey(s.ID), now.AtRest()); err != nil {
		return err
	}
	if err := shipment.ProtectTitle(l, now); err != nil {
		return err
	}
	return ledger.Save(l, ledger.GuardKey(s.ID), &guard{Last: h.Number})
}

// finalState is accepted if no leg was taken with reservation.
func finalState(handoffs []waymark.Handoff, last *waymark.Handoff) waymark.ShipmentState {
	for _, h := range append(handoffs, *last) {
		if h.Discrepant() {
			return waymark.ShipmentDiscrepant
		}
	}
	return waymark.ShipmentAccepted
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
		a := &w.Attachment
		a.Seen, a.SeenAt = w.Stream.Last, startOfLeg(l, w.Stream)
		if end {
			if _, err := letGo(l, w); err != nil {
				return err
			}
			continue
		}
		if err := ledger.Save(l, ledger.WitnessKey(a.Shipment, a.Device), a); err != nil {
			return err
		}
	}
	return nil
}
