package custody

import (
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/rules/shipment"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// MaxHandoffs bounds the offers of one shipment.
const MaxHandoffs = shipment.MaxHandoffs

// MaxOffer bounds how far ahead an offer may expire.
const MaxOffer = 90 * 24 * time.Hour

// guard counts the handoffs of a shipment and says whether one is open, so that
// two offers at once conflict.
type guard struct {
	Last uint64 `json:"last"`
	Open bool   `json:"open"`
	// Before is where the shipment was before the open offer.
	Before waymark.ShipmentState `json:"before,omitempty"`
}

// Offer offers custody to another member. One offer at a time can be open; the
// same offer again changes nothing while it is.
func Offer(l ledger.Ledger, r waymark.OfferHandoffRequest) (*waymark.Handoff, error) {
	now, err := shipment.Load(l, r.Shipment)
	if err != nil {
		return nil, err
	}
	tx, s, c := l.Tx(), &now.Shipment, &now.Custody
	if err := access.Authorize(tx, waymark.ActOfferHandoff, now.Resource()); err != nil {
		return nil, err
	}
	g, last, err := latest(l, s.ID)
	if err != nil {
		return nil, err
	}
	if g.Open && isSame(last, r) {
		return last, nil
	}
	if err := now.MovesTo(r.To); err != nil {
		return nil, err
	}
	if err := shipment.NotRefunded(l, s, r.To); err != nil {
		return nil, err
	}
	if err := checkOffer(l, c, r); err != nil {
		return nil, err
	}
	if err := makeWay(l, g, last, mostOffers(s, r.To)); err != nil {
		return nil, err
	}
	return makeOffer(l, now, &waymark.Handoff{
		Shipment: s.ID, Number: g.Last + 1, From: c.Custodian, To: r.To, ExpiresAt: expiry(r),
		State: waymark.HandoffOffered, Condition: waymark.ConditionUnknown, Reasons: []string{}, Offered: tx.Stamp(), Changed: tx.Stamp(),
		Nonce: nonceOf(tx, s.ID, g.Last+1), Recalled: now.Holds.Recalled(),
	}, before(c, g))
}

// makeOffer writes an offer. A shipment that is offered to the consignee is delivered;
// before is where it goes back to if nothing comes of it.
func makeOffer(l ledger.Ledger, now *shipment.State, h *waymark.Handoff, before waymark.ShipmentState) (*waymark.Handoff, error) {
	s := &now.Shipment
	if err := ledger.Save(l, ledger.GuardKey(s.ID), &guard{Last: h.Number, Open: true, Before: before}); err != nil {
		return nil, err
	}
	state := before
	if h.To == s.Consignee {
		state = waymark.ShipmentDelivered
	}
	if err := enter(l, now, state); err != nil {
		return nil, err
	}
	if err := l.Protect(ledger.CustodyKey(s.ID), shipment.Between(*s, h.From, h.To)); err != nil {
		return nil, err
	}
	return saveHandoff(l, h, waymark.EventHandoffOffered)
}

func checkOffer(l ledger.Ledger, c *waymark.Custody, r waymark.OfferHandoffRequest) error {
	now := l.Tx().Time
	switch {
	case r.To == c.Custodian:
		return waymark.InvalidField("/to", "must be another member than the custodian")
	case !r.ExpiresAt.After(now) || r.ExpiresAt.After(now.Add(MaxOffer)):
		return waymark.InvalidField("/expires_at", "must be after now and at most %d days ahead", MaxOffer/(24*time.Hour))
	}
	_, err := registry.RequireMember(l, r.To)
	return err
}

// expiry is the end of an offer as the ledger keeps it.
func expiry(r waymark.OfferHandoffRequest) time.Time {
	return r.ExpiresAt.UTC().Truncate(time.Millisecond)
}

// guardOf reads the guard of a shipment. It says of no shipment whose it is, and nothing of it
// but the number of a handoff becomes part of a key.
func guardOf(r ledger.Reader, id string) (*guard, error) {
	return ledger.Require[guard](r, ledger.GuardKey(id), "guard of "+id)
}

// latest returns the guard of a shipment and its last handoff, nil before the first.
func latest(r ledger.Reader, id string) (*guard, *waymark.Handoff, error) {
	g, err := guardOf(r, id)
	if err != nil || g.Last == 0 {
		return g, nil, err
	}
	last, err := shipment.Handoff(r, id, g.Last)
	return g, last, err
}

// isSame reports whether an open handoff came of the same request.
func isSame(open *waymark.Handoff, r waymark.OfferHandoffRequest) bool {
	return open.To == r.To && open.ExpiresAt.Equal(expiry(r))
}

// mostOffers is how many offers there can have been before one to a member. The journey ends
// with the consignee and the consignor: to them goods can be offered when to others no more.
func mostOffers(s *waymark.Shipment, to string) uint64 {
	if to == s.Consignee || to == s.Consignor {
		return shipment.MaxHandoffs
	}
	return shipment.MaxHandoffsOn
}

// makeWay checks that another offer may be made after fewer than most, and closes one that has
// expired: the next one takes its place.
func makeWay(l ledger.Ledger, g *guard, last *waymark.Handoff, most uint64) error {
	if err := noneOpen(l, g, last); err != nil {
		return err
	}
	if g.Last >= most {
		return waymark.Errorf(waymark.FailedPrecondition, "the shipment has had %d offers", g.Last).Because(waymark.ReasonLimit)
	}
	return expire(l, g, last)
}

// noneOpen checks that no offer waits for an answer. One past its time does not.
func noneOpen(l ledger.Ledger, g *guard, last *waymark.Handoff) error {
	if g.Open && !l.Tx().Time.After(last.ExpiresAt) {
		return waymark.Errorf(waymark.FailedPrecondition,
			"handoff %d of shipment %s is open: it must be answered, cancelled or expire first", last.Number, last.Shipment).Because(waymark.ReasonHandoffOpen)
	}
	return nil
}

// expire closes an offer that is past its time, if there is one.
func expire(l ledger.Ledger, g *guard, last *waymark.Handoff) error {
	if !g.Open {
		return nil
	}
	last.State, last.Changed = waymark.HandoffExpired, l.Tx().Stamp()
	return ledger.Save(l, ledger.HandoffKey(last.Shipment, last.Number), last)
}

func saveHandoff(l ledger.Ledger, h *waymark.Handoff, event string) (*waymark.Handoff, error) {
	return saveWith(l, h, event, nil)
}

// saveWith is saveHandoff of one that opened a discrepancy, if any.
func saveWith(l ledger.Ledger, h *waymark.Handoff, event string, opened *waymark.DiscrepancyRef) (*waymark.Handoff, error) {
	if err := ledger.Save(l, ledger.HandoffKey(h.Shipment, h.Number), h); err != nil {
		return nil, err
	}
	return h, l.Emit(event, waymark.HandoffEvent{Shipment: h.Shipment, Number: h.Number, From: h.From, To: h.To, Recalled: h.Recalled, Discrepancy: opened})
}
