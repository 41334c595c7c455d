package model

import (
	"context"
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
		return s, waymark.InvalidField("/cursor", "is not the cursor of an answer to this question: begin anew")
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
	block, last, err := listed(ctx, m, by, q.Limit, func(v view) ([]spot, error) {
		return thingsBehind(v, q, after)
	}, func(v view, at spot) (bool, error) {
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

// thingsBehind are the things that fit a query, behind a spot.
func thingsBehind(v view, q waymark.ThingsQuery, after spot) (found []spot, err error) {
	from, f := spotsOf(q)
	f.is("g.kind", string(q.Kind))
	f.is("g.gtin", q.GTIN)
	f.isBytes("g.lot", canonical(q.Lot))
	place := f.arg([]byte(after.place))
	f.and("g.place >= " + place + " AND (g.place > " + place + " OR g.id > " + f.arg([]byte(after.id)) + ")")
	rows, err := v.statements.QueryContext(v.ctx, "SELECT g.place, g.id FROM "+from+f.where()+" ORDER BY g.place, g.id LIMIT "+f.arg(maxCandidates), f.args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // rows.Err has said what there is to say
	for rows.Next() {
		var place, id []byte
		if err := rows.Scan(&place, &id); err != nil {
			return nil, err
		}
		found = append(found, spot{string(id), string(place)})
	}
	return found, rows.Err()
}

// spotsOf says where to look for things by where they are: each thing once, of a lot in bulk the first place that fits.
func spotsOf(q waymark.ThingsQuery) (from string, f filter) {
	if q.Container != "" {
		f.isBytes("g.place", string(waymark.InContainer(waymark.MustGoods(q.Container))))
	}
	if q.Holder == "" && q.Shipment == "" {
		if q.Container == "" {
			f.and("g.whole = 1")
		}
		return "goods g", f
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
	return "places p JOIN goods g ON g.place = p.place", f
}

// canonical is the canonical form of a thing's id that was validated, or empty for none.
func canonical(id string) string {
	if id == "" {
		return ""
	}
	return waymark.MustGoods(id).String()
}
