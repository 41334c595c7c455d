package goods

import (
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/recall"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Taken is what goods are once they are in a shipment.
type Taken struct {
	Lines       []waymark.Line // in the form of records, each thing once
	TitleHolder string
	Lots        []string // in them, sorted
	Recalled    []string // those of them that are recalled
}

// Replace puts goods of the caller's member into a shipment to another, in the place of
// other lines that it holds already: those that are not among the new ones become free
// again. All must be free and belong to one member, and none be recalled, unless the
// consignee is who they have to go back to. It returns NotFound, Forbidden if the caller may
// not handle them, or FailedPrecondition, and writes nothing before its last check: whoever
// calls it has made all of his own.
func Replace(l ledger.Ledger, shipment, consignee string, old, lines []waymark.Line) (*Taken, error) {
	b := open(l)
	if err := b.free(shipment, old); err != nil {
		return nil, err
	}
	parts, err := b.parts(lines, l.Tx().Caller.Member)
	if err != nil {
		return nil, err
	}
	if err := authorise(l.Tx(), parts); err != nil {
		return nil, err
	}
	owner, lots, err := together(l, parts, consignee)
	if err != nil {
		return nil, err
	}
	recalled, err := recall.Lots(l, lots)
	if err != nil {
		return nil, err
	}
	if err := b.move(parts, waymark.InShipment(shipment)); err != nil {
		return nil, err
	}
	return &Taken{Lines: Lines(lines), TitleHolder: owner, Lots: lots, Recalled: recalled}, b.close(l)
}

// Lines are lines as a shipment records them: in the form of records, of each lot one, with
// all of it, and not from where.
func Lines(lines []waymark.Line) []waymark.Line {
	var merged []waymark.Line
	for _, line := range waymark.NormalLines(lines) {
		line.From = ""
		i := slices.IndexFunc(merged, func(m waymark.Line) bool { return line.Quantity != "" && m.ID == line.ID })
		if i < 0 {
			merged = append(merged, line)
			continue
		}
		merged[i].Quantity = sum(merged[i].Quantity, line.Quantity)
	}
	return merged
}

// sum adds valid quantities.
func sum(quantities ...waymark.Decimal) waymark.Decimal {
	total := int64(0)
	for _, quantity := range quantities {
		total += thousandths(quantity)
	}
	return waymark.Quantity(total)
}

// thousandths is a quantity that has been validated, as an integer.
func thousandths(q waymark.Decimal) int64 {
	n, err := waymark.Thousandths(q)
	if err != nil {
		panic("goods: " + err.Error())
	}
	return n
}

// free makes goods of a shipment free again, with its custodian: those that are still in it.
func (b *book) free(shipment string, lines []waymark.Line) error {
	if len(lines) == 0 {
		return nil
	}
	v, err := b.voyage(shipment)
	if err != nil {
		return err
	}
	inside, stock := waymark.InShipment(shipment), waymark.Stock(v.custodian, v.titleHolder)
	if err := b.load(goodsOf(lines)); err != nil {
		return err
	}
	for _, line := range lines {
		g := waymark.MustGoods(line.ID)
		if g.Kind() == waymark.GoodsLot {
			err = b.freeLot(portion{g, inside}, stock)
		} else {
			b.freeThing(g, inside, stock)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func goodsOf(lines []waymark.Line) []waymark.Goods {
	all := make([]waymark.Goods, 0, len(lines))
	for _, line := range lines {
		all = append(all, waymark.MustGoods(line.ID))
	}
	return all
}

// freeThing puts a thing that is in a shipment into stock. One that only a shipment of an
// earlier version knows has no record.
func (b *book) freeThing(g waymark.Goods, inside, stock waymark.Place) {
	if t := b.things[g]; t != nil && t.Place == inside {
		b.put(g, stock)
	}
}

// freeLot puts all of a lot that is in a shipment into stock.
func (b *book) freeLot(inside portion, stock waymark.Place) error {
	free := portion{inside.lot, stock}
	if err := b.loadPortions([]portion{inside, free}); err != nil {
		return err
	}
	if n := b.portions[inside]; n > 0 {
		b.add(inside, -n)
		b.add(free, n)
	}
	return nil
}

// Departure is goods that leave a shipment before it ends.
type Departure struct {
	Lots []string // in what stays in the shipment, sorted; never nil
	book *book
}

// Write writes that they have left; nothing if there are none.
func (d *Departure) Write(w ledger.Writer) error {
	if d == nil {
		return nil
	}
	return d.book.close(w)
}

// Leave takes goods out of a live shipment that stay with the member that offered it, as at
// a partial acceptance: things in it, directly or in a container, and so much of lots that
// are directly in it. They become free, with that member as holder, once that is written. It
// returns FailedPrecondition for what is not in the shipment, and nil where nothing leaves.
func Leave(l ledger.Ledger, s *waymark.Shipment, lines []waymark.Line, holder string) (*Departure, error) {
	if len(lines) == 0 {
		return nil, nil
	}
	b := open(l)
	v, err := b.voyage(s.ID)
	if err != nil {
		return nil, err
	}
	inside, stock := waymark.InShipment(s.ID), waymark.Stock(holder, v.titleHolder)
	from := slices.Clone(lines)
	for i := range from {
		from[i].From = inside
	}
	parts, err := b.parts(from, holder)
	if err != nil {
		return nil, err
	}
	for _, p := range parts {
		if p.where.place != inside {
			return nil, elsewhere(p)
		}
		if err := b.leave(p, stock); err != nil {
			return nil, err
		}
	}
	lots, err := b.lotsAt(inside, s.Goods)
	return &Departure{lots, b}, err
}

// lotsAt are the lots in those of some lines that are still at a place, as the book has it.
// What only a shipment of an earlier version knows has none.
func (b *book) lotsAt(at waymark.Place, lines []waymark.Line) ([]string, error) {
	all := goodsOf(lines)
	if err := b.load(all); err != nil {
		return nil, err
	}
	var portions []portion
	for _, g := range all {
		if g.Kind() == waymark.GoodsLot {
			portions = append(portions, portion{g, at})
		}
	}
	if err := b.loadPortions(portions); err != nil {
		return nil, err
	}
	lots := []string{}
	for _, g := range all {
		lots = append(lots, b.lotsIfAt(at, g)...)
	}
	return bounded(lots)
}

// lotsIfAt are the lots in a loaded thing, or lot, that is at a place.
func (b *book) lotsIfAt(at waymark.Place, g waymark.Goods) []string {
	if g.Kind() == waymark.GoodsLot {
		if lot := b.lots[g]; lot != nil && b.portions[portion{g, at}] > 0 {
			return lot.Lots
		}
	} else if t := b.things[g]; t != nil && t.Place == at {
		return t.Lots
	}
	return nil
}

func (b *book) leave(p part, stock waymark.Place) error {
	if p.goods.Kind() == waymark.GoodsLot {
		p.where.containers, p.where.place = nil, stock // the shipment lets it go
		return b.move([]part{p}, stock)
	}
	if len(p.where.containers) > 0 {
		if err := b.remove(p.goods, p.where.containers[0], p.lots); err != nil {
			return err
		}
	}
	b.put(p.goods, stock)
	return nil
}
