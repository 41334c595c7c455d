package shipment

import (
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	"github.com/waymark-ledger/waymark/chaincode/rules/hold"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// What bounds the offers of one shipment: of custody to members of the journey between, in
// all, and of title. The last handoffs are for the two at its ends, so that goods never strand.
const (
	MaxHandoffsOn  = 200
	MaxHandoffs    = 400
	MaxTitleOffers = 200
)

// State is a shipment with all that changes about it, as it is now.
type State struct {
	Shipment   waymark.Shipment
	Custody    waymark.Custody
	Cargo      waymark.Cargo
	Title      waymark.Title
	TitleOffer *waymark.TitleOffer // the last one; nil before the first
	Handoffs   []waymark.Handoff   // oldest first
	Holds      *hold.Standing
}

// Load reads the state of a shipment, or returns NotFound.
func Load(r ledger.Reader, id string) (*State, error) {
	s, c, err := InCustody(r, id)
	if err != nil {
		return nil, err
	}
	t, err := title(r, s)
	if err != nil {
		return nil, err
	}
	in, err := cargo(r, s)
	if err != nil {
		return nil, err
	}
	now := &State{Shipment: *s, Custody: *c, Cargo: *in, Title: *t}
	if t.Offers > 0 {
		if now.TitleOffer, err = TitleOffer(r, id, t.Offers); err != nil {
			return nil, err
		}
	}
	if now.Handoffs, err = Handoffs(r, id); err != nil {
		return nil, err
	}
	now.Holds, err = hold.Load(r, id, now.Lots())
	return now, err
}

// Lots are the lots in the goods that are still in the shipment.
func (s *State) Lots() []string {
	if s.Cargo.Lots == nil {
		return s.Shipment.Lots
	}
	gone := func(lot string) bool { return !slices.Contains(s.Cargo.Lots, lot) }
	return slices.DeleteFunc(slices.Clone(s.Shipment.Lots), gone)
}

// Keep notes that goods have been left behind, and which lots are in the others.
func (s *State) Keep(lots []string) {
	s.Cargo.Lots = lots
	s.Holds.Keep(lots)
}

// InCustody reads a shipment with its custody, or returns NotFound.
func InCustody(r ledger.Reader, id string) (*waymark.Shipment, *waymark.Custody, error) {
	s, err := Find(r, id)
	if err != nil {
		return nil, nil, err
	}
	if s == nil {
		return nil, nil, waymark.Errorf(waymark.NotFound, "there is no shipment %s", id)
	}
	c, err := Custody(r, id)
	return s, c, err
}

// Find returns what never changes about a shipment, or nil if there is none.
func Find(r ledger.Reader, id string) (*waymark.Shipment, error) {
	key := ledger.ShipmentKey(id)
	s, err := ledger.Load[stored](r, key)
	if err != nil || s == nil {
		return nil, err
	}
	return s.now(), ledger.CheckOwn(key, s.ID == id)
}

// Whose returns who has the goods of a shipment and whose they are, or NotFound.
func Whose(r ledger.Reader, id string) (*waymark.Custody, *waymark.Title, error) {
	s, c, err := InCustody(r, id)
	if err != nil {
		return nil, nil, err
	}
	t, err := title(r, s)
	return c, t, err
}

// MovesTo checks that goods of the shipment, or title to them, may be offered to a member
// and accepted by it: it is ready, its journey is not over, and nothing holds it.
func (s *State) MovesTo(member string) error {
	if err := OnItsWay(s.Custody); err != nil {
		return err
	}
	if member == s.Shipment.Consignor {
		return s.Holds.RefuseBack()
	}
	return s.Holds.Refuse(member)
}

// OnItsWay checks that a shipment is ready and its journey not over.
func OnItsWay(c waymark.Custody) error {
	if c.State == waymark.ShipmentDraft || c.State.Ended() {
		return waymark.Errorf(waymark.FailedPrecondition, "shipment %s is %s", c.Shipment, c.State).Because(waymark.ReasonShipment)
	}
	return nil
}

// Resource is the shipment as the policies see it.
func (s *State) Resource() access.Entity { return access.Shipment(s.Shipment, s.Present()) }

// Present is what changes about the shipment, as the policies see it.
func (s *State) Present() access.Present {
	return access.Present{Custodian: s.Custody.Custodian, TitleHolder: s.Title.Holder, Parties: s.parties(), Holds: s.Holds.Kinds()}
}

// parties are the members that a shipment concerns: its own, and whoever holds or is
// offered title to the goods.
func (s *State) parties() []string {
	ids := append(s.Shipment.Parties(s.Custody, s.Handoffs), s.Title.Holder)
	if o := s.TitleOffer; o != nil && (o.State == waymark.TitleOffered || o.State == waymark.TitleAccepted) {
		ids = append(ids, o.From, o.To)
	}
	return ids
}
