package goods

import (
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Pack puts goods of the caller's member into a container of its own, which is known from
// the first time on. The same act again changes nothing.
func Pack(l ledger.Ledger, r waymark.PackRequest) (*waymark.Act, error) {
	container := waymark.MustGoods(r.Container)
	a, done, err := begin(l, waymark.Act{ID: r.ID, Kind: waymark.ActPacked, Container: container.String(), Lines: waymark.NormalLines(r.Lines)})
	if err != nil || done != nil {
		return done, err
	}
	b := open(l)
	parts, err := b.parts(r.Lines, a.By)
	if err != nil {
		return nil, err
	}
	if err := authorise(l.Tx(), parts); err != nil {
		return nil, err
	}
	if err := b.checkPack(l, container, parts); err != nil {
		return nil, err
	}
	if err := b.pack(container, parts); err != nil {
		return nil, err
	}
	return b.finish(l, a, waymark.EventGoodsPacked)
}

// checkPack makes every check that is about more than one thing. A container that nobody
// knows is made known, in the stock of the goods.
func (b *book) checkPack(l ledger.Ledger, container waymark.Goods, parts []part) error {
	owner, _, err := together(l, parts, "")
	if err != nil {
		return err
	}
	if err := b.load([]waymark.Goods{container}); err != nil {
		return err
	}
	if b.things[container] == nil {
		member := l.Tx().Caller.Member
		b.change(container, &waymark.Thing{ID: container.String(), Place: waymark.Stock(member, owner), Lots: []string{}})
	}
	c, w, err := b.mine(l.Tx(), container)
	if err != nil {
		return err
	}
	if c.Contents == 0 && len(w.containers) == 0 { // what is empty belongs to whom its goods do
		c.Place = waymark.Stock(w.holder, owner)
	} else if w.titleHolder != owner {
		return waymark.Errorf(waymark.FailedPrecondition, "%s belongs to %s, and the goods to %s", container, w.titleHolder, owner).Because(waymark.ReasonGoodsTitle)
	}
	return b.checkNesting(container, w, parts)
}

// mine returns a container that the caller may handle and that is in no live shipment.
func (b *book) mine(tx ledger.Tx, container waymark.Goods) (*waymark.Thing, where, error) {
	c, w, err := b.locate(container)
	if err != nil {
		return nil, w, err
	}
	p := part{goods: container, at: c.Place, where: w}
	if err := authorise(tx, []part{p}); err != nil {
		return nil, w, err
	}
	if w.place.Kind() != waymark.PlaceStock {
		return nil, w, elsewhere(p)
	}
	return c, w, nil
}

// checkNesting refuses a container in itself, and more than MaxDepth one in another.
func (b *book) checkNesting(container waymark.Goods, w where, parts []part) error {
	above := append([]waymark.Goods{container}, w.containers...)
	for _, p := range parts {
		if p.goods.Kind() != waymark.GoodsContainer {
			continue
		}
		if slices.Contains(above, p.goods) {
			return waymark.Errorf(waymark.FailedPrecondition, "%s would be in itself", p.goods).Because(waymark.ReasonNesting)
		}
		if len(above)+1+b.things[p.goods].Height() > MaxDepth {
			return waymark.Errorf(waymark.FailedPrecondition, "more than %d containers would be one in another", MaxDepth).Because(waymark.ReasonNesting)
		}
	}
	return nil
}

// pack moves parts into a container.
func (b *book) pack(container waymark.Goods, parts []part) error {
	inside := waymark.InContainer(container)
	var held []portion
	for _, p := range portionsOf(parts) {
		held = append(held, portion{p.lot, inside})
	}
	if err := b.loadPortions(held); err != nil {
		return err
	}
	fresh := slices.DeleteFunc(slices.Clone(parts), func(p part) bool { return b.portions[portion{p.goods, inside}] > 0 })
	if err := b.move(parts, inside); err != nil {
		return err
	}
	for i, p := range fresh {
		again := slices.ContainsFunc(fresh[:i], func(o part) bool { return p.goods.Kind() == waymark.GoodsLot && o.goods == p.goods })
		if again { // another portion of a lot
			continue
		}
		if err := b.enter(p, container); err != nil {
			return err
		}
	}
	return nil
}

// enter notes that a thing, or some of a lot, is new in a container.
func (b *book) enter(p part, container waymark.Goods) error {
	c, err := b.thing(container)
	if err != nil {
		return err
	}
	c.Contents++
	b.save(ledger.ContentKey(container, p.goods), &waymark.Line{ID: p.goods.String()})
	if p.goods.Kind() == waymark.GoodsContainer {
		if err := b.nest(container, nowhere, b.things[p.goods].Height()); err != nil {
			return err
		}
	}
	return b.share(container, p.lots, 1)
}

// Unpack takes goods out of a container of the caller's member. They are free then. The
// same act again changes nothing.
func Unpack(l ledger.Ledger, r waymark.UnpackRequest) (*waymark.Act, error) {
	container := waymark.MustGoods(r.Container)
	a, done, err := begin(l, waymark.Act{ID: r.ID, Kind: waymark.ActUnpacked, Container: container.String(), Lines: waymark.NormalLines(r.Lines)})
	if err != nil || done != nil {
		return done, err
	}
	b := open(l)
	_, w, err := b.mine(l.Tx(), container)
	if err != nil {
		return nil, err
	}
	inside := waymark.InContainer(container)
	lines := slices.Clone(r.Lines)
	for i := range lines {
		lines[i].From = inside
	}
	parts, err := b.parts(lines, a.By)
	if err != nil {
		return nil, err
	}
	for _, p := range parts {
		if p.at != inside {
			return nil, elsewhere(p)
		}
	}
	if a.Recalled, err = recalledIn(l, parts); err != nil {
		return nil, err
	}
	if err := b.unpack(container, parts, waymark.Stock(w.holder, w.titleHolder)); err != nil {
		return nil, err
	}
	return b.finish(l, a, waymark.EventGoodsUnpacked)
}

// unpack moves parts out of a container.
func (b *book) unpack(container waymark.Goods, parts []part, to waymark.Place) error {
	out := slices.Clone(parts)
	for i := range out {
		out[i].where = where{place: to} // the container lets them go
	}
	if err := b.move(out, to); err != nil {
		return err
	}
	for _, p := range parts {
		if b.portions[p.portion()] > 0 { // some of the lot stays
			continue
		}
		if err := b.remove(p.goods, container, p.lots); err != nil {
			return err
		}
	}
	return nil
}

// Decommission says that goods that the caller's member has and owns, or empty containers that it has, are
// no more. The same act again changes nothing.
func Decommission(l ledger.Ledger, r waymark.DecommissionRequest) (*waymark.Act, error) {
	a, done, err := begin(l, waymark.Act{ID: r.ID, Kind: waymark.ActDecommissioned, Lines: waymark.NormalLines(r.Lines), Reason: r.Reason})
	if err != nil || done != nil {
		return done, err
	}
	b := open(l)
	parts, err := b.parts(r.Lines, a.By)
	if err != nil {
		return nil, err
	}
	if err := authorise(l.Tx(), parts); err != nil {
		return nil, err
	}
	if err := b.checkEnd(a.By, parts); err != nil {
		return nil, err
	}
	if a.Recalled, err = recalledIn(l, parts); err != nil {
		return nil, err
	}
	if err := b.move(parts, waymark.DecommissionedBy(a.ID)); err != nil {
		return nil, err
	}
	return b.finish(l, a, waymark.EventGoodsDecommissioned)
}

// checkEnd checks that containers are empty and all else a member's own. An empty container is nobody's
// property: its number stands for a logistic unit, and there is none any more.
func (b *book) checkEnd(member string, parts []part) error {
	var owned []part
	for _, p := range parts {
		switch t := b.things[p.goods]; {
		case p.goods.Kind() != waymark.GoodsContainer:
			owned = append(owned, p)
		case t.Contents > 0:
			return waymark.Errorf(waymark.FailedPrecondition, "there are %d things in %s: unpack them first", t.Contents, p.goods).Because(waymark.ReasonGoodsPlace)
		}
	}
	return ends(member, owned)
}
