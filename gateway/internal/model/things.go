package model

import (
	"context"
	"database/sql"
	"strings"

	"github.com/waymark-ledger/waymark/chaincode/rules/goods"
	rules "github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// spot is a thing at a place.
type spot struct{ id, place string }

// cursor is the spot as a page's cursor has it. Neither part has the character between.
func (s spot) cursor() string { return s.id + "@" + s.place }

// parseSpot reads a cursor, or returns Invalid.
func parseSpot(cursor string) (s spot, err error) {
	if cursor == "" {
		return s, nil
	}
	id, place, found := strings.Cut(cursor, "@")
	if g, err := waymark.ParseGoods(id); err != nil || !found || g.String() != id {
		return s, badCursor()
	}
	return spot{id, place}, nil
}

// Things lists the items, lots and containers that a caller may see, by place and id.
func (m *Model) Things(ctx context.Context, by rules.Tx, q waymark.ThingsQuery) (waymark.ThingList, error) {
	list := waymark.ThingList{Things: []waymark.GoodsView{}}
	after, err := parseSpot(q.Cursor)
	if err != nil {
		return list, err
	}
	block, last, err := listed(ctx, m, by, q.Limit, func(v *reading) ([]spot, error) {
		return thingsBehind(v, q, after)
	}, func(v *reading, at spot) (bool, error) {
		g, err := permitted(goods.Get(v, waymark.GoodsQuery{ID: at.id, Limit: waymark.ThingPortions}))
		if g != nil {
			list.Things = append(list.Things, *g)
		}
		return g != nil, err
	})
	if last != nil {
		list.Cursor = last.cursor()
	}
	list.Block = block
	return list, err
}

// thingsBehind are the things that fit a query, behind a spot: the rest of its place, and other places.
func thingsBehind(v *reading, q waymark.ThingsQuery, after spot) (found []spot, err error) {
	if after == (spot{}) {
		return thingsAt(v, q, maxCandidates, func(f *filter, at string) { f.and(at + " >= " + f.arg([]byte{})) })
	}
	found, err = thingsAt(v, q, maxCandidates, func(f *filter, at string) {
		f.and(at + " = " + f.arg([]byte(after.place)))
		f.and("g.id > " + f.arg([]byte(after.id)))
	})
	if err != nil || len(found) == maxCandidates {
		return found, err
	}
	rest, err := thingsAt(v, q, maxCandidates-len(found), func(f *filter, at string) { f.and(at + " > " + f.arg([]byte(after.place))) })
	return append(found, rest...), err
}

// thingsAt are the first things that fit a query, of those that behind leaves by the column of the place.
func thingsAt(v *reading, q waymark.ThingsQuery, limit int, behind func(f *filter, at string)) ([]spot, error) {
	from, at, f := spotsOf(q)
	if f.is("g.kind", string(q.Kind)); q.Kind == waymark.GoodsLot || q.Kind == waymark.GoodsContainer {
		f.and("g.kind <> 'item'") // as the index has it that is of the few
	}
	f.is("g.gtin", q.GTIN)
	f.isBytes("g.lot", canonical(q.Lot))
	behind(&f, at)
	rows, err := v.statements.QueryContext(v.ctx, "SELECT g.place, g.id FROM "+from+f.where()+" ORDER BY "+at+", g.id LIMIT "+f.arg(limit), f.args...)
	if err != nil {
		return nil, err
	}
	return collect(rows, func(rows *sql.Rows) (spot, error) {
		var place, id []byte
		err := rows.Scan(&place, &id)
		return spot{string(id), string(place)}, err
	})
}

// spotsOf says where to look for things by where they are: each thing once, of a lot in bulk the first place that fits.
// at is the column of the place, by which an index has them in order.
func spotsOf(q waymark.ThingsQuery) (from, at string, f filter) {
	if q.Container != "" {
		f.isBytes("g.place", string(waymark.InContainer(waymark.MustGoods(q.Container))))
	}
	if q.Holder == "" && q.Shipment == "" {
		if q.Container == "" {
			f.and("g.whole = 1")
		}
		return "goods g", "g.place", f
	}
	before := "o.id = g.id AND o.place < g.place"
	for _, asked := range [][2]string{{"holder", q.Holder}, {"shipment", q.Shipment}} {
		if column, value := asked[0], asked[1]; value != "" {
			name := f.arg(value)
			f.and("p." + column + " = " + name)
			before += " AND r." + column + " = " + name
		}
	}
	if q.Container == "" {
		f.and("(g.whole = 1 OR NOT EXISTS (SELECT 1 FROM goods o JOIN places r ON r.place = o.place WHERE " + before + "))")
	}
	return "places p JOIN goods g ON g.place = p.place", "p.place", f
}

// canonical is the canonical form of a thing's id that was validated, or empty for none.
func canonical(id string) string {
	if id == "" {
		return ""
	}
	return waymark.MustGoods(id).String()
}
