package model_test

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/goods"
	rules "github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/policy"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/database/databasetest"
	"github.com/waymark-ledger/waymark/gateway/internal/model"
)

// listsShowWhatTheLedgerShows: after any history each list has for every caller, by every filter, what the ledger shows
// one by one.
func listsShowWhatTheLedgerShows(t *testing.T, open databasetest.Opener) {
	seen := map[string]int{}
	for n := range histories {
		t.Run("", func(t *testing.T) { // so that its databases are closed
			d := worked(t, n)
			m := d.modelOf(t, open)
			for _, by := range []rules.Tx{d.by("producer", waymark.Operator), d.by("carrier", waymark.Viewer), d.by("retailer", waymark.Quality), d.by("auditor", waymark.Relay)} {
				c := compared{t, d, m, by, seen}
				c.devices(t.Context())
				c.things(t.Context())
				c.decisions(t.Context())
				c.search(t.Context())
			}
			var differences []string
			_, err := m.Check(t.Context(), newChain(0, d.blocks...), opened(t, open), func(d model.Difference) { differences = append(differences, d.String()) })
			if err != nil || len(differences) > 0 {
				t.Errorf("made anew: %v, %v", differences, err)
			}
		})
	}
	for _, what := range []string{"devices", "witnesses", "things", "held", "shipped", "inside", "of a lot", "decisions", "hidden"} {
		if seen[what] == 0 {
			t.Errorf("no %s were seen in %v", what, seen)
		}
	}
}

// compared is a model that is compared with the ledger, for one caller.
type compared struct {
	t    *testing.T
	d    *depot
	m    *model.Model
	by   rules.Tx
	seen map[string]int
}

func (c compared) same(q, got, want any, err error) {
	if err != nil || !reflect.DeepEqual(got, want) {
		c.t.Errorf("%s as %s, %+v:\ngot  %+v, %v\nwant %+v", c.by.Caller.Member, c.by.Caller.Role, q, got, err, want)
	}
}

func (c compared) devices(ctx context.Context) {
	for _, q := range []waymark.DevicesQuery{{}, {Owner: "carrier"}, {State: waymark.DeviceSuspended}, {Model: "TL-20"}, {Model: "TL-2"}, {Shipment: "s0"}, {Shipment: "s1", Owner: "producer"}} {
		want := []waymark.Device{}
		for _, id := range depotDevices {
			device := told(c.t, c.d.world, c.by, registry.Device, waymark.DeviceQuery{Device: id})
			if device == nil || !is(q.Owner, device.Owner) || !is(q.State, device.State) || !is(q.Model, device.Model) {
				continue
			}
			if q.Shipment != "" && !c.witnesses(q.Shipment, id) {
				continue
			}
			want = append(want, *device)
			c.seen[map[bool]string{true: "witnesses", false: "devices"}[q.Shipment != ""]]++
		}
		got, err := c.m.Devices(ctx, c.by, q)
		c.same(q, got.Devices, want, err)
	}
}

func is[T ~string](asked, is T) bool { return asked == "" || asked == is }

// witnesses reports whether the ledger tells the caller that a device witnesses a shipment.
func (c compared) witnesses(shipment, device string) bool {
	s := told(c.t, c.d.world, c.by, custody.Get, waymark.ShipmentQuery{Shipment: shipment})
	return s != nil && slices.ContainsFunc(s.Attachments, func(a waymark.Attachment) bool { return a.Device == device && a.Detached == nil })
}

