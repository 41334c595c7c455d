package goods

import (
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/internal/ledger"
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
	if c.Contents--; c.Contents == 0 {
		c.Height = 0
	}
	return b.share(from, lots, -1)
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
