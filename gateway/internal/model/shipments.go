package model

import (
	"context"
	"database/sql"
	"strconv"
	"strings"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	rules "github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/shipment"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/database"
)

// indexShipment makes the row of a shipment anew. One whose records say what no rule wrote has none.
func (a *application) indexShipment(id string) error {
	a.settle[waymark.InShipment(id)] = true
	s, c, t, err := shipmentOf(a.is, id)
	if broken(err) {
		return err
	}
	if err != nil {
		return a.exec(`DELETE FROM shipments WHERE id = $1`, []byte(id))
	}
	return a.exec(`INSERT INTO shipments (id, state, consignor, consignee, custodian, title_holder, changed) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (id) DO UPDATE SET state = excluded.state, consignor = excluded.consignor, consignee = excluded.consignee, custodian = excluded.custodian, title_holder = excluded.title_holder, changed = excluded.changed`,
		[]byte(id), c.State, s.Consignor, s.Consignee, c.Custodian, t.Holder, database.Signed(a.block))
}

// shipmentOf is a shipment with its custody and title.
func shipmentOf(r rules.Reader, id string) (*waymark.Shipment, *waymark.Custody, *waymark.Title, error) {
	c, t, err := shipment.Whose(r, id)
	if err != nil {
		return nil, nil, nil, err
	}
	s, err := shipment.Find(r, id)
	return s, c, t, err
}

// ranked is a shipment, and the last block that changed it.
type ranked struct {
	id      string
	changed uint64
}

// cursor is the shipment as a page's cursor in an order has it.
func (r ranked) cursor(in waymark.ShipmentOrder) string {
	if in == waymark.ShipmentsByChange {
		return strconv.FormatUint(r.changed, 10) + ":" + r.id
	}
	return r.id
}

// parseRanked reads a cursor, or returns Invalid.
func parseRanked(cursor string, in waymark.ShipmentOrder) (r ranked, err error) {
	r = ranked{id: cursor, changed: waymark.MaxSequence}
	if cursor == "" {
		return r, nil
	}
	if in == waymark.ShipmentsByChange {
		block, id, _ := strings.Cut(cursor, ":")
		r.id = id
		r.changed, err = strconv.ParseUint(block, 10, 63)
	}
	if err != nil || waymark.ValidateID("", r.id) != nil {
		return r, badCursor()
	}
	return r, nil
}

// Shipments lists the shipments that a caller may see, by id or by their last change.
func (m *Model) Shipments(ctx context.Context, by rules.Tx, q waymark.ShipmentsQuery) (waymark.ShipmentList, error) {
	list := waymark.ShipmentList{Shipments: []waymark.ShipmentView{}}
	after, err := parseRanked(q.Cursor, q.Sort)
	if err != nil {
		return list, err
	}
	block, last, err := listed(ctx, m, by, q.Limit, func(v *reading) ([]ranked, error) {
		return shipmentsBehind(v, q, after)
	}, func(v *reading, r ranked) (bool, error) {
		s, err := permitted(custody.Get(v, waymark.ShipmentQuery{Shipment: r.id, Purpose: q.Purpose}))
		if s == nil || !fits(q.State, s.State) {
			return false, err
		}
		list.Shipments = append(list.Shipments, *s)
		return true, nil
	})
	if last != nil {
		list.Cursor = last.cursor(q.Sort)
	}
	list.Block = block
	return list, err
}

// shipmentsBehind are the shipments that may fit a query, behind one. What is shown as settled or closed is stored as
// accepted or discrepant: by no index, as in time nearly all are.
func shipmentsBehind(v *reading, q waymark.ShipmentsQuery, after ranked) ([]ranked, error) {
	var f filter
	if q.State == waymark.ShipmentSettled || q.State == waymark.ShipmentClosed {
		f.and("state || '' IN (" + f.arg(string(waymark.ShipmentAccepted)) + ", " + f.arg(string(waymark.ShipmentDiscrepant)) + ")")
	} else {
		f.is("state", string(q.State))
	}
	f.is("custodian", q.Custodian)
	f.is("consignor", q.Consignor)
	f.is("consignee", q.Consignee)
	f.is("title_holder", q.TitleHolder)
	order, id := "id", f.arg([]byte(after.id))
	if q.Sort == waymark.ShipmentsByChange {
		order = "changed DESC, id"
		changed := f.arg(database.Signed(after.changed))
		f.and("changed <= " + changed + " AND (changed < " + changed + " OR id > " + id + ")")
	} else {
		f.and("id > " + id)
	}
	rows, err := v.statements.QueryContext(v.ctx, "SELECT id, changed FROM shipments"+f.where()+" ORDER BY "+order+" LIMIT "+f.arg(maxCandidates), f.args...)
	if err != nil {
		return nil, err
	}
	return collect(rows, func(rows *sql.Rows) (r ranked, err error) {
		var id []byte
		var changed int64
		err = rows.Scan(&id, &changed)
		return ranked{string(id), database.Unsigned(changed)}, err
	})
}
