package goods

import (
	"github.com/waymark-ledger/waymark/chaincode/rules/hold"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/shipment"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// MaxDepth bounds how many containers can be one in another.
const MaxDepth = 8

// voyage is what a shipment is to the goods in it.
type voyage struct {
	ended                  bool
	disputed               bool // ended, and held by a dispute
	custodian, titleHolder string
	parties                []string // nil before they are asked for
}

// where is where a thing really is, by walking up from its record.
type where struct {
	// place is the last that the walk came to: a stock, a live shipment, or the end of the thing.
	place               waymark.Place
	containers          []waymark.Goods // that it is in, innermost first
	holder, titleHolder string          // empty of what is no more
	disputed            string          // the shipment, ended, in which it is held by a dispute
}

// free reports whether a thing is in nothing, there, and not held by a dispute.
func (w where) free() bool {
	return w.place.Kind() == waymark.PlaceStock && len(w.containers) == 0 && w.disputed == ""
}

// walk follows a place up to where it really is.
func (b *book) walk(at waymark.Place) (where, error) {
	var w where
	for at.Kind() == waymark.PlaceContainer {
		if len(w.containers) == MaxDepth {
			return w, waymark.Errorf(waymark.Internal, "containers nest too deep at %s", at)
		}
		w.containers = append(w.containers, at.Container())
		t, err := b.thing(at.Container())
		if err != nil {
			return w, err
		}
		at = t.Place
	}
	return w, b.land(&w, at)
}

// land completes a walk that came to what is no container.
func (b *book) land(w *where, at waymark.Place) error {
	w.place = at
	switch at.Kind() {
	case waymark.PlaceStock:
		w.holder, w.titleHolder = at.Members()
	case waymark.PlaceShipment:
		v, err := b.voyage(at.ID())
		if err != nil {
			return err
		}
		w.holder, w.titleHolder = v.custodian, v.titleHolder
		if v.ended {
			w.place = waymark.Stock(w.holder, w.titleHolder)
		}
		if v.disputed {
			w.disputed = at.ID()
		}
	case waymark.PlaceUsed, waymark.PlaceDecommissioned, waymark.PlaceContainer: // nobody has it
	}
	return nil
}

// Held says who has what is at a place, and in which shipment that is, if it is in one that has not ended. Both are
// empty of what is no more.
func Held(r ledger.Reader, at waymark.Place) (holder, shipment string, err error) {
	w, err := look(r).walk(at)
	if w.place.Kind() == waymark.PlaceShipment {
		shipment = w.place.ID()
	}
	return w.holder, shipment, err
}

// locate is walk for a thing that must be known.
func (b *book) locate(g waymark.Goods) (*waymark.Thing, where, error) {
	t, err := b.thing(g)
	if err != nil {
		return nil, where{}, err
	}
	w, err := b.walk(t.Place)
	return t, w, err
}

// voyage reads a shipment as it is to its goods: its custodian has them, and they belong to
// its title holder.
func (b *book) voyage(id string) (*voyage, error) {
	if v := b.voyages[id]; v != nil {
		return v, nil
	}
	c, t, err := shipment.Whose(b.r, id)
	if err != nil {
		return nil, err
	}
	v := &voyage{ended: c.State.Ended(), custodian: c.Custodian, titleHolder: t.Holder}
	if v.disputed, err = b.disputed(id, v.ended); err != nil {
		return nil, err
	}
	b.voyages[id] = v
	return v, nil
}

// parties are whom a shipment concerns.
func (b *book) parties(id string) ([]string, error) {
	v, err := b.voyage(id)
	if err != nil || v.parties != nil {
		return v.parties, err
	}
	now, err := shipment.Load(b.r, id)
	if err != nil {
		return nil, err
	}
	v.parties = now.Present().Parties
	return v.parties, nil
}

// disputed reports whether a dispute holds the goods of a shipment that has ended: nothing
// becomes of them until it is over.
func (b *book) disputed(shipment string, ended bool) (bool, error) {
	if !ended {
		return false, nil
	}
	h, err := hold.Last(b.r, shipment, waymark.HoldDispute)
	return h != nil && h.Lifted == nil, err
}

// held says that a dispute holds a thing.
func held(p part) error {
	return waymark.Errorf(waymark.FailedPrecondition, "%s is of shipment %s, which is disputed", p.goods, p.where.disputed).Because(waymark.ReasonDispute)
}
