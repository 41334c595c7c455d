package model

import (
	"context"
	"fmt"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	rules "github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/shipment"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/database"
)

// indexShipment makes the row of a shipment anew.
func (a *application) indexShipment(id string) error {
	r := records{ctx: a.ctx, statements: a.statements}
	s, err := shipment.Find(r, id)
	if err != nil {
		return err
	}
	if s == nil { // no record of a shipment is ever deleted; what else wrote the key is none
		return nil
	}
	c, t, err := shipment.Whose(r, id)
	if err != nil {
		return err
	}
	return a.exec(`INSERT INTO shipments (id, state, consignor, consignee, custodian, title_holder) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (id) DO UPDATE SET state = excluded.state, custodian = excluded.custodian, title_holder = excluded.title_holder`,
		[]byte(id), c.State, s.Consignor, s.Consignee, c.Custodian, t.Holder)
}

// maxCandidates bounds what one page looks at: it can be short, and go on.
const maxCandidates = 500

// Shipments lists the shipments that a caller may see, by id.
func (m *Model) Shipments(ctx context.Context, by rules.Tx, q waymark.ShipmentsQuery) (list waymark.ShipmentList, err error) {
	list.Shipments = []waymark.ShipmentView{}
	err = m.db.Snapshot(ctx, func(ctx context.Context, s database.Statements) error {
		if list.Block, err = lastBlock(ctx, s); err != nil {
			return err
		}
		ids, err := candidates(ctx, s, q)
		if err != nil {
			return fmt.Errorf("shipments: %w", err)
		}
		v := view{records{ctx, s}, by}
		list.Cursor, err = page(ids, q.Limit, func(id string) (bool, error) {
			shown, err := shown(v, id, q)
			if shown != nil {
				list.Shipments = append(list.Shipments, *shown)
			}
			return shown != nil, err
		})
		return err
	})
	return list, err
}

// page shows candidates until there are as many as a page has, and returns the one to go on after.
func page(ids []string, limit int, show func(id string) (bool, error)) (cursor string, err error) {
	n := 0
	for i, id := range ids {
		ok, err := show(id)
		if err != nil {
			return "", err
		}
		if ok {
			n++
		}
		if n == waymark.Page(limit) && i+1 < len(ids) || i+1 == maxCandidates {
			return id, nil
		}
	}
	return "", nil
}

// shown is a candidate as the rules show it, or nil if they do not, or it is in another state.
func shown(v view, id string, q waymark.ShipmentsQuery) (*waymark.ShipmentView, error) {
	s, err := custody.Get(v, waymark.ShipmentQuery{Shipment: id, Purpose: q.Purpose})
	if err != nil && waymark.CodeOf(err) == waymark.Forbidden {
		return nil, nil //nolint:nilnil // not shown
	}
	if err == nil && q.State != "" && s.State != q.State {
		return nil, nil //nolint:nilnil // not shown
	}
	return s, err
}

// candidates are the ids of shipments that may fit a query. What is shown as settled or closed is stored as accepted.
func candidates(ctx context.Context, s database.Statements, q waymark.ShipmentsQuery) (ids []string, err error) {
	stored := q.State
	if stored == waymark.ShipmentSettled || stored == waymark.ShipmentClosed {
		stored = ""
	}
	rows, err := s.QueryContext(ctx, `SELECT id FROM shipments WHERE id > $1
		AND ($2 = '' OR state = $2) AND ($3 = '' OR custodian = $3) AND ($4 = '' OR consignor = $4)
		AND ($5 = '' OR consignee = $5) AND ($6 = '' OR title_holder = $6) ORDER BY id LIMIT $7`,
		[]byte(q.Cursor), stored, q.Custodian, q.Consignor, q.Consignee, q.TitleHolder, maxCandidates)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // rows.Err has said what there is to say
	for rows.Next() {
		var id []byte
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, string(id))
	}
	return ids, rows.Err()
}
