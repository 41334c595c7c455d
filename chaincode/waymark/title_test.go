package waymark_test

import (
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

func TestHoldRequest(t *testing.T) {
	good := waymark.HoldRequest{Shipment: "s", Kind: waymark.HoldQuarantine, Reason: "smells"}
	hold := func(change func(*waymark.HoldRequest)) waymark.Validator { return with(good, change) }
	check(t, []fault{
		{"good", good, ""},
		{"pending data", hold(func(r *waymark.HoldRequest) { r.Kind = waymark.HoldPendingData }), ""},
		{"a recall", hold(func(r *waymark.HoldRequest) { r.Kind = waymark.HoldRecall }), "/kind"},
		{"a dispute", hold(func(r *waymark.HoldRequest) { r.Kind = waymark.HoldDispute }), "/kind"},
		{"no kind", hold(func(r *waymark.HoldRequest) { r.Kind = "" }), "/kind"},
		{"no shipment", hold(func(r *waymark.HoldRequest) { r.Shipment = "" }), "/shipment"},
		{"no reason", hold(func(r *waymark.HoldRequest) { r.Reason = "" }), "/reason"},
		{"long reason", hold(func(r *waymark.HoldRequest) { r.Reason = strings.Repeat("a", 201) }), "/reason"},
	})
	reasons := map[string]bool{}
	for _, kind := range waymark.HoldKinds() {
		reasons[kind.Reason()] = true
	}
	if len(reasons) != len(waymark.HoldKinds()) {
		t.Errorf("the kinds refuse with %v", reasons)
	}
}

func TestTitleAndLifecycleRequests(t *testing.T) {
	offer := waymark.OfferTitleRequest{Shipment: "s", To: "carrier", ExpiresAt: time.Unix(1, 0)}
	check(t, []fault{
		{"offer", offer, ""},
		{"offer of nothing", with(offer, func(r *waymark.OfferTitleRequest) { r.Shipment = "a/b" }), "/shipment"},
		{"offer to nobody", with(offer, func(r *waymark.OfferTitleRequest) { r.To = "" }), "/to"},
		{"offer for ever", with(offer, func(r *waymark.OfferTitleRequest) { r.ExpiresAt = time.Time{} }), "/expires_at"},
		{"accept", waymark.AcceptTitleRequest{Shipment: "s", Number: 1}, ""},
		{"accept nothing", waymark.AcceptTitleRequest{}, "/shipment"},
		{"accept no offer", waymark.AcceptTitleRequest{Shipment: "s"}, "/number"},
		{"end", waymark.EndTitleOfferRequest{Shipment: "s", Number: 1, Reason: "x"}, ""},
		{"end no offer", waymark.EndTitleOfferRequest{Shipment: "s", Reason: "x"}, "/number"},
		{"end nothing", waymark.EndTitleOfferRequest{Reason: "x"}, "/shipment"},
		{"end for no reason", waymark.EndTitleOfferRequest{Shipment: "s", Number: 1}, "/reason"},
		{"ready", waymark.ReadyShipmentRequest{Shipment: "s"}, ""},
		{"ready nothing", waymark.ReadyShipmentRequest{}, "/shipment"},
		{"void", waymark.VoidShipmentRequest{Shipment: "s", Reason: "x"}, ""},
		{"void for no reason", waymark.VoidShipmentRequest{Shipment: "s"}, "/reason"},
		{"detach", waymark.DetachDeviceRequest{Shipment: "s", Device: "d"}, ""},
		{"detach nothing", waymark.DetachDeviceRequest{Shipment: "s"}, "/device"},
	})
}

func TestWhichStatesEndAShipment(t *testing.T) {
	ended := 0
	for _, s := range waymark.ShipmentStates() {
		if s.Ended() {
			ended++
		}
	}
	if ended != 6 || waymark.ShipmentDelivered.Ended() || waymark.ShipmentDraft.Ended() || !waymark.ShipmentVoid.Ended() {
		t.Errorf("%d states end a shipment", ended)
	}
}