func (c compared) things(ctx context.Context) {
	queries := map[string][]waymark.ThingsQuery{
		"things":   {{}, {Kind: waymark.GoodsContainer}, {GTIN: otherGTIN}},
		"of a lot": {{Lot: depotLots[0]}, {Lot: "urn:epc:class:lgtin:9506000.013435.L2"}},
		"held":     {{Holder: "producer"}, {Holder: "carrier"}, {Holder: "retailer", Kind: waymark.GoodsLot}},
		"shipped":  {{Shipment: "s0"}, {Shipment: "s1"}, {Shipment: "s0", Holder: "carrier"}},
		"inside":   {{Container: depotContainers[0]}, {Container: depotContainers[1], Holder: "carrier"}},
	}
	for kind, all := range queries {
		for _, q := range all {
			want := []waymark.GoodsView{}
			for _, id := range depotThings {
				g := told(c.t, c.d.world, c.by, goods.Get, waymark.GoodsQuery{ID: id, Limit: waymark.ThingPortions})
				if g == nil {
					c.seen["hidden"]++
				} else if c.fits(q, g) {
					want = append(want, *g)
					c.seen[kind]++
				}
			}
			got, err := c.m.Things(ctx, c.by, q)
			for _, list := range [][]waymark.GoodsView{got.Things, want} {
				slices.SortFunc(list, func(a, b waymark.GoodsView) int { return strings.Compare(a.ID, b.ID) })
			}
			c.same(q, got.Things, want, err)
		}
	}
}

// fits reports whether a thing is what is asked for.
func (c compared) fits(q waymark.ThingsQuery, v *waymark.GoodsView) bool {
	g := waymark.MustGoods(v.ID)
	if !is(q.Kind, v.Kind) || !is(q.GTIN, g.GTIN) {
		return false
	}
	if q.Lot != "" && waymark.MustGoods(q.Lot).String() != v.ID && waymark.MustGoods(q.Lot).String() != v.Lot {
		return false
	}
	if q.Holder == "" && q.Shipment == "" && q.Container == "" {
		return true
	}
	places := []waymark.Place{v.Place}
	for _, p := range v.Portions {
		places = append(places, p.Place)
	}
	return slices.ContainsFunc(places, func(at waymark.Place) bool {
		holder, shipment := c.d.where(c.t, at)
		inside := q.Container == "" || at == waymark.InContainer(waymark.MustGoods(q.Container))
		return is(q.Holder, holder) && is(q.Shipment, shipment) && inside
	})
}

// where says who has what is at a place, and in which shipment under way it is, by the records alone.
func (d *depot) where(t *testing.T, at waymark.Place) (holder, shipment string) {
	l := d.World.Begin(d.by("auditor", waymark.Viewer))
	for at.Kind() == waymark.PlaceContainer {
		thing, err := rules.Load[waymark.Thing](l, rules.GoodsKey(at.Container()))
		if err != nil {
			t.Error(err)
			return "", ""
		}
		at = thing.Place
	}
	switch at.Kind() {
	case waymark.PlaceStock:
		holder, _ = at.Members()
	case waymark.PlaceShipment:
		c, err := rules.Load[waymark.Custody](l, rules.CustodyKey(at.ID()))
		if err != nil {
			t.Error(err)
			return "", ""
		}
		if holder = c.Custodian; !c.State.Ended() {
			shipment = at.ID()
		}
	}
	return holder, shipment
}

func (c compared) decisions(ctx context.Context) {
	for _, q := range []waymark.DecisionsQuery{{}, {Member: "carrier"}, {Outcome: waymark.DecisionDenied}, {Action: waymark.ActReadShipment}, {Action: waymark.ActReadGoods}, {FromBlock: uint64(len(c.d.blocks) / 2)}, {Order: waymark.LatestFirst, FromBlock: 9}} {
		want := []waymark.DecisionReceipt{}
		for _, tx := range c.d.decided {
			r := told(c.t, c.d.world, c.by, policy.Receipt, waymark.ReceiptQuery{TxID: tx})
			if r == nil || !is(q.Member, r.Recorded.Member) || !is(q.Outcome, r.Decision.Outcome()) || !is(q.Action, r.Action) || c.d.blockOf(tx) < q.FromBlock {
				continue
			}
			want = append(want, *r)
			c.seen["decisions"]++
		}
		if q.Order == waymark.LatestFirst {
			slices.Reverse(want)
		}
		got, err := c.m.Decisions(ctx, c.by, q)
		c.same(q, got.Decisions, want, err)
	}
}

