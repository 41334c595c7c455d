package goods

import (
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/recall"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// part is a line with what the book knows of it.
type part struct {
	goods  waymark.Goods
	at     waymark.Place // of its record; of a lot, where so much of it is taken from
	amount int64         // of a lot, in thousandths
	lots   []string      // that are in it
	where  where
}

// portion is so much of a lot as it stands at its place.
func (p part) portion() portion { return portion{p.goods, p.at} }

// parts finds what lines name. What they say of no place is in the stock of a member.
func (b *book) parts(lines []waymark.Line, member string) ([]part, error) {
	parts := make([]part, 0, len(lines))
	all := make([]waymark.Goods, 0, len(lines))
	for _, line := range lines {
		p := part{goods: waymark.MustGoods(line.ID), at: line.From}
		if p.at == "" {
			p.at = waymark.Stock(member, member)
		}
		parts, all = append(parts, p), append(all, p.goods)
	}
	if err := b.load(all); err != nil {
		return nil, err
	}
	if err := b.loadPortions(portionsOf(parts)); err != nil {
		return nil, err
	}
	lots := 0
	for i := range parts {
		if err := b.find(&parts[i], lines[i].Quantity); err != nil {
			return nil, err
		}
		lots += len(parts[i].lots)
	}
	return parts, fits(lots)
}

// maxAncestry bounds the lots in all things that one transaction changes together: each
// record names its own, and a transaction has to fit into a block.
const maxAncestry = waymark.MaxExceptions * waymark.MaxLots

// fits checks how many lots are in things together.
func fits(lots int) error {
	if lots <= maxAncestry {
		return nil
	}
	return waymark.Errorf(waymark.FailedPrecondition, "there are %d lots in these things together, more than %d: do it in parts", lots, maxAncestry).Because(waymark.ReasonLimit)
}

// portionsOf are the portions among some parts.
func portionsOf(parts []part) []portion {
	var all []portion
	for _, p := range parts {
		if p.goods.Kind() == waymark.GoodsLot {
			all = append(all, p.portion())
		}
	}
	return all
}

// find completes a part.
func (b *book) find(p *part, quantity waymark.Decimal) (err error) {
	if p.goods.Kind() != waymark.GoodsLot {
		t, err := b.thing(p.goods)
		if err != nil {
			return err
		}
		p.at, p.lots = t.Place, t.Lots
		p.where, err = b.walk(p.at)
		return err
	}
	lot, err := b.lot(p.goods)
	if err != nil {
		return err
	}
	p.lots = lot.Lots
	if p.amount, err = waymark.Thousandths(quantity); err != nil {
		return err
	}
	p.where, err = b.walk(p.at)
	return err
}

// authorise asks the policies whether the caller may handle goods, once for each of
// their holders. Nobody may what a dispute holds.
func authorise(tx ledger.Tx, parts []part) error {
	var asked []string
	for _, p := range parts {
		if slices.Contains(asked, p.where.holder) {
			continue
		}
		if p.where.holder == "" {
			return elsewhere(p)
		}
		if err := access.Authorize(tx, waymark.ActHandleGoods, access.Goods(p.goods.String(), access.Concerned{Holder: p.where.holder})); err != nil {
			return err
		}
		asked = append(asked, p.where.holder)
	}
	for _, p := range parts {
		if p.where.disputed != "" {
			return held(p)
		}
	}
	return nil
}

// elsewhere says why a thing is not at hand.
func elsewhere(p part) error {
	at := p.where.place
	if len(p.where.containers) > 0 {
		at = waymark.InContainer(p.where.containers[0])
	}
	return waymark.Errorf(waymark.FailedPrecondition, "%s is in %s", p.goods, at).Because(waymark.ReasonGoodsPlace)
}

// move takes free goods to a place.
func (b *book) move(parts []part, to waymark.Place) error {
	var targets []portion
	for _, p := range portionsOf(parts) {
		targets = append(targets, portion{p.lot, to})
	}
	if err := b.loadPortions(targets); err != nil {
		return err
	}
	for _, p := range parts {
		switch {
		case !p.where.free():
			return elsewhere(p)
		case p.goods.Kind() != waymark.GoodsLot:
			b.put(p.goods, to)
		case b.portions[p.portion()] < p.amount:
			return waymark.Errorf(waymark.FailedPrecondition, "there is %s of lot %s in %s, not %s",
				waymark.Quantity(b.portions[p.portion()]), p.goods, p.at, waymark.Quantity(p.amount)).Because(waymark.ReasonGoodsAmount)
		default:
			b.add(p.portion(), -p.amount)
			b.add(portion{p.goods, to}, p.amount)
		}
	}
	return nil
}

// together checks that goods can go somewhere together: that they belong to one member,
// which it returns, with the lots in them, and that no lot is recalled that may not go to
// the member to; to nobody, if that is empty.
func together(r ledger.Reader, parts []part, to string) (owner string, lots []string, err error) {
	if owner, err = titleHolder(parts); err != nil {
		return "", nil, err
	}
	if lots, err = lotsOf(parts); err != nil {
		return "", nil, err
	}
	return owner, lots, recall.Check(r, lots, to)
}

// titleHolder returns the one member that goods belong to.
func titleHolder(parts []part) (string, error) {
	owner := parts[0].where.titleHolder
	for _, p := range parts {
		if p.where.titleHolder != owner {
			return "", waymark.Errorf(waymark.FailedPrecondition, "%s belongs to %s, and %s to %s: goods of one member at a time",
				parts[0].goods, owner, p.goods, p.where.titleHolder).Because(waymark.ReasonGoodsTitle)
		}
	}
	return owner, nil
}

// ends checks that goods belong to a member: nobody ends what is another's.
func ends(member string, parts []part) error {
	for _, p := range parts {
		if owner := p.where.titleHolder; owner != member {
			return waymark.Errorf(waymark.FailedPrecondition, "%s belongs to %s: no other member uses it up or decommissions it", p.goods, owner).Because(waymark.ReasonGoodsTitle)
		}
	}
	return nil
}

// recalledIn are the lots in goods that are recalled.
func recalledIn(r ledger.Reader, parts []part) ([]string, error) {
	lots, err := lotsOf(parts)
	if err != nil {
		return nil, err
	}
	return recall.Lots(r, lots)
}

// recalledOf are the lots in a known thing or lot that are recalled.
func (b *book) recalledOf(g waymark.Goods) ([]string, error) {
	lots, err := b.lotsIn(g)
	if err != nil {
		return nil, err
	}
	return recall.Lots(b.r, lots)
}

// lotsOf are the lots in goods, sorted, each once.
func lotsOf(parts []part) ([]string, error) {
	lots := []string{}
	for _, p := range parts {
		lots = append(lots, p.lots...)
	}
	return bounded(lots)
}

// bounded sorts lots, each once, and checks their number.
func bounded(lots []string) ([]string, error) {
	slices.Sort(lots)
	if lots = slices.Compact(lots); len(lots) > waymark.MaxLots {
		return nil, waymark.Errorf(waymark.FailedPrecondition, "there would be %d lots in it, more than %d", len(lots), waymark.MaxLots).Because(waymark.ReasonLimit)
	}
	return lots, nil
}
