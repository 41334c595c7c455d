package model_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/goods"
	"github.com/waymark-ledger/waymark/chaincode/rules/policy"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/database/databasetest"
)

func hasPath(r waymark.SearchResult, path string) bool {
	return slices.ContainsFunc(r.Found, func(f waymark.Found) bool { return f.Path == path })
}

// searchFinds by each spelling what an identifier names, of what the caller may see.
func searchFinds(t *testing.T, open databasetest.Opener) {
	d := newDepot(t)
	producer := d.As("producer", waymark.Operator)
	done(t, d, d.As("retailer", waymark.Admin), registry.RegisterMember, waymark.RegisterMemberRequest{ID: "retailer", Name: "r", GLN: "9506000134352"})
	done(t, d, producer, goods.Pack, waymark.PackRequest{ID: "act-1", Container: depotContainers[0], Lines: []waymark.Line{{ID: depotItems[2]}}})
	done(t, d, producer, custody.Create, waymark.CreateShipmentRequest{ID: "s0", Consignee: "retailer", Goods: []waymark.Line{{ID: depotItems[0]}}})
	done(t, d, d.As("producer", waymark.Admin), policy.Put, waymark.PutPolicyRequest{ID: "grant-1", Text: `permit (principal, action == Waymark::Action::"ReadShipment", resource) when { context.purpose == "claim" };`})
	tx := done(t, d, producer, policy.Authorize, waymark.CheckRequest{Action: waymark.ActReadShipment, Shipment: "s0"}).TxID
	m := d.modelOf(t, open)
	path := func(id string) string {
		return "/v1/goods?id=" + strings.NewReplacer(":", "%3A", "/", "%2F").Replace(id)
	}
	everybody, nobody := everyone, []string(nil)
	tests := []struct {
		q, purpose string
		path       string
		by         []string // whose operators find it
	}{
		{q: "retailer", path: "/v1/members/retailer", by: everybody},
		{q: "9506000134352", path: "/v1/members/retailer", by: everybody},
		{q: "9506000134352", path: "/v1/products/09506000134352", by: everybody},
		{q: "09506", path: "/v1/products/09506000134352", by: everybody},
		{q: "(01)09506000134352", path: "/v1/products/09506000134352", by: everybody},
		{q: "https://example.com/01/9506000134352?x=y", path: "/v1/products/09506000134352", by: everybody},
		{q: "logger", path: "/v1/devices/logger-2", by: everybody},
		{q: "ogger", path: "/v1/devices/logger-2", by: nobody},
		{q: "Logger", path: "/v1/devices/logger-2", by: nobody},
		{q: "s0", path: "/v1/shipments/s0", by: []string{"producer", "retailer"}},
		{q: "s0", purpose: "claim", path: "/v1/shipments/s0", by: everybody},
		{q: "a", path: path(depotItems[0]), by: []string{"producer", "retailer"}},
		{q: depotItems[0], path: path(depotItems[0]), by: []string{"producer", "retailer"}},
		{q: "urn:epc:id:sgtin:9506000.013435.a", path: path(depotItems[0]), by: []string{"producer", "retailer"}},
		{q: "https://example.com/x/01/09506000134352/21/a?17=261130", path: path(depotItems[0]), by: []string{"producer", "retailer"}},
		{q: "(01)09506000134352(17)261130(21)a", path: path(depotItems[0]), by: []string{"producer", "retailer"}},
		{q: "]d2010950600013435221a", path: path(depotItems[0]), by: []string{"producer", "retailer"}},
		{q: "a", path: path(depotItems[3]), by: []string{"producer", "auditor"}},
		{q: "L1", path: path(depotLots[0]), by: []string{"producer"}},
		{q: "010950600013435210L1", path: path(depotLots[0]), by: []string{"producer"}},
		{q: "(01)09506000134352(10)L2", path: path(depotLots[1]), by: []string{"producer"}},
		{q: "395060001234567894", path: path(depotContainers[0]), by: []string{"producer"}},
		{q: "00395060001234567894", path: path(depotContainers[0]), by: []string{"producer"}},
		{q: "(00)395060001234567894", path: path(depotContainers[0]), by: []string{"producer"}},
		{q: "urn:epc:id:sscc:9506000.3123456789", path: path(depotContainers[0]), by: []string{"producer"}},
		{q: "act-1", path: "/v1/goods/acts/act-1", by: []string{"producer"}},
		{q: "grant", path: "/v1/policies/owners/producer/authors/producer/grant-1", by: everybody},
		{q: tx, path: "/v1/policies/decisions/" + tx, by: everybody},
		{q: tx, path: "/v1/transactions/" + tx, by: everybody},
		{q: tx[:8], path: "/v1/transactions/" + fmt.Sprintf("%064x", 1), by: everybody},
		{q: "0000000", path: "/v1/transactions/" + tx, by: nobody},
		{q: "%", path: "/v1/devices/logger-2", by: nobody},
		{q: "(01)(21)", path: "", by: nobody},
		{q: "]d201095060001343521727123110L1\x1d21a", path: path(depotItems[0]), by: []string{"producer", "retailer"}},
		{q: "010950600013435221a\x1d17271231", path: path(depotItems[0]), by: []string{"producer", "retailer"}},
		{q: "395060001234567890", path: path("https://id.gs1.org/00/395060001234567890"), by: nobody}, // the check digit is another
		{q: "(00)12345678", path: "", by: nobody},
		{q: "(01)09506000134353(21)a", path: path("https://id.gs1.org/01/09506000134353/21/a"), by: nobody},
	}
	for _, tt := range tests {
		for _, member := range everyone {
			got, err := m.Search(t.Context(), d.by(member, waymark.Operator), waymark.SearchQuery{Q: tt.q, Purpose: tt.purpose})
			if want := slices.Contains(tt.by, member); err != nil || hasPath(got, tt.path) != want {
				t.Errorf("%s searches %q for %q: want %s: %v, got %+v, %v", member, tt.q, tt.purpose, tt.path, want, got.Found, err)
			}
		}
	}
	for kind, want := range map[waymark.FoundKind]int{"": 4, waymark.FoundItem: 2, waymark.FoundAct: 1, waymark.FoundLot: 0} {
		got, err := m.Search(t.Context(), d.by("producer", waymark.Operator), waymark.SearchQuery{Q: "a", Kind: kind})
		if err != nil || len(got.Found) != want || want > 1 && got.Found[0].Kind != waymark.FoundItem {
			t.Errorf("%d of kind %q: %+v, %v", want, kind, got.Found, err)
		}
	}
	relay, err := m.Search(t.Context(), d.by("producer", waymark.Relay), waymark.SearchQuery{Q: "s0"})
	if err != nil || len(relay.Found) != 0 {
		t.Errorf("a relay finds %+v, %v", relay, err)
	}
}

