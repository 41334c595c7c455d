package goods

import (
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/recall"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// contentsCursor says behind which thing of which container a page goes on.
type contentsCursor struct {
	Container string `json:"c"`
	After     string `json:"a"`
}

// Contents returns a page of what is directly in a container, to those whom that concerns.
func Contents(l ledger.Ledger, q waymark.ContentsQuery) (*waymark.Contents, error) {
	g, b := waymark.MustGoods(q.Container), look(l)
	t, _, err := b.readable(l.Tx(), g)
	if err != nil {
		return nil, err
	}
	in := ledger.Contents(g)
	if q.Cursor != "" {
		if in, err = contentsAfter(q.Cursor, g); err != nil {
			return nil, err
		}
	}
	lines, more, err := ledger.Some[waymark.Line](l, in, waymark.Page(q.Limit))
	if err != nil {
		return nil, err
	}
	if err := b.measure(lines, waymark.InContainer(g)); err != nil {
		return nil, err
	}
	recalled, err := recall.Lots(l, t.Lots)
	if err != nil {
		return nil, err
	}
	page := &waymark.Contents{Recalled: recalled, Container: g.String(), Lines: lines}
	if more {
		page.Cursor, err = encodeCursor(contentsCursor{Container: page.Container, After: lines[len(lines)-1].ID})
	}
	return page, err
}

// contentsAfter is the rest of what is in a container, behind what a cursor says.
func contentsAfter(cursor string, container waymark.Goods) (ledger.Range, error) {
	var at contentsCursor
	if err := decodeCursor(cursor, &at); err != nil {
		return ledger.Range{}, err
	}
	after, err := waymark.ParseGoods(at.After)
	if err != nil || at.Container != container.String() {
		return ledger.Range{}, badCursor()
	}
	return ledger.Contents(container).After(ledger.ContentKey(container, after)), nil
}

// measure completes lines of lots with how much of them is at a place.
func (b *book) measure(lines []waymark.Line, at waymark.Place) error {
	var portions []portion
	for _, line := range lines {
		if g := waymark.MustGoods(line.ID); g.Kind() == waymark.GoodsLot {
			portions = append(portions, portion{g, at})
		}
	}
	if err := b.loadPortions(portions); err != nil {
		return err
	}
	for i := range lines {
		if g := waymark.MustGoods(lines[i].ID); g.Kind() == waymark.GoodsLot {
			lines[i].Quantity = waymark.Quantity(b.portions[portion{g, at}])
		}
	}
	return nil
}
