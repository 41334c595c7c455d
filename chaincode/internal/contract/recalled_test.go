package contract_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// ofNoGoods are the contracts and transactions that do nothing with goods or the shipment that
// they are in, those that a recall refuses, and those that name the lot themselves.
var ofNoGoods = []string{
	"members:", "devices:", "telemetry:", "commands:", "policies:", "accounts:", "settlement:",
	"goods:RegisterProduct", "goods:AddRegulator", "goods:Pack", "goods:Transform", "goods:Recall", "goods:LiftRecall",
	"shipments:WaiveClaim", "shipments:ReleaseExcursion",
}

// TestEveryTransactionOnWhatIsRecalledSaysSo, in its answer and in its event. Goods of a lot that the
// retailer recalls are the producer's and with the carrier, which sends them back.
func TestEveryTransactionOnWhatIsRecalledSaysSo(t *testing.T) {
	b := newBench(t)
	b.recalled()
	said := map[waymark.Transaction]bool{}
	for _, step := range actsOnRecalled(b.now.Add(time.Hour)) {
		b.says(step.member, step.name, step.give)
		said[step.name] = true
	}
	for name, submitted := range submittedTransactions(t) {
		none := slices.ContainsFunc(ofNoGoods, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
		if submitted && said[waymark.Transaction(name)] == none {
			t.Errorf("%s acts on goods, and nobody asks what it says; or it is said not to", name)
		}
	}
}

// says commits a transaction that must name the recalled lot.
func (b *bench) says(member string, name waymark.Transaction, request any) {
	b.t.Helper()
	response, s := b.endorse(b.id(member, waymark.Operator), arguments(b.t, name, request)...)
	if response.GetStatus() != 200 {
		b.t.Fatalf("%s: %s", name, response.GetMessage())
	}
	s.Commit()
	for what, text := range map[string][]byte{"answer": response.GetPayload(), "event " + s.EventName: s.Event} {
		var says struct{ Recalled []string }
		if err := json.Unmarshal(text, &says); err != nil || !slices.Equal(says.Recalled, []string{lotOf("L")}) {
			b.t.Errorf("%s: the %s says that %v are recalled (%v): %.300s", name, what, says.Recalled, err, text)
		}
	}
}

// recalled brings three items of the lot L to the carrier, leaves one in a box, and has the lot recalled.
func (b *bench) recalled() {
	b.t.Helper()
	all := waymark.CommissionRequest{Lot: lotOf("L"), Items: []string{item("1"), item("2"), item("3")}}
	b.must("producer", waymark.Admin, waymark.GoodsRegisterProduct, waymark.RegisterProductRequest{GTIN: scenario.GTIN, Name: "goods", Regulators: []string{"retailer"}})
	b.must("producer", waymark.Operator, waymark.GoodsCommission, all)
	b.must("producer", waymark.Operator, waymark.GoodsPack, waymark.PackRequest{ID: "a", Container: box, Lines: []waymark.Line{{ID: item("3")}}})
	b.must("producer", waymark.Operator, waymark.ShipmentsCreate, waymark.CreateShipmentRequest{ID: "s0", Consignee: "carrier", Goods: []waymark.Line{{ID: item("1")}, {ID: item("2")}}})
	b.must("producer", waymark.Operator, waymark.ShipmentsOffer, waymark.OfferHandoffRequest{Shipment: "s0", To: "carrier", ExpiresAt: b.now.Add(time.Hour)})
	b.must("carrier", waymark.Operator, waymark.ShipmentsAccept, waymark.AcceptHandoffRequest{Shipment: "s0", Number: 1})
	c := &scenario.Consortium{T: b.t, Now: b.now}
	b.must("carrier", waymark.Operator, waymark.DevicesRegister, waymark.RegisterDeviceRequest{Registration: c.NewDevice("logger-1", "carrier").Registration(), Activate: true})
	b.must("retailer", waymark.Operator, waymark.GoodsRecall, waymark.RecallRequest{Lot: lotOf("L"), Reason: "listeria"})
}

// step is a transaction by an operator.
type step struct {
	member string
	name   waymark.Transaction
	give   any
}

// actsOnRecalled are in the order in which they are possible.
func actsOnRecalled(later time.Time) []step {
	offer := waymark.OfferHandoffRequest{Shipment: "s1", To: "retailer", ExpiresAt: later}
	title := waymark.OfferTitleRequest{Shipment: "s1", To: "retailer", ExpiresAt: later}
	end := func(number uint64) waymark.EndHandoffRequest {
		return waymark.EndHandoffRequest{Shipment: "s1", Number: number, Reason: "because"}
	}
	device := waymark.AttachDeviceRequest{Shipment: "s1", Device: "logger-1"}
	hold := waymark.HoldRequest{Shipment: "s1", Kind: waymark.HoldPendingData, Reason: "because"}
	out := []waymark.Line{{ID: item("3")}}
	return []step{
		{"producer", waymark.GoodsCommission, waymark.CommissionRequest{Lot: lotOf("L"), Items: []string{item("4")}}},
		{"producer", waymark.GoodsUnpack, waymark.UnpackRequest{ID: "u", Container: box, Lines: out}},
		{"producer", waymark.GoodsDecommission, waymark.DecommissionRequest{ID: "d", Lines: out, Reason: "destroyed"}},
		{"carrier", waymark.ShipmentsCreate, waymark.CreateShipmentRequest{ID: "s2", Consignee: "producer", Goods: []waymark.Line{{ID: item("2")}}}},
		{"carrier", waymark.ShipmentsVoid, waymark.VoidShipmentRequest{Shipment: "s2", Reason: "because"}},
		{"carrier", waymark.ShipmentsCreate, waymark.CreateShipmentRequest{ID: "s1", Consignee: "producer", Draft: true, Goods: []waymark.Line{{ID: item("1")}}}},
		{"carrier", waymark.ShipmentsReady, waymark.ReadyShipmentRequest{Shipment: "s1"}},
		{"carrier", waymark.ShipmentsAttach, device},
		{"carrier", waymark.ShipmentsHold, hold},
		{"carrier", waymark.ShipmentsLiftHold, hold},
		{"producer", waymark.TitlesOffer, title},
		{"retailer", waymark.TitlesDecline, waymark.EndTitleOfferRequest(end(1))},
		{"producer", waymark.TitlesOffer, title},
		{"producer", waymark.TitlesCancel, waymark.EndTitleOfferRequest(end(2))},
		{"producer", waymark.TitlesOffer, title},
		{"retailer", waymark.TitlesAccept, waymark.AcceptTitleRequest{Shipment: "s1", Number: 3}},
		{"carrier", waymark.ShipmentsOffer, offer},
		{"retailer", waymark.ShipmentsReject, end(1)},
		{"carrier", waymark.ShipmentsOffer, offer},
		{"carrier", waymark.ShipmentsCancel, end(2)},
		{"carrier", waymark.ShipmentsOffer, offer},
		{"retailer", waymark.ShipmentsAccept, waymark.AcceptHandoffRequest{Shipment: "s1", Number: 3, Reservation: "unmeasured"}},
		{"carrier", waymark.ShipmentsDetach, device},
	}
}
