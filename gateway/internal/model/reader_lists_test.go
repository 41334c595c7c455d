package model_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	"github.com/waymark-ledger/waymark/chaincode/rules/goods"
	rules "github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/cursor"
	"github.com/waymark-ledger/waymark/gateway/internal/database/databasetest"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/model"
)

// viewers knows each identity as the viewer of the member that has its name.
type viewers struct{ *depot }

func (v viewers) Caller(as ledger.Identity) (rules.Caller, error) {
	return v.As(string(as), waymark.Viewer), nil
}

func (viewers) Evaluate(context.Context, ledger.Call) (json.RawMessage, error) {
	return json.Marshal(access.Baseline())
}

func (v viewers) Height(context.Context) (uint64, error) { return uint64(len(v.blocks)), nil }

// cursorsTellNothing of what a page has looked at and not shown, nor are they taken if they are made up.
func cursorsTellNothing(t *testing.T, open databasetest.Opener) {
	d := newDepot(t)
	for n := range 6 {
		var items []string
		for i := range 200 {
			items = append(items, item(fmt.Sprintf("hidden-%d-%03d", n, i)))
		}
		done(t, d, d.As("producer", waymark.Operator), goods.Commission, waymark.CommissionRequest{Items: items})
	}
	m := d.modelOf(t, open)
	r := model.NewReader(m, viewers{d}, "producer", scenario.Channel, func(string) string { return "" }, cursor.New(databasetest.SQLite(t)()))
	raw, err := m.Things(t.Context(), d.by("carrier", waymark.Viewer), waymark.ThingsQuery{})
	if err != nil || !strings.Contains(raw.Cursor, "hidden") {
		t.Fatalf("no page ends at what is hidden: %q, %v", raw.Cursor, err)
	}
	var cursors []string
	pages(t, false, func(after string) ([]waymark.GoodsView, string, error) {
		p, err := r.Things(t.Context(), "carrier", waymark.ThingsQuery{Cursor: after})
		cursors = append(cursors, p.Cursor)
		return p.Things, p.Cursor, err
	}, func(g waymark.GoodsView) string { return g.ID })
	if len(cursors) < 3 {
		t.Errorf("%d pages", len(cursors))
	}
	for _, c := range cursors {
		sealed, err := base64.RawURLEncoding.DecodeString(c)
		if err != nil || slices.ContainsFunc([]string{"hidden", "gs1", "stock", "producer"}, func(s string) bool { return strings.Contains(string(sealed), s) }) {
			t.Errorf("cursor %s: %v", c, err)
		}
	}
	for as, bad := range map[ledger.Identity]string{"carrier": raw.Cursor, "retailer": cursors[0]} {
		if _, err := r.Things(t.Context(), as, waymark.ThingsQuery{Cursor: bad}); waymark.CodeOf(err) != waymark.Invalid {
			t.Errorf("%s goes on at %s: %v", as, bad, err)
		}
	}
	if _, err := r.Decisions(t.Context(), "carrier", waymark.DecisionsQuery{Cursor: cursors[0]}); waymark.CodeOf(err) != waymark.Invalid {
		t.Errorf("decisions go on at a thing: %v", err)
	}
}
