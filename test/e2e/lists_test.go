//go:build e2e

package e2e

import (
	"context"
	"iter"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	gateway "github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/test/internal/app"
)

// travelled is a shipment of a box with an item in it, of another item and of a lot in bulk, on its way with the carrier,
// and a decision on it.
type travelled struct {
	item, loose, lot, box string
	shipment, device      string
	offered               waymark.Handoff
	decision              string
	block                 uint64 // has all of it
}

// travel makes one.
func travel(ctx context.Context, t *testing.T) travelled {
	t.Helper()
	admin, producer := as(t, "producer", waymark.Admin), operator(t, "producer")
	j := travelled{
		item: waymark.Item(app.GTIN, name("item")).String(), loose: waymark.Item(app.GTIN, name("item")).String(),
		lot: waymark.Goods{GTIN: app.GTIN, Lot: name("lot")}.String(), box: container(), shipment: name("shipment"),
		device: logger(ctx, t, attest.Ed25519).ID(),
	}
	done(ctx, t, admin.RegisterProduct, waymark.RegisterProductRequest{GTIN: app.GTIN, Name: "vaccine"})
	done(ctx, t, admin.CommissionGoods, waymark.CommissionRequest{Items: []string{j.item, j.loose}})
	done(ctx, t, admin.CommissionGoods, waymark.CommissionRequest{Lot: j.lot, Quantity: "9", Unit: "KGM"})
	done(ctx, t, producer.PackGoods, waymark.PackRequest{ID: name("act"), Container: j.box, Lines: []waymark.Line{{ID: j.item}}})
	done(ctx, t, producer.CreateShipment, waymark.CreateShipmentRequest{ID: j.shipment, Consignee: "retailer", Goods: []waymark.Line{{ID: j.box}, {ID: j.loose}, {ID: j.lot, Quantity: "4"}}})
	done(ctx, t, producer.AttachDevice, waymark.AttachDeviceRequest{Shipment: j.shipment, Device: j.device})
	j.offered, _ = done(ctx, t, producer.OfferHandoff, waymark.OfferHandoffRequest{Shipment: j.shipment, To: "carrier", ExpiresAt: time.Now().Add(time.Hour)})
	done(ctx, t, operator(t, "carrier").AcceptHandoff, waymark.AcceptHandoffRequest{Shipment: j.shipment, Number: j.offered.Number, Reservation: "no reading yet"})
	decision, written := done(ctx, t, operator(t, "retailer").Authorize, waymark.CheckRequest{Action: waymark.ActReadShipment, Shipment: j.shipment})
	j.decision, j.block = decision.TxID, written.BlockNumber
	return j
}

// callers are of each member an operator, a viewer and a relay.
func callers(t *testing.T) iter.Seq2[string, *app.App] {
	return func(yield func(string, *app.App) bool) {
		for _, member := range []string{"producer", "carrier", "retailer", "auditor"} {
			for _, role := range []waymark.Role{waymark.Operator, waymark.Viewer, waymark.Relay} {
				if !yield(string(role)+" of "+member, as(t, member, role)) {
					return
				}
			}
		}
	}
}

// listedAsTold compares a list with what the ledger tells of each of it, and of mine, and returns what is listed.
func listedAsTold[T any](t *testing.T, who string, all iter.Seq2[T, error], id func(T) string, tell func(string) (T, error), mine ...string) map[string]bool {
	t.Helper()
	listed := map[string]bool{}
	for entry, err := range all {
		if err != nil {
			t.Fatalf("%s: %v", who, err)
		}
		if listed[id(entry)] {
			t.Errorf("%s is listed %s twice", who, id(entry))
		}
		listed[id(entry)] = true
		if told, err := tell(id(entry)); err != nil || !reflect.DeepEqual(told, entry) {
			t.Errorf("%s: %s is not listed as it is told (%v):\nlisted %+v\ntold   %+v", who, id(entry), err, entry, told)
		}
	}
	for _, id := range mine {
		_, err := tell(id)
		p, _ := gateway.AsProblem(err)
		if told := err == nil; told != listed[id] || !told && p.Code != waymark.Forbidden {
			t.Errorf("%s is listed %s: %v, and told: %v", who, id, listed[id], err)
		}
	}
	return listed
}

