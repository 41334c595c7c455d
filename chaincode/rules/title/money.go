package title

import (
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/shipment"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// mayMove checks that title may go from its holder to a member.
func mayMove(r ledger.Reader, now *shipment.State, to string) error {
	if err := now.MovesTo(to); err != nil {
		return err
	}
	if err := shipment.NotRefunded(r, &now.Shipment, to); err != nil {
		return err
	}
	return notOwed(r, now, to)
}

// notOwed checks that title which the consignee took, while there is money in escrow, goes to nobody but whom the consignee has it from: so it can go back with the money.
func notOwed(r ledger.Reader, now *shipment.State, to string) error {
	s := &now.Shipment
	if now.Title.Holder != s.Consignee {
		return nil
	}
	e, err := shipment.Escrow(r, s.ID)
	if err != nil || e == nil || e.State == waymark.EscrowPaid {
		return err
	}
	from, err := giver(r, now)
	if err == nil && from != "" && from != to {
		err = waymark.Errorf(waymark.FailedPrecondition, "shipment %s is not paid for: title can go back to %s alone", s.ID, from).Because(waymark.ReasonEscrow)
	}
	return err
}

// giver is whom the holder has title from; empty if it was the holder's from the start.
func giver(r ledger.Reader, now *shipment.State) (string, error) {
	for n := now.Title.Offers; n > 0; n-- {
		o, err := shipment.TitleOffer(r, now.Shipment.ID, n)
		if err != nil {
			return "", err
		}
		if o.State == waymark.TitleAccepted && o.To == now.Title.Holder {
			return o.From, nil
		}
	}
	return "", nil
}

// GiveBack returns title that the consignee took to whom it has it from, as part of the
// transaction that gives it its money back; it emits nothing. What the consignee offers is offered
// no more. Title that somebody else has, or that was the consignee's from the start, stays. The
// policy of custody stays that of an offer which was never closed, since that may need members
// that have no part in the money.
func GiveBack(l ledger.Ledger, id string) error {
	now, err := shipment.Load(l, id)
	if err != nil || now.Title.Holder != now.Shipment.Consignee {
		return err
	}
	from, err := giver(l, now)
	if err != nil || from == "" {
		return err
	}
	stamp := l.Tx().Stamp()
	if o := now.TitleOffer; o.State == waymark.TitleOffered {
		o.State, o.Changed, o.Reason = waymark.TitleCancelled, stamp, "title went back with the money"
		if err := ledger.Save(l, ledger.TitleOfferKey(id, o.Number), o); err != nil {
			return err
		}
	}
	now.Title.Holder, now.Title.Changed = from, stamp
	if err := shipment.SaveTitle(l, now, now.AtRest()); err != nil {
		return err
	}
	if n := len(now.Handoffs); n > 0 && now.Handoffs[n-1].State == waymark.HandoffOffered {
		return nil
	}
	return shipment.ProtectCustody(l, now)
}
