package goods

import (
	"encoding/json"
	"fmt"

	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/recall"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Product returns a product, to anybody with a role.
func Product(l ledger.Ledger, q waymark.ProductQuery) (*waymark.Product, error) {
	p, err := RequireProduct(l, q.GTIN)
	if err != nil {
		return nil, err
	}
	return p, access.Authorize(l.Tx(), waymark.ActReadMember, access.Member(p.Owner))
}

// Get returns a thing with where it is now, to those whom it concerns: of a lot in bulk a
// page of its portions.
func Get(l ledger.Ledger, q waymark.GoodsQuery) (*waymark.GoodsView, error) {
	g, b := waymark.MustGoods(q.ID), look(l)
	var v *waymark.GoodsView
	var err error
	switch {
	case g.Kind() == waymark.GoodsLot:
		v, err = b.viewLot(l.Tx(), g, q)
	case q.Cursor != "":
		err = badCursor()
	default:
		v, err = b.viewThing(l.Tx(), g)
	}
	if err != nil {
		return nil, err
	}
	v.Recalls, err = recall.Of(l, v.Lots)
	return v, err
}

func (b *book) viewThing(tx ledger.Tx, g waymark.Goods) (*waymark.GoodsView, error) {
	t, w, err := b.readable(tx, g)
	if err != nil {
		return nil, err
	}
	v := &waymark.GoodsView{
		ID: t.ID, Kind: g.Kind(), Place: t.Place, Containers: texts(w.containers), Free: w.free(), Holder: w.holder, TitleHolder: w.titleHolder,
		Lots: t.Lots, Lot: t.Lot, Made: t.Made, Contents: t.Contents, Portions: []waymark.PortionView{}, Changed: t.Changed,
	}
	if w.place.Kind() == waymark.PlaceShipment {
		v.Shipment = w.place.ID()
	}
	return v, nil
}

func (b *book) viewLot(tx ledger.Tx, g waymark.Goods, q waymark.GoodsQuery) (*waymark.GoodsView, error) {
	lot, err := b.lot(g)
	if err != nil {
		return nil, err
	}
	if err := b.mayReadLot(tx, g); err != nil {
		return nil, err
	}
	portions, cursor, err := b.portionsOf(g, q)
	if err != nil {
		return nil, err
	}
	return &waymark.GoodsView{
		ID: lot.ID, Kind: g.Kind(), Containers: []string{}, Lots: lot.Lots, Made: lot.Made,
		Unit: lot.Unit, Quantity: lot.Quantity, Portions: portions, Cursor: cursor, Changed: lot.Created,
	}, nil
}

// portionsCursor says behind which place of which lot a page goes on.
type portionsCursor struct {
	Lot   string        `json:"l"`
	After waymark.Place `json:"a"`
}

// portionsOf returns a page of the portions of a lot, and the cursor of the next.
func (b *book) portionsOf(lot waymark.Goods, q waymark.GoodsQuery) ([]waymark.PortionView, string, error) {
	in := ledger.Portions(lot)
	if q.Cursor != "" {
		var at portionsCursor
		if err := decodeCursor(q.Cursor, &at); err != nil {
			return nil, "", err
		}
		if at.Lot != lot.String() || !isPlace(string(at.After)) {
			return nil, "", badCursor()
		}
		in = in.After(ledger.PortionKey(lot, at.After))
	}
	portions, more, err := ledger.Some[waymark.Portion](b.r, in, waymark.Page(q.Limit))
	if err != nil {
		return nil, "", err
	}
	views := make([]waymark.PortionView, 0, len(portions))
	for _, p := range portions {
		w, err := b.walk(p.Place)
		if err != nil {
			return nil, "", err
		}
		views = append(views, waymark.PortionView{Place: p.Place, Quantity: p.Quantity, Holder: w.holder, TitleHolder: w.titleHolder})
	}
	if !more {
		return views, "", nil
	}
	cursor, err := encodeCursor(portionsCursor{lot.String(), portions[len(portions)-1].Place})
	return views, cursor, err
}

func texts(all []waymark.Goods) []string {
	ids := make([]string, 0, len(all))
	for _, g := range all {
		ids = append(ids, g.String())
	}
	return ids
}

// History returns what the record of an item or container has been, to those whom it
// concerns now.
func History(l ledger.Ledger, q waymark.ThingQuery) (*waymark.ThingHistory, error) {
	g, b := waymark.MustGoods(q.ID), look(l)
	if g.Kind() == waymark.GoodsLot {
		return nil, waymark.InvalidField("/id", "must name an item or a container: what became of a lot is its trace")
	}
	if err := b.checkReadable(l.Tx(), g); err != nil {
		return nil, err
	}
	versions, more, err := l.History(ledger.GoodsKey(g), waymark.MaxThingVersions)
	if err != nil {
		return nil, err
	}
	h := &waymark.ThingHistory{ID: g.String(), Versions: []waymark.ThingVersion{}, More: more}
	for _, version := range versions {
		var t waymark.Thing
		if err := json.Unmarshal(version.Value, &t); err != nil {
			return nil, fmt.Errorf("decode thing: %w", err)
		}
		h.Versions = append(h.Versions, waymark.ThingVersion{Place: t.Place, Lots: t.Lots, Changed: t.Changed})
	}
	return h, nil
}
