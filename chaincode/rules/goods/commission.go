package goods

import (
	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Commission makes items, or a lot in bulk, known: free, held and owned by the brand owner.
// The same request again changes nothing.
func Commission(l ledger.Ledger, r waymark.CommissionRequest) (*waymark.Commissioned, error) {
	p, err := RequireProduct(l, r.GTIN())
	if err != nil {
		return nil, err
	}
	if err := access.Authorize(l.Tx(), waymark.ActCommissionGoods, access.Product(*p)); err != nil {
		return nil, err
	}
	done := commissioned(p.GTIN, r)
	b := open(l)
	fresh := false
	if r.Unit != "" {
		fresh, err = b.commissionLot(done, p.Owner)
	} else {
		fresh, err = b.commissionItems(done, waymark.Stock(p.Owner, p.Owner))
	}
	if err == nil && done.Lot != "" {
		done.Recalled, err = b.recalledOf(waymark.MustGoods(done.Lot))
	}
	if err != nil || !fresh {
		return done, err
	}
	if err := b.close(l); err != nil {
		return nil, err
	}
	return done, l.Emit(waymark.EventGoodsCommissioned, waymark.CommissionEvent{GTIN: done.GTIN, Lot: done.Lot, Items: len(done.Items), Recalled: done.Recalled})
}

// commissioned is what a request makes known, in the form of records.
func commissioned(gtin string, r waymark.CommissionRequest) *waymark.Commissioned {
	done := &waymark.Commissioned{GTIN: gtin, Items: make([]string, 0, len(r.Items)), Unit: r.Unit}
	if r.Lot != "" {
		done.Lot = waymark.MustGoods(r.Lot).String()
	}
	if r.Quantity != "" {
		done.Quantity = sum(r.Quantity)
	}
	for _, text := range r.Items {
		done.Items = append(done.Items, waymark.MustGoods(text).String())
	}
	return done
}

// commissionLot makes a lot in bulk known, and reports whether it was not.
func (b *book) commissionLot(c *waymark.Commissioned, owner string) (fresh bool, err error) {
	g := waymark.MustGoods(c.Lot)
	if err := b.load([]waymark.Goods{g}); err != nil {
		return false, err
	}
	if old := b.lots[g]; old != nil {
		if old.Unit == c.Unit && old.Quantity == c.Quantity && old.Made == "" {
			return false, nil
		}
		return false, waymark.Errorf(waymark.AlreadyExists, "lot %s is known already", g)
	}
	n, err := waymark.Thousandths(c.Quantity)
	if err != nil {
		return false, err
	}
	b.saveLot(g, &waymark.Lot{ID: c.Lot, Unit: c.Unit, Quantity: c.Quantity, Lots: []string{c.Lot}})
	b.add(portion{g, waymark.Stock(owner, owner)}, n) // of what was not known there is nothing anywhere
	return true, nil
}

func (b *book) saveLot(g waymark.Goods, lot *waymark.Lot) {
	lot.Created = b.stamp
	b.lots[g] = lot
	b.save(ledger.GoodsKey(g), lot)
}

// commissionItems makes items known, and their lot. It reports false if they all were.
func (b *book) commissionItems(c *waymark.Commissioned, at waymark.Place) (fresh bool, err error) {
	items := make([]waymark.Goods, 0, len(c.Items))
	for _, text := range c.Items {
		items = append(items, waymark.MustGoods(text))
	}
	if err := b.load(items); err != nil {
		return false, err
	}
	known := 0
	for _, g := range items {
		if t := b.things[g]; t != nil {
			if t.Lot != c.Lot || t.Made != "" {
				return false, exists(g)
			}
			known++
		}
	}
	if known == len(items) {
		return false, nil
	}
	if known > 0 {
		return false, waymark.Errorf(waymark.AlreadyExists, "%d of the items are known already, and %d are not", known, len(items)-known)
	}
	return true, b.create(items, c.Lot, "", nil, at)
}

func exists(g waymark.Goods) error {
	return waymark.Errorf(waymark.AlreadyExists, "%s %s is known already", g.Kind(), g)
}

// create makes records of new items of a lot, if any, that came of a transformation, if
// any, with what lots that brought into them. A lot of which there are items is known from
// then on.
func (b *book) create(items []waymark.Goods, lot, made string, brought []string, at waymark.Place) error {
	lots := append([]string{}, brought...)
	var own waymark.Goods
	if lot != "" {
		own = waymark.MustGoods(lot)
		if err := b.itemLot(own); err != nil {
			return err
		}
		lots = append(lots, b.lots[own].Lots...)
	}
	lots, err := bounded(lots)
	if err != nil {
		return err
	}
	if err := fits(len(items) * len(lots)); err != nil {
		return err
	}
	for _, g := range items {
		b.change(g, &waymark.Thing{ID: g.String(), Place: at, Lots: lots, Lot: lot, Made: made})
		if lot != "" {
			b.save(ledger.MemberOfLotKey(own, g), &waymark.Line{ID: g.String()})
		}
	}
	return nil
}

// itemLot makes a lot of items known if it is not. One in bulk has no items: they would be
// there beside its quantity.
func (b *book) itemLot(g waymark.Goods) error {
	if err := b.load([]waymark.Goods{g}); err != nil {
		return err
	}
	switch lot := b.lots[g]; {
	case lot == nil:
		b.saveLot(g, &waymark.Lot{ID: g.String(), Lots: []string{g.String()}})
	case lot.Unit != "":
		return waymark.Errorf(waymark.AlreadyExists, "lot %s is in bulk: it has no items", g)
	}
	return nil
}
