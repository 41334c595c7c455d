package goods

import (
	"cmp"
	"maps"
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Transform uses up goods that the caller's member has and owns, and makes others of its own
// products. In each unit what goes in is what comes out and what is lost. The same act again
// changes nothing.
func Transform(l ledger.Ledger, r waymark.TransformRequest) (*waymark.Act, error) {
	a, done, err := begin(l, transformation(r))
	if err != nil || done != nil {
		return done, err
	}
	b := open(l)
	parts, err := b.parts(r.Inputs, a.By)
	if err != nil {
		return nil, err
	}
	products, err := productsOf(l, parts, a.Outputs)
	if err != nil {
		return nil, err
	}
	if err := mayTransform(l.Tx(), parts, a.Outputs, products); err != nil {
		return nil, err
	}
	owner, lots, err := together(l, parts, "")
	if err != nil {
		return nil, err
	}
	if err := b.conserves(a, parts, products); err != nil {
		return nil, err
	}
	if err := b.move(parts, waymark.UsedBy(a.ID)); err != nil {
		return nil, err
	}
	if err := b.make(a, lots, waymark.Stock(a.By, owner)); err != nil {
		return nil, err
	}
	return b.finish(l, a, waymark.EventGoodsTransformed)
}

// transformation is the act of a request, in the form of records.
func transformation(r waymark.TransformRequest) waymark.Act {
	a := waymark.Act{ID: r.ID, Kind: waymark.ActTransformed, Lines: waymark.NormalLines(r.Inputs)}
	for _, o := range r.Outputs {
		o.ID = waymark.MustGoods(o.ID).String()
		if o.Lot != "" {
			o.Lot = waymark.MustGoods(o.Lot).String()
		}
		if o.Quantity != "" {
			o.Quantity = sum(o.Quantity)
		}
		a.Outputs = append(a.Outputs, o)
	}
	for _, loss := range r.Loss {
		a.Loss = append(a.Loss, waymark.Amount{Quantity: sum(loss.Quantity), Unit: loss.Unit})
	}
	return a
}

// productsOf reads the products of what goes in and comes out.
func productsOf(r ledger.Reader, inputs []part, outputs []waymark.Output) (map[string]*waymark.Product, error) {
	products := map[string]*waymark.Product{}
	var gtins []string
	for _, p := range inputs {
		gtins = append(gtins, p.goods.GTIN)
	}
	for _, o := range outputs {
		gtins = append(gtins, waymark.MustGoods(o.ID).GTIN)
	}
	if err := loadInto(r, products, gtins, ledger.ProductKey); err != nil {
		return nil, err
	}
	for _, gtin := range gtins {
		if products[gtin] == nil {
			return nil, waymark.Errorf(waymark.NotFound, "there is no product %s", gtin)
		}
	}
	return products, nil
}

// mayTransform asks the policies whether the caller may handle what goes in and commission
// what comes out, and checks that what goes in is its own.
func mayTransform(tx ledger.Tx, inputs []part, outputs []waymark.Output, products map[string]*waymark.Product) error {
	if err := authorise(tx, inputs); err != nil {
		return err
	}
	asked := map[string]bool{}
	for _, o := range outputs {
		p := products[waymark.MustGoods(o.ID).GTIN]
		if asked[p.GTIN] {
			continue
		}
		asked[p.GTIN] = true
		if err := access.Authorize(tx, waymark.ActCommissionGoods, access.Product(*p)); err != nil {
			return err
		}
	}
	return ends(tx.Caller.Member, inputs)
}

// conserves checks that in each unit as much goes in as comes out and is lost.
func (b *book) conserves(a *waymark.Act, inputs []part, products map[string]*waymark.Product) error {
	balance := map[string]int64{}
	for _, p := range inputs {
		if p.goods.Kind() == waymark.GoodsLot {
			balance[b.lots[p.goods].Unit] += p.amount
			continue
		}
		content := products[p.goods.GTIN].Amount()
		balance[content.Unit] += thousandths(content.Quantity)
	}
	for _, o := range a.Outputs {
		out := waymark.Amount{Quantity: o.Quantity, Unit: o.Unit}
		if o.Unit == "" {
			out = products[waymark.MustGoods(o.ID).GTIN].Amount()
		}
		balance[out.Unit] -= thousandths(out.Quantity)
	}
	for _, loss := range a.Loss {
		balance[loss.Unit] -= thousandths(loss.Quantity)
	}
	for _, unit := range slices.Sorted(maps.Keys(balance)) {
		if balance[unit] != 0 {
			return waymark.Errorf(waymark.FailedPrecondition, "in %s what goes in is not what comes out and is lost: the difference is %s",
				unit, waymark.FormatScaled(balance[unit], 3)).Because(waymark.ReasonConservation)
		}
	}
	return nil
}

// make makes the outputs of a transformation known: free, and with the lots in them that
// went in.
func (b *book) make(a *waymark.Act, lots []string, at waymark.Place) error {
	all := make([]waymark.Goods, 0, len(a.Outputs))
	byLot := map[string][]waymark.Goods{}
	for _, o := range a.Outputs {
		all = append(all, waymark.MustGoods(o.ID))
	}
	if err := cmp.Or(fits(len(all)*len(lots)), b.load(all)); err != nil {
		return err
	}
	for i, o := range a.Outputs {
		g := all[i]
		if b.things[g] != nil || b.lots[g] != nil {
			return exists(g)
		}
		if g.Kind() == waymark.GoodsItem {
			byLot[o.Lot] = append(byLot[o.Lot], g)
			continue
		}
		brought, err := bounded(append([]string{o.ID}, lots...))
		if err != nil {
			return err
		}
		b.saveLot(g, &waymark.Lot{ID: o.ID, Unit: o.Unit, Quantity: o.Quantity, Lots: brought, Made: a.ID})
		b.add(portion{g, at}, thousandths(o.Quantity))
	}
	for _, lot := range slices.Sorted(maps.Keys(byLot)) {
		if err := b.create(byLot[lot], lot, a.ID, lots, at); err != nil {
			return err
		}
	}
	return nil
}
