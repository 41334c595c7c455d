//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/test/internal/app"
	"github.com/waymark-ledger/waymark/test/internal/figures"
	"github.com/waymark-ledger/waymark/test/internal/localnet"
)

// someGTIN is of no product yet.
func someGTIN() string {
	return waymark.MustGoods(fmt.Sprintf("urn:epc:id:sgtin:9506000.%06d.1", 100000+names.Add(1))).GTIN
}

// product registers a product of the producer that no other test has.
func product(ctx context.Context, t *testing.T, r waymark.RegisterProductRequest) string {
	t.Helper()
	r.GTIN = someGTIN()
	r.Name = "goods of a test"
	done(ctx, t, as(t, "producer", waymark.Admin).RegisterProduct, r)
	return r.GTIN
}

// container is one that no other test has.
func container() string {
	return waymark.MustGoods(fmt.Sprintf("urn:epc:id:sscc:9506000.3%09d", names.Add(1))).String()
}

func lotOf(gtin, number string) string { return waymark.Goods{GTIN: gtin, Lot: number}.String() }

// look reads a thing.
func look(ctx context.Context, t *testing.T, member, id string) waymark.GoodsView {
	t.Helper()
	v, err := as(t, member, waymark.Viewer).Goods(ctx, waymark.GoodsQuery{ID: id})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// traced are the entries of all pages of a trace, by id.
func traced(ctx context.Context, t *testing.T, id string, direction waymark.Direction, limit int) map[string]waymark.TraceEntry {
	t.Helper()
	entries := map[string]waymark.TraceEntry{}
	for e, err := range as(t, "producer", waymark.Viewer).AllTraced(ctx, waymark.TraceQuery{ID: id, Direction: direction, Limit: limit}) {
		if err != nil {
			t.Fatal(err)
		}
		entries[e.ID] = e
	}
	return entries
}

// dairy is a lot of milk, some of which is in bottles, which are on a pallet.
type dairy struct {
	milk, bottle string // products
	lot          string // of milk
	bottles      []waymark.Line
	filled       string // the act that filled them
	box, pallet  string
}

func newDairy(ctx context.Context, t *testing.T) dairy {
	t.Helper()
	d := dairy{box: container(), pallet: container(),
		milk:   product(ctx, t, waymark.RegisterProductRequest{Regulators: []string{"auditor"}}),
		bottle: product(ctx, t, waymark.RegisterProductRequest{NetContent: &waymark.Amount{Quantity: "0.5", Unit: "LTR"}})}
	d.lot, d.filled = lotOf(d.milk, "L/1"), name("act")
	producer := operator(t, "producer")
	done(ctx, t, producer.CommissionGoods, waymark.CommissionRequest{Lot: d.lot, Quantity: "10", Unit: "LTR"})
	fill := waymark.TransformRequest{ID: d.filled, Inputs: []waymark.Line{{ID: d.lot, Quantity: "2.1"}}, Loss: []waymark.Amount{{Quantity: "0.1", Unit: "LTR"}}}
	for n := range 4 {
		id := waymark.Item(d.bottle, fmt.Sprint(n)).String()
		d.bottles = append(d.bottles, waymark.Line{ID: id})
		fill.Outputs = append(fill.Outputs, waymark.Output{ID: id, Lot: lotOf(d.bottle, "B")})
	}
	done(ctx, t, producer.TransformGoods, fill)
	done(ctx, t, producer.PackGoods, waymark.PackRequest{ID: name("act"), Container: d.box, Lines: d.bottles})
	done(ctx, t, producer.PackGoods, waymark.PackRequest{ID: name("act"), Container: d.pallet, Lines: []waymark.Line{{ID: d.box}}})
	return d
}

// send makes a shipment of the producer's.
func send(ctx context.Context, t *testing.T, to string, lines ...waymark.Line) string {
	t.Helper()
	r := waymark.CreateShipmentRequest{ID: name("shipment"), Consignee: to, Goods: lines, Conditions: []waymark.Condition{}}
	done(ctx, t, operator(t, "producer").CreateShipment, r)
	return r.ID
}

// Goods from a lot to a shelf: made, packed, shipped, unpacked, traced, and recalled.
func TestGoodsFromALotToAShelf(t *testing.T) {
	ctx := limit(t, 2*time.Minute)
	d := newDairy(ctx, t)
	id := send(ctx, t, "retailer", waymark.Line{ID: d.pallet})
	h := offer(ctx, t, id, "producer", "retailer")
	done(ctx, t, operator(t, "retailer").AcceptHandoff, waymark.AcceptHandoffRequest{Shipment: id, Number: h.Number, Reservation: "unseen"})
	done(ctx, t, operator(t, "retailer").UnpackGoods, waymark.UnpackRequest{ID: name("act"), Container: d.box, Lines: d.bottles[:1]})
	if v := look(ctx, t, "retailer", d.bottles[0].ID); !v.Free || v.Holder != "retailer" || len(v.Lots) != 2 {
		t.Errorf("on the shelf: %+v", v)
	}
	became := traced(ctx, t, d.lot, waymark.TraceForward, 2)
	for n, line := range d.bottles {
		if e := became[line.ID]; e.Holder != "retailer" || e.Kind != waymark.TracedItem {
			t.Errorf("bottle %d became %+v", n, e)
		}
		if _, found := traced(ctx, t, line.ID, waymark.TraceBack, 100)[d.lot]; !found {
			t.Errorf("bottle %d did not come of the lot", n)
		}
	}
	onTheWay := send(ctx, t, "carrier", waymark.Line{ID: d.lot, Quantity: "1"})
	done(ctx, t, operator(t, "auditor").RecallLot, waymark.RecallRequest{Lot: d.lot, Reason: "listeria", Reference: "2026/7"})
	stopped(ctx, t, d, onTheWay)
	done(ctx, t, operator(t, "auditor").LiftRecall, waymark.LiftRecallRequest{Lot: d.lot, Reason: "tested"})
	done(ctx, t, operator(t, "retailer").PackGoods, waymark.PackRequest{ID: name("act"), Container: d.box, Lines: d.bottles[:1]})
}

// stopped checks that what is recalled goes nowhere, but to who recalls it.
func stopped(ctx context.Context, t *testing.T, d dairy, onTheWay string) {
	t.Helper()
	retailer, later := operator(t, "retailer"), time.Now().Add(time.Hour).UTC()
	refused(ctx, t, retailer, "/v1/goods:pack", waymark.PackRequest{ID: name("act"), Container: container(), Lines: d.bottles[:1]}, waymark.FailedPrecondition, waymark.ReasonRecall)
	again := waymark.CreateShipmentRequest{ID: name("shipment"), Consignee: "carrier", Goods: d.bottles[:1], Conditions: []waymark.Condition{}}
	refused(ctx, t, retailer, "/v1/shipments", again, waymark.FailedPrecondition, waymark.ReasonRecall)
	refused(ctx, t, operator(t, "producer"), "/v1/shipments/"+onTheWay+"/handoffs", map[string]any{"to": "carrier", "expires_at": later}, waymark.FailedPrecondition, waymark.ReasonRecall)
	if v := look(ctx, t, "retailer", d.box); len(v.Recalls) != 1 || v.Recalls[0].Lot != d.lot {
		t.Errorf("the box has the recalls %+v", v.Recalls)
	}
	h := offer(ctx, t, onTheWay, "producer", "auditor")
	done(ctx, t, operator(t, "auditor").AcceptHandoff, waymark.AcceptHandoffRequest{Shipment: onTheWay, Number: h.Number, Reservation: "unseen"})
}

// A thing is in one place, however often and at once somebody tries.
func TestAThingIsInOnePlace(t *testing.T) {
	ctx := limit(t, 2*time.Minute)
	d := newDairy(ctx, t)
	producer := operator(t, "producer")
	refused(ctx, t, producer, "/v1/goods:pack", waymark.PackRequest{ID: name("act"), Container: container(), Lines: d.bottles[:1]}, waymark.FailedPrecondition, waymark.ReasonGoodsPlace)
	refused(ctx, t, producer, "/v1/shipments", waymark.CreateShipmentRequest{ID: name("shipment"), Consignee: "retailer", Goods: d.bottles[:1], Conditions: []waymark.Condition{}}, waymark.FailedPrecondition, waymark.ReasonGoodsPlace)
	send(ctx, t, "retailer", waymark.Line{ID: d.pallet})
	refused(ctx, t, producer, "/v1/shipments", waymark.CreateShipmentRequest{ID: name("shipment"), Consignee: "retailer", Goods: []waymark.Line{{ID: d.pallet}}, Conditions: []waymark.Condition{}}, waymark.FailedPrecondition, waymark.ReasonGoodsPlace)
	refused(ctx, t, producer, "/v1/goods:unpack", waymark.UnpackRequest{ID: name("act"), Container: d.box, Lines: d.bottles[:1]}, waymark.FailedPrecondition, waymark.ReasonGoodsPlace)
	lines := commission(ctx, t, name("item"))
	done := make(chan error)
	for range 4 {
		request := waymark.PackRequest{ID: name("act"), Container: container(), Lines: lines}
		go func() {
			_, _, err := app.Write[waymark.Act](ctx, producer, http.MethodPost, "/v1/goods:pack", request)
			done <- err
		}()
	}
	packed := 0
	for range 4 {
		if err := <-done; err == nil {
			packed++
		} else if !strings.Contains(err.Error(), waymark.ReasonGoodsPlace) {
			t.Error(err)
		}
	}
	if v := look(ctx, t, "producer", lines[0].ID); packed != 1 || len(v.Containers) != 1 {
		t.Errorf("packed %d times at once, in %v", packed, v.Containers)
	}
}

// What became of a lot of 10,000 items on ten pallets: all pages of it. The figure is
// printed, and with WAYMARK_FIGURES kept in .waymark/bench/trace.json; nothing depends on it.
func TestWhatBecameOfTenThousand(t *testing.T) {
	const pallets, each = 10, waymark.MaxLines
	ctx := limit(t, 3*time.Minute)
	gtin := product(ctx, t, waymark.RegisterProductRequest{})
	producer, lot := operator(t, "producer"), lotOf(gtin, "L")
	var load []waymark.Line
	for p := range pallets {
		request := waymark.CommissionRequest{Lot: lot}
		pack := waymark.PackRequest{ID: name("act"), Container: container()}
		for n := range each {
			id := waymark.Item(gtin, fmt.Sprintf("%d-%03d", p, n)).String()
			request.Items, pack.Lines = append(request.Items, id), append(pack.Lines, waymark.Line{ID: id})
		}
		done(ctx, t, producer.CommissionGoods, request)
		done(ctx, t, producer.PackGoods, pack)
		load = append(load, waymark.Line{ID: pack.Container})
	}
	id := send(ctx, t, "retailer", load...)
	offered := offer(ctx, t, id, "producer", "carrier")
	done(ctx, t, operator(t, "carrier").AcceptHandoff, waymark.AcceptHandoffRequest{Shipment: id, Number: offered.Number, Reservation: "unseen"})
	began := time.Now()
	became := traced(ctx, t, lot, waymark.TraceForward, waymark.MaxPage)
	took := time.Since(began)
	t.Logf("what became of %d items, in %d pages: %s", len(became), (len(became)+waymark.MaxPage-1)/waymark.MaxPage, took.Round(time.Millisecond))
	if len(became) != pallets*each {
		t.Errorf("%d items were found", len(became))
	}
	for _, e := range became {
		if e.Holder != "carrier" || e.TitleHolder != "producer" {
			t.Fatalf("%+v", e)
		}
	}
	if os.Getenv("WAYMARK_FIGURES") != "" {
		keepTrace(ctx, t, len(became), took)
	}
}

func keepTrace(ctx context.Context, t *testing.T, items int, took time.Duration) {
	t.Helper()
	root, err := localnet.Root()
	if err != nil {
		t.Fatal(err)
	}
	conditions, err := figures.Observe(ctx, root)
	if err != nil {
		t.Fatal(err)
	}
	if err := figures.Save(filepath.Join(root, ".waymark", "bench", "trace.json"), conditions, map[string]any{
		"traced_items_count": items, "page_entries_count": waymark.MaxPage, "all_pages_ms": took.Milliseconds(),
	}); err != nil {
		t.Fatal(err)
	}
}
