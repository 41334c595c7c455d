package goods

import (
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// remove takes a thing, or all there is of a lot, out of the container that it is directly
// in. Where it goes is for the caller to say.
func (b *book) remove(g, from waymark.Goods, lots []string) error {
	b.changes[ledger.ContentKey(from, g)] = func(w ledger.Writer) error { return w.Delete(ledger.ContentKey(from, g)) }
	c, err := b.thing(from)
	if err != nil {
		return err
	}
	c.Contents--
	if g.Kind() == waymark.GoodsContainer {
		if err := b.nest(from, b.things[g].Height(), nowhere); err != nil {
			return err
		}
	}
	return b.share(from, lots, -1)
}

// nowhere is the height of a container that is not there.
const nowhere = -1

// nest notes which height a container directly in another had, and which it has now. What
// that does to the height of the other one it does for whatever that is in.
func (b *book) nest(in waymark.Goods, was, is int) error {
	c, err := b.thing(in)
	if err != nil {
		return err
	}
	before, nested := c.Height(), slices.Clone(c.Nested)
	for len(nested) <= max(was, is) {
		nested = append(nested, 0)
	}
	if was != nowhere {
		nested[was]--
	}
	if is != nowhere {
		nested[is]++
	}
	for len(nested) > 0 && nested[len(nested)-1] == 0 {
		nested = nested[:len(nested)-1]
	}
	c.Nested = nested
	b.change(in, c)
	if c.Height() == before || c.Place.Kind() != waymark.PlaceContainer {
		return nil
	}
	return b.nest(c.Place.Container(), before, c.Height())
}

// share notes that one more thing, or one less, of those directly in a container has some
// lots. A lot that so comes into the container, or leaves it, does so for whatever that is in.
func (b *book) share(g waymark.Goods, lots []string, change int) error {
	c, err := b.thing(g)
	if err != nil {
		return err
	}
	var passed []string
	for _, lot := range lots {
		if count(c, lot, change) {
			passed = append(passed, lot)
		}
	}
	if len(c.Lots) > waymark.MaxLots {
		_, err := bounded(c.Lots)
		return err
	}
	b.change(g, c)
	if len(passed) == 0 || c.Place.Kind() != waymark.PlaceContainer {
		return nil
	}
	return b.share(c.Place.Container(), passed, change)
}

// count changes how many of the things in a container have a lot, and reports whether the
// lot is new in it or gone from it.
func count(c *waymark.Thing, lot string, change int) bool {
	at, there := slices.BinarySearch(c.Lots, lot)
	if !there {
		c.Lots, c.Shares = slices.Insert(c.Lots, at, lot), slices.Insert(c.Shares, at, 0)
	}
	c.Shares[at] += change
	if c.Shares[at] == 0 {
		c.Lots, c.Shares = slices.Delete(c.Lots, at, at+1), slices.Delete(c.Shares, at, at+1)
		return there
	}
	return !there
}
