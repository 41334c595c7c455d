package custody

import (
	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	"github.com/waymark-ledger/waymark/chaincode/rules/condition"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/shipment"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Ready makes a draft ready. A shipment that is ready, or beyond, stays as it is.
func Ready(l ledger.Ledger, r waymark.ReadyShipmentRequest) (*waymark.Custody, error) {
	now, err := shipment.Load(l, r.Shipment)
	if err != nil {
		return nil, err
	}
	if err := access.Authorize(l.Tx(), waymark.ActReadyShipment, now.Resource()); err != nil {
		return nil, err
	}
	c := &now.Custody
	switch c.State {
	case waymark.ShipmentDraft:
	case waymark.ShipmentVoid:
		return nil, shipment.OnItsWay(*c)
	default:
		return c, nil
	}
	stamp := l.Tx().Stamp()
	c.State, c.Changed, c.Recalled, now.Cargo.Ready = waymark.ShipmentReady, stamp, now.Holds.Recalled(), &stamp
	if err := ledger.Save(l, ledger.CargoKey(c.Shipment), &now.Cargo); err != nil {
		return nil, err
	}
	if err := ledger.Save(l, ledger.CustodyKey(c.Shipment), c); err != nil {
		return nil, err
	}
	return c, l.Emit(waymark.EventShipmentReady, waymark.ShipmentEvent{Shipment: c.Shipment, Recalled: c.Recalled})
}

// Void ends a shipment that has not left the consignor. The same request again changes
// nothing.
func Void(l ledger.Ledger, r waymark.VoidShipmentRequest) (*waymark.Custody, error) {
	now, err := shipment.Load(l, r.Shipment)
	if err != nil {
		return nil, err
	}
	if err := access.Authorize(l.Tx(), waymark.ActVoidShipment, now.Resource()); err != nil {
		return nil, err
	}
	c := &now.Custody
	if c.State == waymark.ShipmentVoid && c.Reason == r.Reason {
		return c, nil
	}
	g, last, err := voidable(l, now)
	if err != nil {
		return nil, err
	}
	_, witnesses, err := witnessesOf(l, c.Shipment)
	if err != nil {
		return nil, err
	}
	if err := expire(l, g, last); err != nil {
		return nil, err
	}
	c.State, c.Reason, c.Changed, c.Recalled = waymark.ShipmentVoid, r.Reason, l.Tx().Stamp(), now.Holds.Recalled()
	if err := voided(l, now, g, witnesses); err != nil {
		return nil, err
	}
	return c, l.Emit(waymark.EventShipmentVoided, waymark.ShipmentEvent{Shipment: c.Shipment, Recalled: c.Recalled})
}

// voidable checks that a shipment has not left the consignor, and is neither held nor offered,
// and returns its guard and last handoff.
func voidable(l ledger.Ledger, now *shipment.State) (*guard, *waymark.Handoff, error) {
	c := &now.Custody
	if c.Leg > 0 || c.State.Ended() {
		return nil, nil, waymark.Errorf(waymark.FailedPrecondition, "shipment %s is %s after %d handoffs", c.Shipment, c.State, c.Leg).Because(waymark.ReasonShipment)
	}
	if err := now.Holds.RefuseBack(); err != nil {
		return nil, nil, err
	}
	g, last, err := latest(l, c.Shipment)
	if err != nil {
		return nil, nil, err
	}
	return g, last, noneOpen(l, g, last)
}

// voided writes what the end of a shipment changes: nothing is offered, and its
// witnesses are free.
func voided(l ledger.Ledger, now *shipment.State, g *guard, witnesses []condition.Witness) error {
	if err := ledger.Save(l, ledger.GuardKey(now.Shipment.ID), &guard{Last: g.Last}); err != nil {
		return err
	}
	if err := ledger.Save(l, ledger.CustodyKey(now.Shipment.ID), &now.Custody); err != nil {
		return err
	}
	if err := l.Protect(ledger.CustodyKey(now.Shipment.ID), now.AtRest()); err != nil {
		return err
	}
	for _, w := range witnesses {
		if _, err := letGo(l, w); err != nil {
			return err
		}
	}
	return nil
}

// enter writes the state that a shipment goes to, if it is another.
func enter(l ledger.Ledger, now *shipment.State, state waymark.ShipmentState) error {
	c := &now.Custody
	if c.State == state {
		return nil
	}
	c.State, c.Changed, c.Recalled = state, l.Tx().Stamp(), now.Holds.Recalled()
	return ledger.Save(l, ledger.CustodyKey(c.Shipment), c)
}

// before is the state to which a shipment goes back when what is offered ends without
// an answer: a shipment is delivered only while it is offered to the consignee.
func before(c *waymark.Custody, g *guard) waymark.ShipmentState {
	if c.State == waymark.ShipmentDelivered {
		return g.Before
	}
	return c.State
}