// TestOtherListsShowWhatTheLedgerShows: devices, goods and decisions, for each member and role.
func TestOtherListsShowWhatTheLedgerShows(t *testing.T) {
	ctx := limit(t, 3*time.Minute)
	j := travel(ctx, t)
	for who, a := range callers(t) {
		goods := func(q waymark.ThingsQuery, mine ...string) map[string]bool {
			q.At, q.Limit = j.block, 2
			return listedAsTold(t, who, a.AllThings(ctx, q), func(g waymark.GoodsView) string { return g.ID },
				func(id string) (waymark.GoodsView, error) {
					return a.Goods(ctx, waymark.GoodsQuery{ID: id, Limit: waymark.ThingPortions})
				}, mine...)
		}
		inside := goods(waymark.ThingsQuery{Shipment: j.shipment}, j.item, j.loose, j.lot, j.box)
		goods(waymark.ThingsQuery{Shipment: j.shipment, Holder: "carrier"}, j.item, j.loose, j.lot, j.box)
		goods(waymark.ThingsQuery{Container: j.box}, j.item)
		goods(waymark.ThingsQuery{Lot: j.lot}, j.lot)
		if held := goods(waymark.ThingsQuery{Shipment: j.shipment, Holder: "producer"}); len(held) != 0 || len(inside) != 0 && len(inside) != 4 {
			t.Errorf("%s is listed %v in the shipment, and %v with the producer", who, inside, held)
		}
		tellDevice := func(id string) (waymark.Device, error) { return a.Device(ctx, waymark.DeviceQuery{Device: id}) }
		idOfDevice := func(d waymark.Device) string { return d.ID }
		witnesses := listedAsTold(t, who, a.AllDevices(ctx, waymark.DevicesQuery{Shipment: j.shipment, At: j.block}), idOfDevice, tellDevice)
		_, err := a.Shipment(ctx, waymark.ShipmentQuery{Shipment: j.shipment})
		if told := err == nil; witnesses[j.device] != told {
			t.Errorf("%s is listed as witnesses %v, and told of the shipment: %v", who, witnesses, err)
		}
		listedAsTold(t, who, a.AllDevices(ctx, waymark.DevicesQuery{Owner: "producer", State: waymark.DeviceActive, At: j.block, Limit: 2}), idOfDevice, tellDevice, j.device)
		listedAsTold(t, who, a.AllDecisions(ctx, waymark.DecisionsQuery{Member: "retailer", Outcome: waymark.DecisionAllowed, FromBlock: j.block, At: j.block}),
			func(r waymark.DecisionReceipt) string { return r.TxID },
			func(tx string) (waymark.DecisionReceipt, error) {
				return a.Decision(ctx, waymark.ReceiptQuery{TxID: tx})
			}, j.decision)
	}
}

// TestSearchFindsWhatTheLedgerShows: each caller finds a thing by each of its spellings if the ledger tells it of it, and
// where it is said to be it is.
func TestSearchFindsWhatTheLedgerShows(t *testing.T) {
	ctx := limit(t, 2*time.Minute)
	j := travel(ctx, t)
	serial, gtin := waymark.MustGoods(j.item).Serial, app.GTIN
	for who, a := range callers(t) {
		for _, tt := range []struct{ q, path string }{
			{j.shipment, "/v1/shipments/" + j.shipment},
			{j.device, "/v1/devices/" + j.device},
			{gtin[1:], "/v1/products/" + gtin},
			{serial, ""}, {j.item, ""}, {"(01)" + gtin + "(21)" + serial, ""}, {"01" + gtin + "21" + serial, ""}, {"urn:epc:id:sgtin:9506000.013435." + serial, ""},
			{"00" + waymark.MustGoods(j.box).SSCC, ""},
			{j.decision, "/v1/policies/decisions/" + j.decision}, {j.decision, "/v1/transactions/" + j.decision},
		} {
			if tt.path == "" {
				id := j.item
				if strings.HasPrefix(tt.q, "00") {
					id = j.box
				}
				tt.path = "/v1/goods?id=" + strings.NewReplacer(":", "%3A", "/", "%2F").Replace(id)
			}
			found, err := a.Search(ctx, waymark.SearchQuery{Q: tt.q, At: j.block})
			if err != nil {
				t.Fatalf("%s searches %s: %v", who, tt.q, err)
			}
			listed := false
			for _, f := range found.Found {
				listed = listed || f.Path == tt.path
				if _, err := gateway.Read[any](ctx, a.Client, f.Path); err != nil {
					t.Errorf("%s finds %+v, and is not told of it: %v", who, f, err)
				}
			}
			if _, err := gateway.Read[any](ctx, a.Client, tt.path); (err == nil) != listed {
				t.Errorf("%s finds %s by %s: %v, and is told: %v", who, tt.path, tt.q, listed, err)
			}
		}
	}
}

// TestProvenanceIsWhatHappened: the steps of an item are its history on the ledger, with the acceptance of its shipment and
// its verdict between, for each member and role.
func TestProvenanceIsWhatHappened(t *testing.T) {
	ctx := limit(t, 2*time.Minute)
	j := travel(ctx, t)
	for who, a := range callers(t) {
		p, err := a.Provenance(ctx, waymark.ProvenanceQuery{ID: j.item, At: j.block})
		history, refused := a.GoodsHistory(ctx, waymark.ThingQuery{ID: j.item})
		if (err == nil) != (refused == nil) {
			t.Errorf("%s is told where it comes from: %v, and its history: %v", who, err, refused)
		}
		if err != nil {
			continue
		}
		var moved int
		var what []string
		for _, s := range p.Steps {
			what = append(what, s.What)
			if s.Thing != j.item {
				continue
			}
			if v := history.Versions[moved]; v.Changed.TxID != s.TxID || v.Place != s.Place || !v.Changed.Time.Equal(s.Time) || v.Changed.Member != s.Member {
				t.Errorf("%s: step %+v, on the ledger %+v", who, s, v)
			}
			moved++
		}
		last := p.Steps[len(p.Steps)-1]
		if moved != len(history.Versions) || strings.Join(what, " ") != "goods.commissioned goods.packed goods.packed shipment.created handoff.accepted" {
			t.Errorf("%s is told %v, and %d versions", who, what, len(history.Versions))
		} else if h := last.Handoff; h == nil || h.Number != j.offered.Number || h.Verdict == nil || last.Shipment != j.shipment || last.Member != "carrier" || last.Block == 0 {
			t.Errorf("%s: the last step is %+v", who, last)
		}
	}
}