// searchIsBounded however much begins so.
func searchIsBounded(t *testing.T, open databasetest.Opener) {
	d := newDepot(t)
	var items []string
	for n := range 30 {
		items = append(items, item(fmt.Sprintf("many-%02d", n)))
	}
	done(t, d, d.As("producer", waymark.Operator), goods.Commission, waymark.CommissionRequest{Items: items})
	m := d.modelOf(t, open)
	for _, tt := range []struct {
		member, q string
		found     int
		more      bool
	}{{"producer", "many", waymark.MaxFound, true}, {"producer", "many-0", 10, false}, {"carrier", "many", 0, false}, {"producer", items[7], 1, false}} {
		got, err := m.Search(t.Context(), d.by(tt.member, waymark.Viewer), waymark.SearchQuery{Q: tt.q})
		if err != nil || len(got.Found) != tt.found || got.More != tt.more {
			t.Errorf("%s searches %s: %+v, %v", tt.member, tt.q, got, err)
		}
	}
	m.SetPageBytes(1)
	if got, err := m.Search(t.Context(), d.by("producer", waymark.Viewer), waymark.SearchQuery{Q: "many-0"}); err != nil || len(got.Found) != 1 || !got.More {
		t.Errorf("of what is too much: %+v, %v", got, err)
	}
}
