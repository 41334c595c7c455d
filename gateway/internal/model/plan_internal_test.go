package model

import (
	"context"
	"database/sql"
	"strings"
	"testing"

	rules "github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/database"
	"github.com/waymark-ledger/waymark/gateway/internal/database/databasetest"
)

// explained notes how SQLite goes about each query.
type explained struct {
	database.Statements
	plan *[]string
}

func (e explained) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	rows, err := e.Statements.QueryContext(ctx, "EXPLAIN QUERY PLAN "+query, args...)
	if err != nil {
		return nil, err
	}
	steps, err := collect(rows, func(rows *sql.Rows) (step string, err error) {
		var id, parent, unused int
		err = rows.Scan(&id, &parent, &unused, &step)
		return step, err
	})
	if err != nil {
		return nil, err
	}
	*e.plan = append(*e.plan, steps...)
	return e.Statements.QueryContext(ctx, query, args...)
}

// TestPlans: no page of a list sorts all that there is, wherever it begins.
func TestPlans(t *testing.T) {
	db := databasetest.Of(database.Model, databasetest.SQLiteConfig)(t)()
	item := waymark.Item("09506000134352", "a").String()
	finds := map[string]func(*reading) error{}
	for name, q := range map[string]waymark.ThingsQuery{
		"all things": {}, "of a kind": {Kind: waymark.GoodsContainer}, "of a product": {GTIN: "09506000134352"}, "held": {Holder: "m"}, "shipped": {Shipment: "s"},
		"held of a kind": {Holder: "m", Kind: waymark.GoodsLot},
	} {
		for _, after := range []spot{{}, {item, "stock/m/m"}} {
			finds[name+" behind "+after.place] = func(v *reading) error { _, err := thingsBehind(v, q, after); return err }
		}
	}
	for name, q := range map[string]waymark.ShipmentsQuery{
		"all shipments": {}, "in a state": {State: waymark.ShipmentReady}, "settled": {State: waymark.ShipmentSettled}, "of a custodian": {Custodian: "m"},
		"of a custodian in a state": {Custodian: "m", State: waymark.ShipmentReady}, "by change": {Sort: waymark.ShipmentsByChange}, "of a custodian by change": {Custodian: "m", Sort: waymark.ShipmentsByChange},
		"of a consignee by change": {Consignee: "m", Sort: waymark.ShipmentsByChange},
	} {
		finds[name] = func(v *reading) error { _, err := shipmentsBehind(v, q, ranked{"s", 7}); return err }
	}
	for name, q := range map[string]waymark.DecisionsQuery{
		"all decisions": {}, "the latest": {Order: waymark.LatestFirst}, "of a member": {Member: "m"}, "denied to a member": {Member: "m", Outcome: waymark.DecisionDenied, Order: waymark.LatestFirst},
	} {
		q.Cursor = "7:0:0"
		finds[name] = func(v *reading) error { _, err := decisionsBehind(v, q, Position{Block: 7}); return err }
	}
	for name, find := range finds {
		var plan []string
		err := db.Snapshot(t.Context(), func(ctx context.Context, s database.Statements) error {
			return find(newReading(ctx, explained{s, &plan}, rules.Tx{}))
		})
		if all := strings.Join(plan, "; "); err != nil || len(plan) == 0 || strings.Contains(all, "TEMP B-TREE") {
			t.Errorf("%s: %s, %v", name, all, err)
		}
	}
}
