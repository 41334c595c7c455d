package custody

import (
	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	"github.com/waymark-ledger/waymark/chaincode/rules/condition"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/shipment"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// ReleaseExcursion writes a quality role's disposition into a closed excursion, or one of a
// device that does not witness any more. Nothing that was measured is changed. The same release again changes nothing.
func ReleaseExcursion(l ledger.Ledger, r waymark.ReleaseExcursionRequest) (*waymark.Excursion, error) {
	now, err := shipment.Load(l, r.Shipment)
	if err != nil {
		return nil, err
	}
	s := &now.Shipment
	if err := access.Authorize(l.Tx(), waymark.ActReleaseExcursion, access.Excursion(*s, now.Title.Holder)); err != nil {
		return nil, err
	}
	key, e, err := excursionOf(l, s, r)
	if err != nil {
		return nil, err
	}
	if e.Released != nil && e.Released.Disposition == r.Disposition {
		return e, nil
	}
	if err := mayRelease(&now.Custody, e); err != nil {
		return nil, err
	}
	e.Released = &waymark.Release{Disposition: r.Disposition, By: l.Tx().Stamp()}
	if err := ledger.Save(l, key, e); err != nil {
		return nil, err
	}
	return e, l.Emit(waymark.EventExcursionReleased, waymark.ExcursionEvent{Shipment: s.ID, Device: e.Device, Rule: e.Rule, First: e.First, Parties: condition.Parties(*s)})
}

// mayRelease checks that an excursion can be released: it is not, it is over, and the shipment
// is not, since what was accepted was accepted by what was known then.
func mayRelease(c *waymark.Custody, e *waymark.Excursion) error {
	switch {
	case e.Released != nil:
		return waymark.Errorf(waymark.AlreadyExists, "the excursion is released already, in other words")
	case c.State.Ended():
		return waymark.Errorf(waymark.FailedPrecondition, "shipment %s is %s", c.Shipment, c.State).Because(waymark.ReasonShipment)
	case e.State == waymark.ExcursionOpen:
		return waymark.Errorf(waymark.FailedPrecondition, "the excursion goes on").Because(waymark.ReasonExcursionOpen)
	}
	return nil
}

// excursionOf reads the excursion of a request, as it is now.
func excursionOf(l ledger.Reader, s *waymark.Shipment, r waymark.ReleaseExcursionRequest) (ledger.Key, *waymark.Excursion, error) {
	key, err := excursionKey(s, r)
	if err != nil {
		return key, nil, err
	}
	e, err := ledger.Require[waymark.Excursion](l, key, "such excursion of shipment "+s.ID)
	if err != nil {
		return key, nil, err
	}
	a, err := ledger.Load[waymark.Attachment](l, ledger.WitnessKey(s.ID, r.Device))
	if err != nil {
		return key, nil, err
	}
	e.Rule, e.First, e.State = r.Rule, r.First, condition.StateOf(*e, a != nil && a.Detached == nil)
	return key, e, nil
}

// excursionKey is where the excursion of a request would be, or NotFound for a rule that the
// shipment does not have.
func excursionKey(s *waymark.Shipment, r waymark.ReleaseExcursionRequest) (ledger.Key, error) {
	for n, c := range s.Conditions {
		if c.ID == r.Rule {
			return ledger.ExcursionKey(s.ID, r.Device, r.First, n), nil
		}
	}
	return ledger.Key{}, waymark.Errorf(waymark.NotFound, "shipment %s has no rule %s", s.ID, r.Rule)
}

// ExcursionsResource is the excursions of a shipment as the policies see them now.
func ExcursionsResource(r ledger.Reader, id string) (access.Entity, error) {
	now, err := shipment.Load(r, id)
	if err != nil {
		return access.Entity{}, err
	}
	return access.Excursion(now.Shipment, now.Title.Holder), nil
}
