//go:build e2e

package e2e

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	gateway "github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/gateway/client/verify"
	"github.com/waymark-ledger/waymark/test/internal/app"
)

// One story told by the methods of the Go client alone: from a product to a handoff that is
// refused, accepted, read in pages and verified.
func TestTheTypedClientTellsAStory(t *testing.T) {
	ctx := limit(t, 2*time.Minute)
	admin, producer, carrier := as(t, "producer", waymark.Admin), operator(t, "producer"), operator(t, "carrier")
	done(ctx, t, admin.RegisterProduct, waymark.RegisterProductRequest{GTIN: app.GTIN, Name: "vaccine"})
	lot := waymark.Goods{GTIN: app.GTIN, Lot: name("lot")}.String()
	var items []string
	var lines []waymark.Line
	for range 5 {
		id := waymark.Item(app.GTIN, name("item")).String()
		items, lines = append(items, id), append(lines, waymark.Line{ID: id})
	}
	done(ctx, t, admin.CommissionGoods, waymark.CommissionRequest{Lot: lot, Items: items})

	d := newLogger(t, attest.Ed25519)
	registration, err := d.Registration()
	if err != nil {
		t.Fatal(err)
	}
	device, _ := done(ctx, t, producer.RegisterDevice, waymark.RegisterDeviceRequest{Registration: registration, Activate: true})
	request := waymark.CreateShipmentRequest{ID: name("shipment"), Consignee: "retailer", Goods: lines,
		Conditions: []waymark.Condition{{Name: "temperature", Unit: "Cel", Minimum: "2", Maximum: "8"}}}
	shipment, made := done(ctx, t, producer.CreateShipment, request)
	done(ctx, t, producer.AttachDevice, waymark.AttachDeviceRequest{Shipment: shipment.ID, Device: device.ID})
	recorded, _ := done(ctx, t, as(t, "producer", waymark.Relay).RecordMessages, waymark.Disclosures{Messages: []string{sign(t, d, attest.COSE, 900).Text()}})
	if recorded.Results[0].Outcome != waymark.Recorded {
		t.Fatalf("recorded %+v", recorded)
	}
	offered, _ := done(ctx, t, producer.OfferHandoff, waymark.OfferHandoffRequest{Shipment: shipment.ID, To: "carrier", ExpiresAt: time.Now().Add(time.Hour)})

	acceptance := waymark.AcceptHandoffRequest{Shipment: shipment.ID, Number: offered.Number}
	_, err = carrier.AcceptHandoff(ctx, acceptance)
	if p, ok := gateway.AsProblem(err); !ok || p.Code != waymark.FailedPrecondition || !slices.Contains(p.Reasons, "excursion") {
		t.Fatalf("accepted although it was too warm: %v", err)
	}
	acceptance.Reservation = "it was too warm"
	accepted, err := carrier.AcceptHandoff(ctx, acceptance, gateway.WithKey(name("key")), gateway.Async())
	if err != nil || !accepted.Pending {
		t.Fatalf("asynchronously: %+v, %v", accepted, err)
	}
	again, err := carrier.AcceptHandoff(ctx, acceptance, gateway.WithKey(accepted.Key))
	if err != nil || again.Result.State != waymark.HandoffAccepted || again.Transaction.TxID != accepted.Transaction.TxID {
		t.Fatalf("the same again: %+v, %v", again, err)
	}
	if tx, err := carrier.Await(ctx, accepted.Transaction.TxID); err != nil || tx.State != gateway.Committed || *tx.BlockNumber != again.Transaction.BlockNumber {
		t.Errorf("its transaction: %+v, %v", tx, err)
	}

	view, err := carrier.Shipment(ctx, waymark.ShipmentQuery{Shipment: shipment.ID, Purpose: "claim-1"})
	if err != nil || view.Custody.Custodian != "carrier" || len(view.Excursions) != 1 {
		t.Errorf("the shipment: %+v, %v", view, err)
	}
	var traced []string
	for e, err := range producer.AllTraced(ctx, waymark.TraceQuery{ID: lot, Direction: waymark.TraceForward, Limit: 2}) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Kind == waymark.TracedItem {
			traced = append(traced, e.ID)
		}
	}
	slices.Sort(traced)
	slices.Sort(items)
	if !slices.Equal(traced, items) {
		t.Errorf("of the lot came %q, want %q", traced, items)
	}

	raw, err := as(t, "retailer", waymark.Viewer).Receipt(ctx, made.TxID)
	if err != nil {
		t.Fatal(err)
	}
	receipt, err := verify.Read(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	if report, err := consortium(t).Verify(receipt); err != nil || report.TxID != made.TxID {
		t.Errorf("the receipt: %+v, %v", report, err)
	}
}
