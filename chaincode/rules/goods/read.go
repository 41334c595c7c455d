package goods

import (
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
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
		c, err := b.stocked(g, member)
		if err != nil {
			return access.Entity{}, err
		}
		err = b.spread(g, member, &c)
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

// readable locates an item or container that the caller may read.
func (b *book) readable(tx ledger.Tx, g waymark.Goods) (*waymark.Thing, where, error) {
	t, w, err := b.locate(g)
	if err != nil {
		return nil, w, err
	}
	c, err := b.concerned(g, w)
	if err != nil {
		return nil, w, err
	}
	return t, w, b.mayRead(tx, g, c)
}

// checkReadable checks that a thing is known and that the caller may read it.
func (b *book) checkReadable(tx ledger.Tx, g waymark.Goods) error {
	if g.Kind() != waymark.GoodsLot {
		_, _, err := b.readable(tx, g)
		return err
	}
	if _, err := b.lot(g); err != nil {
		return err
	}
	return b.mayReadLot(tx, g)
}

// checkAllReadable is checkReadable for all of some things.
func (b *book) checkAllReadable(tx ledger.Tx, things []waymark.Goods) error {
	if err := b.load(things); err != nil {
		return err
	}
	for _, g := range things {
		if err := b.checkReadable(tx, g); err != nil {
			return err
		}
	}
	return nil
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
	parties, err := b.parties(w.place.ID())
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

// maxSpread bounds the places of one kind that are gone through for whom a lot concerns.
const maxSpread = 500

// mayReadLot asks the policies whether the caller may read a lot: as whose brand it is, by
// stock of its own, and only if that is not enough by where else some of it is.
func (b *book) mayReadLot(tx ledger.Tx, lot waymark.Goods) error {
	c, err := b.stocked(lot, tx.Caller.Member)
	if err != nil {
		return err
	}
	if err = b.mayRead(tx, lot, c); waymark.CodeOf(err) != waymark.Forbidden {
		return err
	}
	if err := b.spread(lot, tx.Caller.Member, &c); err != nil {
		return err
	}
	return b.mayRead(tx, lot, c)
}

// stocked are whom a lot concerns by its product, and a member if it has some in stock.
func (b *book) stocked(lot waymark.Goods, member string) (access.Concerned, error) {
	var c access.Concerned
	if err := b.branded(lot, &c); err != nil {
		return c, err
	}
	held, _, err := ledger.Some[waymark.Portion](b.r, ledger.PortionsHeld(lot, member), 1)
	if len(held) > 0 {
		c.Holder = member
	}
	return c, err
}

// spread adds whom a lot concerns where some of it still is, as far as it bears on one
// member. What is used up or decommissioned concerns nobody.
func (b *book) spread(lot waymark.Goods, member string, c *access.Concerned) error {
	for _, kind := range []waymark.PlaceKind{waymark.PlaceStock, waymark.PlaceShipment, waymark.PlaceContainer} {
		portions, _, err := ledger.Some[waymark.Portion](b.r, ledger.PortionsAt(lot, kind), maxSpread)
		if err != nil {
			return err
		}
		for _, p := range portions {
			w, err := b.walk(p.Place)
			if err != nil {
				return err
			}
			if err := b.concerns(member, w, c); err != nil {
				return err
			}
		}
	}
	return nil
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
	parties, err := b.parties(w.place.ID())
	if slices.Contains(parties, member) && !slices.Contains(c.Parties, member) {
		c.Parties = append(c.Parties, member)
	}
	return err
}
