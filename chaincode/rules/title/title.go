package title

import (
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/rules/shipment"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// MaxOffer bounds how far ahead an offer of title may expire.
const MaxOffer = 90 * 24 * time.Hour

// Offer offers title to another member. One offer at a time can be open; the same offer
// again changes nothing while it is.
func Offer(l ledger.Ledger, r waymark.OfferTitleRequest) (*waymark.TitleOffer, error) {
	tx := l.Tx()
	now, err := shipment.Load(l, r.Shipment)
	if err != nil {
		return nil, err
	}
	if err := access.Authorize(tx, waymark.ActOfferTitle, now.Resource()); err != nil {
		return nil, err
	}
	o := &waymark.TitleOffer{Shipment: r.Shipment, Number: now.Title.Offers + 1, From: now.Title.Holder, To: r.To, ExpiresAt: ledger.Milliseconds(r.ExpiresAt),
		State: waymark.TitleOffered, Offered: tx.Stamp(), Changed: tx.Stamp(), Recalled: now.Holds.Recalled()}
	last := now.TitleOffer
	if last != nil && last.State == waymark.TitleOffered && last.To == o.To && last.ExpiresAt.Equal(o.ExpiresAt) {
		return last, nil
	}
	if err := checkOffer(l, now, r); err != nil {
		return nil, err
	}
	if err := makeWay(l, last); err != nil {
		return nil, err
	}
	now.Title.Offers = o.Number
	if err := shipment.SaveTitle(l, now, shipment.Between(now.Shipment, o.From, o.To)); err != nil {
		return nil, err
	}
	return save(l, o, waymark.EventTitleOffered)
}

func checkOffer(l ledger.Ledger, now *shipment.State, r waymark.OfferTitleRequest) error {
	at := l.Tx().Time
	switch {
	case r.To == now.Title.Holder:
		return waymark.InvalidField("/to", "must be another member than the title holder")
	case !r.ExpiresAt.After(at) || r.ExpiresAt.After(at.Add(MaxOffer)):
		return waymark.InvalidField("/expires_at", "must be after now and at most %d days ahead", MaxOffer/(24*time.Hour))
	}
	if err := mayMove(l, now, r.To); err != nil {
		return err
	}
	if now.Title.Offers >= shipment.MaxTitleOffers {
		return waymark.Errorf(waymark.FailedPrecondition, "title to the shipment was offered %d times", shipment.MaxTitleOffers).Because(waymark.ReasonLimit)
	}
	_, err := registry.RequireMember(l, r.To)
	return err
}

// makeWay checks that no offer waits for an answer, and closes one that is past its time.
func makeWay(l ledger.Ledger, last *waymark.TitleOffer) error {
	switch {
	case last == nil || last.State != waymark.TitleOffered:
		return nil
	case !l.Tx().Time.After(last.ExpiresAt):
		return waymark.Errorf(waymark.FailedPrecondition, "title to shipment %s is offered to %s: that must be answered, cancelled or expire first",
			last.Shipment, last.To).Because(waymark.ReasonTitleOpen)
	}
	last.State, last.Changed = waymark.TitleExpired, l.Tx().Stamp()
	return ledger.Save(l, ledger.TitleOfferKey(last.Shipment, last.Number), last)
}

// Accept makes the member that title is offered to its holder. The same request again
// changes nothing.
func Accept(l ledger.Ledger, r waymark.AcceptTitleRequest) (*waymark.TitleOffer, error) {
	o, err := answer(l, r.Shipment, r.Number, waymark.ActAcceptTitle)
	if err != nil || o.State == waymark.TitleAccepted {
		return o, err
	}
	if err := isOpen(o); err != nil {
		return nil, err
	}
	if l.Tx().Time.After(o.ExpiresAt) {
		return nil, waymark.Errorf(waymark.FailedPrecondition, "offer %d of title to shipment %s expired at %s",
			o.Number, o.Shipment, o.ExpiresAt.Format(time.RFC3339)).Because(waymark.ReasonTitleExpired)
	}
	now, err := shipment.Load(l, o.Shipment)
	if err != nil {
		return nil, err
	}
	if err := mayMove(l, now, o.To); err != nil {
		return nil, err
	}
	o.State, o.Changed, o.Recalled = waymark.TitleAccepted, l.Tx().Stamp(), now.Holds.Recalled()
	if err := move(l, now, o); err != nil {
		return nil, err
	}
	return save(l, o, waymark.EventTitleAccepted)
}

// move writes the new holder and who may endorse the next change of title and of custody.
func move(l ledger.Ledger, now *shipment.State, o *waymark.TitleOffer) error {
	now.Title.Holder, now.Title.Changed = o.To, o.Changed
	if err := shipment.SaveTitle(l, now, now.AtRest()); err != nil {
		return err
	}
	return shipment.ProtectCustody(l, now)
}

// Decline ends an offer, by the member that title was offered to. The same request again
// changes nothing.
func Decline(l ledger.Ledger, r waymark.EndTitleOfferRequest) (*waymark.TitleOffer, error) {
	return end(l, r, waymark.ActDeclineTitle, waymark.TitleDeclined, waymark.EventTitleDeclined)
}

// Cancel ends an offer, by the member that made it. The same request again changes nothing.
func Cancel(l ledger.Ledger, r waymark.EndTitleOfferRequest) (*waymark.TitleOffer, error) {
	return end(l, r, waymark.ActCancelTitle, waymark.TitleCancelled, waymark.EventTitleCancelled)
}

func end(l ledger.Ledger, r waymark.EndTitleOfferRequest, action waymark.Action, to waymark.TitleOfferState, event string) (*waymark.TitleOffer, error) {
	o, err := answer(l, r.Shipment, r.Number, action)
	if err != nil {
		return nil, err
	}
	if o.State == to && o.Reason == r.Reason {
		return o, nil
	}
	if err := isOpen(o); err != nil {
		return nil, err
	}
	now, err := shipment.Load(l, o.Shipment)
	if err != nil {
		return nil, err
	}
	o.State, o.Changed, o.Reason, o.Recalled = to, l.Tx().Stamp(), r.Reason, now.Holds.Recalled()
	if err := shipment.SaveTitle(l, now, now.AtRest()); err != nil {
		return nil, err
	}
	return save(l, o, event)
}

// answer loads an offer of title to a shipment for an action that the caller may do.
func answer(l ledger.Ledger, id string, number uint64, action waymark.Action) (*waymark.TitleOffer, error) {
	o, err := shipment.TitleOffer(l, id, number)
	if err != nil {
		return nil, err
	}
	return o, access.Authorize(l.Tx(), action, access.TitleOffer(*o))
}

func isOpen(o *waymark.TitleOffer) error {
	if o.State == waymark.TitleOffered {
		return nil
	}
	return waymark.Errorf(waymark.FailedPrecondition, "offer %d of title to shipment %s is %s", o.Number, o.Shipment, o.State).Because(waymark.ReasonTitleOpen)
}

// Get returns who holds title to a shipment, and the last offer of it, to who may read
// the shipment.
func Get(l ledger.Ledger, q waymark.ShipmentQuery) (*waymark.TitleView, error) {
	now, err := shipment.Load(l, q.Shipment)
	if err != nil {
		return nil, err
	}
	d, err := access.Permit(l, waymark.ActReadShipment, now.Resource(), q.Purpose)
	if err != nil {
		return nil, err
	}
	v := &waymark.TitleView{Title: now.Title, Obligations: d.Obligations}
	if now.TitleOffer != nil {
		offer := now.TitleOffer.At(l.Tx().Time)
		v.Offer = &offer
	}
	return v, nil
}

// OfferResource is an offer of title to a shipment as the policies see it.
func OfferResource(r ledger.Reader, id string, number uint64) (access.Entity, error) {
	o, err := shipment.TitleOffer(r, id, number)
	if err != nil {
		return access.Entity{}, err
	}
	return access.TitleOffer(*o), nil
}

func save(l ledger.Ledger, o *waymark.TitleOffer, event string) (*waymark.TitleOffer, error) {
	if err := ledger.Save(l, ledger.TitleOfferKey(o.Shipment, o.Number), o); err != nil {
		return nil, err
	}
	return o, l.Emit(event, waymark.TitleEvent{Shipment: o.Shipment, Number: o.Number, From: o.From, To: o.To, Recalled: o.Recalled})
}
