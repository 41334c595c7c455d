package custody_test

import (
	"slices"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// TestAShipmentOfAnEarlierVersion is read with its items as lines of goods, goes on to its
// end, and is the same as its request made again.
func TestAShipmentOfAnEarlierVersion(t *testing.T) {
	s := newStory(t)
	records := map[ledger.Key]string{
		ledger.ShipmentKey("s0"): `{"id":"s0","consignor":"producer","consignee":"retailer","arbiter":"","conditions":[],
			"items":[{"gtin":"09506000134352","serial":"a/1"},{"gtin":"09506000134352","serial":"2"}],
			"created":{"tx_id":"t","time":"2026-01-01T00:00:00Z","member":"producer","role":"operator"}}`,
		ledger.CustodyKey("s0"): `{"shipment":"s0","custodian":"producer","leg":0,"state":"ready","changed":{"tx_id":"t","time":"2026-01-01T00:00:00Z","member":"producer","role":"operator"}}`,
		ledger.GuardKey("s0"):   `{"last":0,"open":false}`,
	}
	if _, err := s.World.Submit(s.Tx(s.operator("producer")), func(l ledger.Ledger) error {
		for key, value := range records {
			if err := l.Put(key, []byte(value)); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	want := []waymark.Line{{ID: waymark.Item(scenario.GTIN, "a/1").String()}, {ID: waymark.Item(scenario.GTIN, "2").String()}}
	got := scenario.Must(s.Consortium, s.As("producer", waymark.Viewer), custody.Get, waymark.ShipmentQuery{Shipment: "s0"}).Shipment
	if !slices.Equal(got.Goods, want) || got.Lots == nil || len(got.Lots) != 0 {
		t.Errorf("goods %v, lots %v", got.Goods, got.Lots)
	}
	again := scenario.Must(s.Consortium, s.operator("producer"), custody.Create, waymark.CreateShipmentRequest{ID: "s0", Consignee: "retailer", Goods: want})
	if again.Created.TxID != "t" {
		t.Errorf("again: %+v", again)
	}
	offer := scenario.Must(s.Consortium, s.operator("producer"), custody.Offer, waymark.OfferHandoffRequest{Shipment: "s0", To: "retailer", ExpiresAt: s.Now.Add(1)})
	scenario.Must(s.Consortium, s.operator("retailer"), custody.Accept, waymark.AcceptHandoffRequest{Shipment: "s0", Number: offer.Number, Reservation: "seen"})
}