// search finds things and shipments by their ids if the ledger tells of them.
func (c compared) search(ctx context.Context) {
	finds := func(id string, told bool) {
		got, err := c.m.Search(ctx, c.by, waymark.SearchQuery{Q: id})
		found := slices.ContainsFunc(got.Found, func(f waymark.Found) bool { return f.ID == id })
		c.same(id, found, told, err)
	}
	for _, id := range depotThings {
		finds(id, told(c.t, c.d.world, c.by, goods.Get, waymark.GoodsQuery{ID: id}) != nil)
	}
	for _, id := range depotShipments {
		finds(id, told(c.t, c.d.world, c.by, custody.Get, waymark.ShipmentQuery{Shipment: id}) != nil)
	}
}

// blockOf is the block of a transaction.
func (w *world) blockOf(txID string) uint64 {
	for _, b := range w.blocks {
		if b.Transactions[0].TxID == txID {
			return b.Number
		}
	}
	return 0
}

// pagesOfAll make each list whatever their size, and each thing is once in them.
func pagesOfAll(t *testing.T, open databasetest.Opener) {
	d := newDepot(t)
	producer := d.As("producer", waymark.Operator)
	for n, l := range []waymark.Line{{ID: depotItems[0]}, {ID: depotLots[1], Quantity: "2"}, {ID: depotContainers[0]}} {
		done(t, d, producer, goods.Pack, waymark.PackRequest{ID: string(rune('a' + n)), Container: depotContainers[n/2], Lines: []waymark.Line{l}})
		r := done(t, d, producer, policy.Authorize, waymark.CheckRequest{Action: waymark.ActReadGoods, Goods: depotItems[n]})
		d.decided = append(d.decided, r.TxID)
	}
	m, by := d.modelOf(t, open), d.by("producer", waymark.Viewer)
	for limit := range 6 {
		switch limit {
		case 0: // as many as there are, of which each is too much
			m.SetPageBytes(1)
		case 5: // or takes too long
			m.SetPageTime(-1)
		}
		single := limit < 2 || limit == 5
		devices := pages(t, single, func(cursor string) ([]waymark.Device, string, error) {
			p, err := m.Devices(t.Context(), by, waymark.DevicesQuery{Limit: limit, Cursor: cursor})
			return p.Devices, p.Cursor, err
		}, func(d waymark.Device) string { return d.ID })
		things := pages(t, single, func(cursor string) ([]waymark.GoodsView, string, error) {
			p, err := m.Things(t.Context(), by, waymark.ThingsQuery{Holder: "producer", Limit: limit, Cursor: cursor})
			return p.Things, p.Cursor, err
		}, func(g waymark.GoodsView) string { return g.ID })
		decisions := pages(t, single, func(cursor string) ([]waymark.DecisionReceipt, string, error) {
			p, err := m.Decisions(t.Context(), by, waymark.DecisionsQuery{Limit: limit, Cursor: cursor})
			return p.Decisions, p.Cursor, err
		}, func(r waymark.DecisionReceipt) string { return r.TxID })
		latest := pages(t, single, func(cursor string) ([]waymark.DecisionReceipt, string, error) {
			p, err := m.Decisions(t.Context(), by, waymark.DecisionsQuery{Order: waymark.LatestFirst, Limit: limit, Cursor: cursor})
			return p.Decisions, p.Cursor, err
		}, func(r waymark.DecisionReceipt) string { return r.TxID })
		if slices.Reverse(latest); !slices.Equal(latest, d.decided) {
			t.Errorf("%d a page, the latest first: %v", limit, latest)
		}
		slices.Sort(things)
		want := []string{item("s0-1"), item("s1-1"), item("s2-1"), item("s3-1"), depotLots[1], depotContainers[0], depotContainers[1]}
		want = append(want, depotItems...)
		if slices.Sort(want); !slices.Equal(devices, depotDevices) || !slices.Equal(things, want) || !slices.Equal(decisions, d.decided) {
			t.Errorf("%d a page: %v\n%v\n%v", limit, devices, things, decisions)
		}
		m.SetPageBytes(8 << 20)
	}
	for _, cursor := range []string{"x", "https://id.gs1.org/00/395060001234567894", "urn:epc:id:sscc:950600.01234567890@", "@stock"} {
		if _, err := m.Things(t.Context(), by, waymark.ThingsQuery{Cursor: cursor}); waymark.CodeOf(err) != waymark.Invalid {
			t.Errorf("cursor %q: %v", cursor, err)
		}
	}
}

