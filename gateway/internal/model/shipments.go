package model

import (
	"context"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	rules "github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/shipment"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// indexShipment makes the row of a shipment anew. One whose records say what no rule wrote has none.
func (a *application) indexShipment(id string) error {
	a.settle[waymark.InShipment(id)] = true
	s, c, t, err := shipmentOf(a.records(), id)
	if broken(err) {
		return err
	}
	if err != nil {
		return a.exec(`DELETE FROM shipments WHERE id = $1`, []byte(id))
	}
	return a.exec(`INSERT INTO shipments (id, state, consignor, consignee, custodian, title_holder) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (id) DO UPDATE SET state = excluded.state, custodian = excluded.custodian, title_holder = excluded.title_holder`,
		[]byte(id), c.State, s.Consignor, s.Consignee, c.Custodian, t.Holder)
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

// Shipments lists the shipments that a caller may see, by id.
func (m *Model) Shipments(ctx context.Context, by rules.Tx, q waymark.ShipmentsQuery) (waymark.ShipmentList, error) {
	list := waymark.ShipmentList{Shipments: []waymark.ShipmentView{}}
	block, last, err := listed(ctx, m, by, q.Limit, func(v view) ([]string, error) {
		return shipmentCandidates(v, q)
	}, func(v view, id string) (bool, error) {
		s, err := permitted(custody.Get(v, waymark.ShipmentQuery{Shipment: id, Purpose: q.Purpose}))
		if s == nil || !fits(q.State, s.State) {
			return false, err
		}
		list.Shipments = append(list.Shipments, *s)
		return true, nil
	})
	list.Block, list.Cursor = block, cursorOf(last)
	return list, err
}

// shipmentCandidates are the ids of shipments that may fit a query. What is shown as settled or closed is stored as accepted.
func shipmentCandidates(v view, q waymark.ShipmentsQuery) ([]string, error) {
	var f filter
	if q.State != waymark.ShipmentSettled && q.State != waymark.ShipmentClosed {
		f.is("state", string(q.State))
	}
	f.is("custodian", q.Custodian)
	f.is("consignor", q.Consignor)
	f.is("consignee", q.Consignee)
	f.is("title_holder", q.TitleHolder)
	return v.byID("shipments", f, q.Cursor)
}
