package goods

import (
	"github.com/waymark-ledger/waymark/chaincode/internal/access"
	"github.com/waymark-ledger/waymark/chaincode/internal/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Handled is a thing as the policies see it for who would handle it: of a lot, so much of
// it as that member holds.
func Handled(r ledger.Reader, g waymark.Goods, member string) (access.Entity, error) {
	b := look(r)
	if g.Kind() == waymark.GoodsLot {
		_, err := b.lot(g)
		return access.Goods(g.String(), access.Concerned{Holder: member}), err
	}
	_, w, err := b.locate(g)
	return access.Goods(g.String(), access.Concerned{Holder: w.holder}), err
}

// Resource is a thing as the policies see it for a member that would read it.
func Resource(r ledger.Reader, g waymark.Goods, member string) (access.Entity, error) {
	b := look(r)
	if g.Kind() == waymark.GoodsLot {
		_, _, c, err := b.spread(g, member)
		return access.Goods(g.String(), c), err
	}
	_, w, err := b.locate(g)
	if err != nil {
		return access.Entity{}, err
	}
	c, err := b.concerned(g, w)
	return access.Goods(g.String(), c), err
}

// mayRead asks the policies whether the caller may read a thing.
func (b *book) mayRead(tx ledger.Tx, g waymark.Goods, c access.Concerned) error {
	return access.Authorize(tx, waymark.ActReadGoods, access.Goods(g.String(), c))
}

// concerned are the members that a thing concerns.
func (b *book) concerned(g waymark.Goods, w where) (access.Concerned, error) {
	c := access.Concerned{Holder: w.holder, TitleHolder: w.titleHolder}
	if err := b.branded(g, &c); err != nil {
		return c, err
	}
	if w.place.Kind() != waymark.PlaceShipment {
		return c, nil
	}
	parties, err := partiesOf(b.r, w.place.ID())
	c.Parties = parties
	return c, err
}

// branded adds whom the product of a thing concerns, if it has one.
func (b *book) branded(g waymark.Goods, c *access.Concerned) error {
	if g.Kind() == waymark.GoodsContainer {
		return nil
	}
	p, err := RequireProduct(b.r, g.GTIN)
	if err != nil {
		return err
	}
	c.BrandOwner, c.Regulators = p.Owner, p.Regulators
	return nil
}

// maxHandoffs is more than a shipment can have.
const maxHandoffs = 1000

// partiesOf reads the parties of a shipment.
func partiesOf(r ledger.Reader, id string) ([]string, error) {
	s, err := ledger.Require[waymark.Shipment](r, ledger.ShipmentKey(id), "shipment "+id)
	if err != nil {
		return nil, err
	}
	c, err := ledger.Require[waymark.Custody](r, ledger.CustodyKey(id), "custody of shipment "+id)
	if err != nil {
		return nil, err
	}
	handoffs, err := ledger.List[waymark.Handoff](r, ledger.Handoffs(id), maxHandoffs)
	return s.Parties(*c, handoffs), err
}

// spread returns the first portions of a lot, whether there are more, and whom they concern
// as far as it bears on one member.
func (b *book) spread(lot waymark.Goods, member string) ([]waymark.PortionView, bool, access.Concerned, error) {
	var c access.Concerned
	if err := b.branded(lot, &c); err != nil {
		return nil, false, c, err
	}
	portions, more, err := ledger.Some[waymark.Portion](b.r, ledger.Portions(lot), waymark.MaxPortions)
	if err != nil {
		return nil, false, c, err
	}
	views := make([]waymark.PortionView, 0, len(portions))
	for _, p := range portions {
		w, err := b.walk(p.Place)
		if err != nil {
			return nil, false, c, err
		}
		if err := b.concerns(member, w, &c); err != nil {
			return nil, false, c, err
		}
		views = append(views, waymark.PortionView{Place: p.Place, Quantity: p.Quantity, Holder: w.holder, TitleHolder: w.titleHolder})
	}
	return views, more, c, nil
}

// concerns notes as what a portion concerns a member, if it does.
func (b *book) concerns(member string, w where, c *access.Concerned) error {
	if w.holder == member {
		c.Holder = member
	}
	if w.titleHolder == member {
		c.TitleHolder = member
	}
	if w.place.Kind() != waymark.PlaceShipment {
		return nil
	}
	parties, err := partiesOf(b.r, w.place.ID())
	c.Parties = append(c.Parties, parties...)
	return err
}