// pages are the names of what all pages of a list have, each one entry if they are to be single.
func pages[T any](t *testing.T, single bool, ask func(cursor string) ([]T, string, error), name func(T) string) (all []string) {
	t.Helper()
	for cursor, n := "", 0; n < 50; n++ {
		page, next, err := ask(cursor)
		must(t, err)
		if single && len(page) > 1 {
			t.Errorf("a page of %d", len(page))
		}
		for _, entry := range page {
			all = append(all, name(entry))
		}
		if cursor = next; cursor == "" {
			return all
		}
	}
	t.Fatal("the pages do not end")
	return nil
}

// shipmentsByChange: what changed last comes first, whatever of it changed, in pages of any size.
func shipmentsByChange(t *testing.T, open databasetest.Opener) {
	d := newDepot(t)
	producer := d.As("producer", waymark.Operator)
	create := func(id, thing string) {
		done(t, d, producer, custody.Create, waymark.CreateShipmentRequest{ID: id, Consignee: "retailer", Goods: []waymark.Line{{ID: thing}}})
	}
	for n, change := range []struct {
		what  func()
		first string
	}{
		{func() { create("s0", depotItems[0]) }, "s0"},
		{func() { create("s1", depotItems[1]) }, "s1 s0"},
		{func() { create("s2", depotItems[2]) }, "s2 s1 s0"},
		{func() {
			done(t, d, producer, custody.Attach, waymark.AttachDeviceRequest{Shipment: "s0", Device: "logger-1"})
		}, "s0 s2 s1"},
		{func() { d.handOver(t, "s1", "producer", "carrier") }, "s1 s0 s2"},
		{func() {
			done(t, d, d.As("carrier", waymark.Operator), custody.Hold, waymark.HoldRequest{Shipment: "s1", Kind: waymark.HoldPendingData, Reason: "test"})
		}, "s1 s0 s2"},
		{func() {
			done(t, d, producer, custody.Offer, waymark.OfferHandoffRequest{Shipment: "s2", To: "carrier", ExpiresAt: d.Now.Add(time.Hour)})
		}, "s2 s1 s0"},
		{func() {
			done(t, d, producer, custody.Void, waymark.VoidShipmentRequest{Shipment: "s0", Reason: "test"})
		}, "s0 s2 s1"},
	} {
		change.what()
		m, by := d.modelOf(t, open), d.by("producer", waymark.Viewer)
		for limit := 1; limit < 4; limit++ {
			ids := pages(t, limit == 1, func(cursor string) ([]waymark.ShipmentView, string, error) {
				p, err := m.Shipments(t.Context(), by, waymark.ShipmentsQuery{Consignor: "producer", Sort: waymark.ShipmentsByChange, Limit: limit, Cursor: cursor})
				return p.Shipments, p.Cursor, err
			}, func(s waymark.ShipmentView) string { return s.Shipment.ID })
			if got := strings.Join(ids, " "); got != change.first {
				t.Errorf("after change %d, %d a page: %s, want %s", n, limit, got, change.first)
			}
		}
		for _, cursor := range []string{"s0", "x:s0", "-1:s0", "1:", "1:s 0"} {
			if _, err := m.Shipments(t.Context(), by, waymark.ShipmentsQuery{Sort: waymark.ShipmentsByChange, Cursor: cursor}); waymark.CodeOf(err) != waymark.Invalid {
				t.Errorf("cursor %q: %v", cursor, err)
			}
		}
	}
}
