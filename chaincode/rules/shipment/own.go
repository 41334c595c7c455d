package shipment

import (
	"cmp"

	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// What is read here says of itself that it is of the shipment, or it is Internal: two members
// may write custody, title and handoffs of one shipment, and no other.

// Custody reads who has custody of a shipment, or returns NotFound.
func Custody(r ledger.Reader, id string) (*waymark.Custody, error) {
	key := ledger.CustodyKey(id)
	c, err := ledger.Require[waymark.Custody](r, key, "custody of shipment "+id)
	if err != nil {
		return nil, err
	}
	return c, ledger.CheckOwn(key, c.Shipment == id)
}

// cargo reads what is in a shipment. There is no record of it before anything of that changes, nor
// of a shipment of an earlier version: it is as the shipment says.
func cargo(r ledger.Reader, s *waymark.Shipment) (*waymark.Cargo, error) {
	key := ledger.CargoKey(s.ID)
	c, err := ledger.Load[waymark.Cargo](r, key)
	if err != nil {
		return nil, err
	}
	if c == nil {
		first := waymark.NewCargo(*s)
		return &first, nil
	}
	return c, ledger.CheckOwn(key, c.Shipment == s.ID)
}

// Handoff reads one handoff of a shipment, or returns NotFound.
func Handoff(r ledger.Reader, id string, number uint64) (*waymark.Handoff, error) {
	key := ledger.HandoffKey(id, number)
	h, err := ledger.Require[waymark.Handoff](r, key, "such handoff of shipment "+id)
	if err != nil {
		return nil, err
	}
	return h, ledger.CheckOwn(key, h.Shipment == id && h.Number == number)
}

// Handoffs reads all handoffs of a shipment, oldest first.
func Handoffs(r ledger.Reader, id string) ([]waymark.Handoff, error) {
	handoffs, err := ledger.List[waymark.Handoff](r, ledger.Handoffs(id), MaxHandoffs)
	for i, h := range handoffs { // they are numbered from 1, without a gap
		number := uint64(i) + 1
		err = cmp.Or(err, ledger.CheckOwn(ledger.HandoffKey(id, number), h.Shipment == id && h.Number == number))
	}
	return handoffs, err
}

// title reads who owns the goods of a shipment.
func title(r ledger.Reader, s *waymark.Shipment) (*waymark.Title, error) {
	key := ledger.TitleKey(s.ID)
	t, err := ledger.Load[waymark.Title](r, key)
	if err != nil {
		return nil, err
	}
	if t == nil {
		return firstTitle(s), nil
	}
	return t, ledger.CheckOwn(key, t.Shipment == s.ID)
}

// firstTitle is the title to a shipment of before title was kept apart: the consignor's.
func firstTitle(s *waymark.Shipment) *waymark.Title {
	return &waymark.Title{Shipment: s.ID, Holder: s.Consignor, Changed: s.Created}
}

// TitleOffer reads one offer of title to a shipment, or returns NotFound.
func TitleOffer(r ledger.Reader, id string, number uint64) (*waymark.TitleOffer, error) {
	key := ledger.TitleOfferKey(id, number)
	o, err := ledger.Require[waymark.TitleOffer](r, key, "such offer of title to shipment "+id)
	if err != nil {
		return nil, err
	}
	return o, ledger.CheckOwn(key, o.Shipment == id && o.Number == number)
}
