package goods

import (
	"strconv"

	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// fill reads the next children of a step.
func (t *tracer) fill(f *frame) error {
	switch {
	case f.Kind == waymark.TracedContainer:
		return t.fillContents(f)
	case f.Kind == waymark.TracedLot && t.direction == waymark.TraceForward:
		return t.fillLot(f)
	default:
		return t.fillList(f)
	}
}

// fillContents has what is directly in a container. Back from there is what that came of;
// forward nothing is, for what is used up was taken out before.
func (t *tracer) fillContents(f *frame) error {
	container := waymark.MustGoods(f.ID)
	in := ledger.Contents(container)
	if f.After != "" {
		in = in.After(ledger.ContentKey(container, waymark.MustGoods(f.After)))
	}
	lines, more, err := ledger.Some[waymark.Line](t.b.r, in, t.limit+1)
	if err != nil {
		return err
	}
	if err := t.b.measure(lines, waymark.InContainer(container)); err != nil {
		return err
	}
	f.done = !more
	for i := range lines {
		lines[i].From = waymark.InContainer(container)
	}
	f.queue, err = t.things(lines, nil)
	return err
}

// fillLot has the items of a lot, or its portions.
func (t *tracer) fillLot(f *frame) error {
	g := waymark.MustGoods(f.ID)
	lot, err := t.b.lot(g)
	if err != nil {
		return err
	}
	if lot.Unit != "" {
		return t.fillPortions(f, g)
	}
	in := ledger.MembersOfLot(g)
	if f.After != "" {
		after, err := waymark.ParseGoods(f.After)
		if err != nil {
			return badCursor()
		}
		in = in.After(ledger.MemberOfLotKey(g, after))
	}
	lines, more, err := ledger.Some[waymark.Line](t.b.r, in, t.limit+1)
	if err != nil {
		return err
	}
	f.done = !more
	f.queue, err = t.things(lines, nil)
	return err
}

func (t *tracer) fillPortions(f *frame, lot waymark.Goods) error {
	in := ledger.Portions(lot)
	if f.After != "" {
		in = in.After(ledger.PortionKey(lot, waymark.Place(f.After)))
	}
	portions, more, err := ledger.Some[waymark.Portion](t.b.r, in, t.limit+1)
	if err != nil {
		return err
	}
	f.done = !more
	for _, p := range portions {
		c := child{position: string(p.Place), entry: waymark.TraceEntry{Kind: waymark.TracedLot, ID: p.Lot, Quantity: p.Quantity, Place: p.Place}}
		if p.Place.Kind() == waymark.PlaceUsed {
			c = transformed(p.Place.ID(), c.position)
			c.entry.Quantity = p.Quantity
		} else if err := t.locate(&c.entry, p.Place); err != nil {
			return err
		}
		if c.entry.Kind == waymark.TracedLot {
			c.lots = t.b.lots[lot].Lots // it has been read to come here
		}
		f.queue = append(f.queue, c)
	}
	return nil
}

// fillList has the children of a step that its own record lists.
func (t *tracer) fillList(f *frame) error {
	all, err := t.list(f)
	if err != nil {
		return err
	}
	from := 0
	if f.After != "" {
		if from, err = strconv.Atoi(f.After); err != nil {
			return badCursor()
		}
		from++
	}
	f.done = true
	if from < len(all) {
		f.queue = all[from:]
	}
	return nil
}

func (t *tracer) list(f *frame) ([]child, error) {
	switch f.Kind {
	case waymark.TracedItem:
		return t.ofItem(waymark.MustGoods(f.ID))
	case waymark.TracedLot:
		lot, err := t.b.lot(waymark.MustGoods(f.ID))
		if err != nil || lot.Made == "" {
			return nil, err
		}
		return []child{transformed(lot.Made, "0")}, nil
	default:
		return t.ofTransformation(f.ID)
	}
}

// ofItem has what used an item up, or its lot and what made it.
func (t *tracer) ofItem(g waymark.Goods) ([]child, error) {
	thing, err := t.b.thing(g)
	if err != nil {
		return nil, err
	}
	if t.direction == waymark.TraceForward {
		if thing.Place.Kind() != waymark.PlaceUsed {
			return nil, nil
		}
		return []child{transformed(thing.Place.ID(), "0")}, nil
	}
	var all []child
	if thing.Lot != "" {
		lot, err := t.b.lot(waymark.MustGoods(thing.Lot))
		if err != nil {
			return nil, err
		}
		all = append(all, child{position: "0", follow: lot.Made != "", once: true, lots: lot.Lots, entry: waymark.TraceEntry{Kind: waymark.TracedLot, ID: thing.Lot}})
	}
	if thing.Made != "" {
		all = append(all, transformed(thing.Made, strconv.Itoa(len(all))))
	}
	return all, nil
}

// ofTransformation has what came out, or what went in.
func (t *tracer) ofTransformation(id string) ([]child, error) {
	a, err := t.transformation(id)
	if err != nil {
		return nil, err
	}
	return t.things(followed(a, t.direction), numbered)
}

// followed are the lines of a transformation that a trace goes to.
func followed(a *waymark.Act, direction waymark.Direction) []waymark.Line {
	if direction == waymark.TraceBack {
		return Lines(a.Lines)
	}
	lines := make([]waymark.Line, 0, len(a.Outputs))
	for _, o := range a.Outputs {
		lines = append(lines, waymark.Line{ID: o.ID, Quantity: o.Quantity})
	}
	return lines
}

func (t *tracer) transformation(id string) (*waymark.Act, error) {
	if a := t.acts[id]; a != nil {
		return a, nil
	}
	a, err := ledger.Require[waymark.Act](t.b.r, ledger.ActKey(id), "act "+id)
	if err == nil {
		t.acts[id] = a
	}
	return a, err
}

// transformed is a transformation as a child.
func transformed(act, position string) child {
	return child{position: position, follow: true, once: true, entry: waymark.TraceEntry{Kind: waymark.TracedTransformation, ID: act}}
}

// numbered gives children their number among all as position.
func numbered(i int, _ string) string { return strconv.Itoa(i) }

// things are children of lines, which are in their order by position, or by id if that is nil.
func (t *tracer) things(lines []waymark.Line, position func(int, string) string) ([]child, error) {
	all := make([]waymark.Goods, 0, len(lines))
	for _, line := range lines {
		all = append(all, waymark.MustGoods(line.ID))
	}
	if err := t.b.load(all); err != nil {
		return nil, err
	}
	children := make([]child, 0, len(lines))
	for i, g := range all {
		c := child{position: lines[i].ID, entry: waymark.TraceEntry{Kind: waymark.TraceKind(g.Kind()), ID: lines[i].ID, Quantity: lines[i].Quantity}}
		if position != nil {
			c.position = position(i, lines[i].ID)
		}
		counts, err := t.complete(&c, g, lines[i].From)
		if err != nil {
			return nil, err
		}
		if counts {
			children = append(children, c)
		}
	}
	return children, nil
}

// complete says of a child where it is now and whether to go down to it, and reports
// whether it counts as a child. at is the place of so much of a lot, if that is known.
func (t *tracer) complete(c *child, g waymark.Goods, at waymark.Place) (counts bool, err error) {
	if g.Kind() == waymark.GoodsLot {
		return true, t.completeLot(c, g, at)
	}
	thing, err := t.b.thing(g)
	if err != nil {
		return false, err
	}
	c.lots = thing.Lots
	forward := t.direction == waymark.TraceForward
	switch {
	case g.Kind() == waymark.GoodsContainer:
		c.follow = true
	case forward:
		c.follow = thing.Place.Kind() == waymark.PlaceUsed
	default:
		c.follow = thing.Lot != "" || thing.Made != ""
	}
	// What a transformation made of the lot at the start counts as an item of that alone.
	again := forward && thing.Lot == t.start && t.path[len(t.path)-1].Kind == waymark.TracedTransformation
	return !again, t.locate(&c.entry, thing.Place)
}

func (t *tracer) completeLot(c *child, g waymark.Goods, at waymark.Place) error {
	lot, err := t.b.lot(g)
	if err != nil {
		return err
	}
	c.lots = lot.Lots
	if t.direction == waymark.TraceForward {
		c.follow = at == ""
	} else {
		c.follow, c.once = lot.Made != "", true
	}
	if at == "" {
		return nil
	}
	return t.locate(&c.entry, at)
}

// locate says where a thing is now.
func (t *tracer) locate(e *waymark.TraceEntry, at waymark.Place) error {
	w, err := t.b.walk(at)
	e.Place, e.Holder, e.TitleHolder = at, w.holder, w.titleHolder
	return err
}
