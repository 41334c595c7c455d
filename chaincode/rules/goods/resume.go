package goods

import (
	"slices"
	"strconv"
	"strings"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// resume goes on where a cursor says. Each of its steps must follow from the one before, so
// that a cursor that was made up leads nowhere that the start does not.
func (t *tracer) resume(text string) error {
	var at traceCursor
	if err := decodeCursor(text, &at); err != nil {
		return err
	}
	if !t.fits(at) {
		return badCursor()
	}
	for i, f := range at.Path[1:] {
		linked, err := t.linked(at.Path[i], f)
		if err != nil {
			return err
		}
		if !linked {
			return badCursor()
		}
	}
	t.path, t.met = at.Path, at.Met
	return nil
}

// fits checks the form of a cursor, and that it is of this question.
func (t *tracer) fits(at traceCursor) bool {
	n := len(at.Path)
	if at.Start != t.start || at.Direction != t.direction || n == 0 || n > waymark.MaxTraceDepth || len(at.Met) > maxMet {
		return false
	}
	bad := func(f *frame) bool { return f == nil || !f.valid(t.direction) }
	if slices.ContainsFunc(at.Path, bad) || slices.ContainsFunc(at.Met, func(m []byte) bool { return len(m) != digestSize }) {
		return false
	}
	return at.Path[0].Kind == t.path[0].Kind && at.Path[0].ID == t.start
}

// valid checks the form of a step that came in a cursor: what it names, and where it is among
// the children of that.
func (f *frame) valid(direction waymark.Direction) bool {
	if f.Kind == waymark.TracedTransformation {
		return waymark.ValidateID("", f.ID) == nil && isNumber(f.After)
	}
	g, err := waymark.ParseGoods(f.ID)
	return err == nil && f.ID == g.String() && f.Kind == waymark.TraceKind(g.Kind()) && (f.After == "" || f.validAfter(direction))
}

// validAfter checks the place of a child of a thing.
func (f *frame) validAfter(direction waymark.Direction) bool {
	switch {
	case f.Kind == waymark.TracedContainer:
		return waymark.ValidateGoods("", f.After) == nil
	case f.Kind == waymark.TracedLot && direction == waymark.TraceForward:
		return waymark.ValidateGoods("", f.After, waymark.GoodsItem) == nil || isPlace(f.After)
	}
	return isNumber(f.After)
}

// isNumber reports whether a text is empty or the number of a child.
func isNumber(text string) bool {
	n, err := strconv.Atoi(text)
	return text == "" || err == nil && 0 <= n && n < waymark.MaxLines
}

// isPlace reports whether a text has the form of a place.
func isPlace(text string) bool {
	for _, part := range strings.Split(text, "/") {
		if waymark.ValidateID("", part) != nil {
			return false
		}
	}
	return true
}

// linked reports whether a step follows from another now.
func (t *tracer) linked(from, to *frame) (bool, error) {
	switch {
	case from.Kind == waymark.TracedTransformation:
		a, err := t.transformation(from.ID)
		if err != nil {
			return false, err
		}
		return slices.ContainsFunc(followed(a, t.direction), func(l waymark.Line) bool { return l.ID == to.ID }), nil
	case from.Kind == waymark.TracedContainer:
		return t.contained(waymark.MustGoods(from.ID), to)
	case from.Kind == waymark.TracedLot && t.direction == waymark.TraceForward:
		return t.ofLot(waymark.MustGoods(from.ID), to)
	}
	all, err := t.list(from)
	return slices.ContainsFunc(all, func(c child) bool { return c.entry.Kind == to.Kind && c.entry.ID == to.ID }), err
}

func (t *tracer) contained(container waymark.Goods, to *frame) (bool, error) {
	if to.Kind == waymark.TracedTransformation {
		return false, nil
	}
	g, inside := waymark.MustGoods(to.ID), waymark.InContainer(container)
	if g.Kind() == waymark.GoodsLot {
		p := portion{g, inside}
		err := t.b.loadPortions([]portion{p})
		return t.b.portions[p] > 0 && t.direction == waymark.TraceBack, err
	}
	thing, err := t.b.thing(g)
	if err != nil {
		return false, err
	}
	return thing.Place == inside, nil
}

// ofLot reports whether a step is an item of a lot, or what used some of it up.
func (t *tracer) ofLot(lot waymark.Goods, to *frame) (bool, error) {
	if to.Kind == waymark.TracedTransformation {
		p := portion{lot, waymark.UsedBy(to.ID)}
		err := t.b.loadPortions([]portion{p})
		return t.b.portions[p] > 0, err
	}
	if to.Kind != waymark.TracedItem {
		return false, nil
	}
	thing, err := t.b.thing(waymark.MustGoods(to.ID))
	if err != nil {
		return false, err
	}
	return thing.Lot == lot.String(), nil
}
