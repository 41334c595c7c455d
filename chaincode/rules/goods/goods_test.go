package goods_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/goods"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// The products: milk in bulk and bottles are the producer's, cheese too; tags are the carrier's.
const (
	milk   = "09506000134352"
	bottle = "09506000134369"
	cheese = "04012345678901"
	tag    = "00012345600012"
)

// farm is a consortium with those products. A bottle holds a litre. The auditor may recall
// milk.
type farm struct {
	*scenario.Consortium
	acts int
}

func newFarm(t testing.TB) *farm {
	t.Helper()
	f := &farm{Consortium: scenario.New(t)}
	for _, r := range []waymark.RegisterProductRequest{
		{GTIN: milk, Name: "milk", Regulators: []string{"auditor"}},
		{GTIN: bottle, Name: "milk, 1 l", NetContent: &waymark.Amount{Quantity: "1.0", Unit: "LTR"}},
		{GTIN: cheese, Name: "cheese"},
	} {
		scenario.Must(f.Consortium, f.As("producer", waymark.Admin), goods.RegisterProduct, r)
	}
	scenario.Must(f.Consortium, f.As("carrier", waymark.Admin), goods.RegisterProduct, waymark.RegisterProductRequest{GTIN: tag, Name: "tag"})
	return f
}

func (f *farm) operator(member string) ledger.Caller { return f.As(member, waymark.Operator) }

func item(gtin, serial string) string { return waymark.Item(gtin, serial).String() }

func lotOf(gtin, number string) string { return waymark.Goods{GTIN: gtin, Lot: number}.String() }

// box is a container by a number of its own.
func box(n int) string {
	return []string{"urn:epc:id:sscc:9506000.3000000000", "urn:epc:id:sscc:9506000.3000000001", "urn:epc:id:sscc:9506000.3000000002",
		"urn:epc:id:sscc:9506000.3000000003", "urn:epc:id:sscc:9506000.3000000004", "urn:epc:id:sscc:9506000.3000000005", "urn:epc:id:sscc:9506000.3000000006",
		"urn:epc:id:sscc:9506000.3000000007", "urn:epc:id:sscc:9506000.3000000008", "urn:epc:id:sscc:9506000.3000000009"}[n]
}

func canonical(id string) string { return waymark.MustGoods(id).String() }

func lines(ids ...string) []waymark.Line {
	var all []waymark.Line
	for _, id := range ids {
		all = append(all, waymark.Line{ID: id})
	}
	return all
}

func much(lot string, quantity waymark.Decimal) waymark.Line {
	return waymark.Line{ID: lot, Quantity: quantity}
}

func (f *farm) act() string {
	f.acts++
	return "act-" + string(rune('a'+f.acts/26)) + string(rune('a'+f.acts%26))
}

func (f *farm) commission(lot string, items ...string) {
	f.T.Helper()
	scenario.Must(f.Consortium, f.operator("producer"), goods.Commission, waymark.CommissionRequest{Lot: lot, Items: items})
}

func (f *farm) bulk(lot string, quantity waymark.Decimal, unit string) {
	f.T.Helper()
	scenario.Must(f.Consortium, f.operator("producer"), goods.Commission, waymark.CommissionRequest{Lot: lot, Quantity: quantity, Unit: unit})
}

func (f *farm) pack(by, container string, what ...waymark.Line) {
	f.T.Helper()
	scenario.Must(f.Consortium, f.operator(by), goods.Pack, waymark.PackRequest{ID: f.act(), Container: container, Lines: what})
}

func (f *farm) unpack(by, container string, what ...waymark.Line) {
	f.T.Helper()
	scenario.Must(f.Consortium, f.operator(by), goods.Unpack, waymark.UnpackRequest{ID: f.act(), Container: container, Lines: what})
}

func (f *farm) cannotPack(by, container string, code waymark.Code, reason string, what ...waymark.Line) {
	f.T.Helper()
	scenario.Refused(f.Consortium, f.operator(by), goods.Pack, waymark.PackRequest{ID: f.act(), Container: container, Lines: what}, code, reason)
}

func (f *farm) ship(id, to string, what ...waymark.Line) *waymark.Shipment {
	f.T.Helper()
	return scenario.Must(f.Consortium, f.operator("producer"), custody.Create, waymark.CreateShipmentRequest{ID: id, Consignee: to, Goods: what})
}

func (f *farm) cannotShip(by, to string, code waymark.Code, reason string, what ...waymark.Line) {
	f.T.Helper()
	scenario.Refused(f.Consortium, f.operator(by), custody.Create, waymark.CreateShipmentRequest{ID: f.act(), Consignee: to, Goods: what}, code, reason)
}

// deliver hands a shipment over.
func (f *farm) deliver(id, from, to string) {
	f.T.Helper()
	h := scenario.Must(f.Consortium, f.operator(from), custody.Offer, waymark.OfferHandoffRequest{Shipment: id, To: to, ExpiresAt: f.Now.Add(time.Hour)})
	scenario.Must(f.Consortium, f.operator(to), custody.Accept, waymark.AcceptHandoffRequest{Shipment: id, Number: h.Number, Reservation: "unseen"})
}

// look reads a thing as its brand owner.
func (f *farm) look(id string) *waymark.GoodsView {
	f.T.Helper()
	return f.lookAs("producer", id)
}

func (f *farm) lookAs(member, id string) *waymark.GoodsView {
	f.T.Helper()
	return scenario.Must(f.Consortium, f.As(member, waymark.Viewer), goods.Get, waymark.GoodsQuery{ID: id})
}

// expect checks where a thing is.
func (f *farm) expect(id string, place waymark.Place, holder, owner string, lots ...string) {
	f.T.Helper()
	v := f.look(id)
	if v.Place != place || v.Holder != holder || v.TitleHolder != owner || !slices.Equal(v.Lots, lots) {
		f.T.Errorf("%s is in %s, held by %s, owned by %s, lots %v; want %s, %s, %s, %v", id, v.Place, v.Holder, v.TitleHolder, v.Lots, place, holder, owner, lots)
	}
}

// expectPortions checks how much of a lot is where.
func (f *farm) expectPortions(lot string, want map[waymark.Place]waymark.Decimal) {
	f.T.Helper()
	got := map[waymark.Place]waymark.Decimal{}
	for _, p := range f.look(lot).Portions {
		got[p.Place] = p.Quantity
	}
	if !reflect.DeepEqual(got, want) {
		f.T.Errorf("of %s there is %v, want %v", lot, got, want)
	}
}

// again checks that a request made again gives the first result and writes nothing.
func again[Q waymark.Validator, R any](f *farm, by ledger.Caller, rule func(ledger.Ledger, Q) (R, error), request Q) {
	f.T.Helper()
	first := scenario.Must(f.Consortium, by, rule, request)
	f.Now = f.Now.Add(time.Second)
	second, tx, err := scenario.Endorse(f.Consortium, by, rule, request)
	if err != nil || len(tx.Writes()) > 0 || !reflect.DeepEqual(first, second) {
		f.T.Errorf("%T again: %v, writes %v, gave\n%+v, first\n%+v", request, err, tx.Writes(), second, first)
	}
}
