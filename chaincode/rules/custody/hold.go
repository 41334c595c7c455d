package custody

import (
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	"github.com/waymark-ledger/waymark/chaincode/rules/hold"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/shipment"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Hold sets a hold on a shipment. One of the kind that stands already is left as it is:
// the same again by the same member changes nothing, and any other is refused. A member whose
// hold another one lifted sets none of the kind before the goods have moved on: it would keep them where they are for ever.
func Hold(l ledger.Ledger, r waymark.HoldRequest) (*waymark.Hold, error) {
	now, last, err := held(l, r.Shipment, r.Kind)
	if err != nil {
		return nil, err
	}
	if err := access.Authorize(l.Tx(), waymark.ActSetHold, holdResource(now, r.Kind, last)); err != nil {
		return nil, err
	}
	if last != nil && last.Lifted == nil {
		if last.Reason == r.Reason && last.Set.Member == l.Tx().Caller.Member {
			return last, nil
		}
		return nil, waymark.Errorf(waymark.FailedPrecondition, "shipment %s is on hold already: %s, by %s",
			r.Shipment, r.Kind, last.Set.Member).Because(r.Kind.Reason())
	}
	if err := shipment.OnItsWay(now.Custody); err != nil {
		return nil, err
	}
	leg := now.Custody.Leg
	overruled := last.OverruledOn(leg)
	if slices.Contains(overruled, l.Tx().Caller.Member) {
		return nil, waymark.Errorf(waymark.FailedPrecondition, "a hold %s by %s was lifted on this leg: it sets no other before shipment %s has moved on",
			r.Kind, l.Tx().Caller.Member, r.Shipment).Because(waymark.ReasonOverruled)
	}
	h, err := hold.Set(l, waymark.Hold{Shipment: r.Shipment, Kind: r.Kind, Reason: r.Reason, Leg: leg, Overruled: overruled, Recalled: now.Holds.Recalled()}, last)
	if err != nil {
		return nil, err
	}
	return h, l.Emit(waymark.EventHoldSet, waymark.HoldEvent{Shipment: r.Shipment, Kind: r.Kind, Recalled: h.Recalled})
}

// LiftHold ends a hold that stands. The same request again changes nothing.
func LiftHold(l ledger.Ledger, r waymark.HoldRequest) (*waymark.Hold, error) {
	now, last, err := held(l, r.Shipment, r.Kind)
	if err != nil {
		return nil, err
	}
	if err := access.Authorize(l.Tx(), waymark.ActLiftHold, holdResource(now, r.Kind, last)); err != nil {
		return nil, err
	}
	switch {
	case last == nil:
		return nil, waymark.Errorf(waymark.NotFound, "there is no hold %s of shipment %s", r.Kind, r.Shipment)
	case last.Lifted == nil:
	case last.Why == r.Reason:
		return last, nil
	default:
		return nil, waymark.Errorf(waymark.FailedPrecondition, "the hold %s of shipment %s is lifted already", r.Kind, r.Shipment).Because(r.Kind.Reason())
	}
	if last.Set.Member != l.Tx().Caller.Member {
		last.Overruled = append(last.Overruled, last.Set.Member)
		slices.Sort(last.Overruled)
	}
	last.Recalled = now.Holds.Recalled()
	if err := hold.Lift(l, last, r.Reason); err != nil {
		return nil, err
	}
	return last, l.Emit(waymark.EventHoldLifted, waymark.HoldEvent{Shipment: r.Shipment, Kind: r.Kind, Recalled: last.Recalled})
}

// held returns a shipment and its last hold of a kind, nil if there was none.
func held(r ledger.Reader, id string, kind waymark.HoldKind) (*shipment.State, *waymark.Hold, error) {
	now, err := shipment.Load(r, id)
	if err != nil {
		return nil, nil, err
	}
	last, err := hold.Last(r, id, kind)
	return now, last, err
}

// HoldResource is a hold as the policies see it now, whether it stands or would.
func HoldResource(r ledger.Reader, id string, kind waymark.HoldKind) (access.Entity, error) {
	now, last, err := held(r, id, kind)
	if err != nil {
		return access.Entity{}, err
	}
	return holdResource(now, kind, last), nil
}

func holdResource(now *shipment.State, kind waymark.HoldKind, last *waymark.Hold) access.Entity {
	setBy := ""
	if last != nil {
		setBy = last.Set.Member
	}
	return access.Hold(now.Shipment, now.Present(), kind, setBy)
}
