package waymark_test

import (
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// fault is a request and the JSON pointer to what is wrong with it; empty if
// nothing is.
type fault struct {
	name    string
	request waymark.Validator
	pointer string
}

func check(t *testing.T, faults []fault) {
	t.Helper()
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			err := f.request.Validate()
			if f.pointer == "" {
				if err != nil {
					t.Fatalf("refused: %v", err)
				}
				return
			}
			e := waymark.AsError(err)
			if waymark.CodeOf(err) != waymark.Invalid || e.Field != f.pointer {
				t.Errorf("got %v at %q, want invalid at %q", err, waymark.AsError(err).Field, f.pointer)
			}
		})
	}
}

// with returns a changed copy of a request that is valid.
func with[T any](request T, change func(*T)) T {
	change(&request)
	return request
}

const gtin, gln = "04012345678901", "4012345000009"

func TestMemberRequests(t *testing.T) {
	good := waymark.RegisterMemberRequest{ID: "producer", Name: "Producer", GLN: gln, GatewayURL: "https://gateway.producer.example/api"}
	member := func(change func(*waymark.RegisterMemberRequest)) waymark.Validator { return with(good, change) }
	check(t, []fault{
		{"whole", good, ""},
		{"least", waymark.RegisterMemberRequest{ID: "p", Name: "P"}, ""},
		{"empty", waymark.RegisterMemberRequest{}, "/id"},
		{"id", member(func(r *waymark.RegisterMemberRequest) { r.ID = "a.b" }), "/id"},
		{"no name", member(func(r *waymark.RegisterMemberRequest) { r.Name = "" }), "/name"},
		{"long name", member(func(r *waymark.RegisterMemberRequest) { r.Name = strings.Repeat("x", 201) }), "/name"},
		{"control character", member(func(r *waymark.RegisterMemberRequest) { r.Name = "a\x00b" }), "/name"},
		{"invalid UTF-8", member(func(r *waymark.RegisterMemberRequest) { r.Name = "a\xff" }), "/name"},
		{"noncharacter", member(func(r *waymark.RegisterMemberRequest) { r.Name = "a\U0010FFFF" }), "/name"},
		{"check digit", member(func(r *waymark.RegisterMemberRequest) { r.GLN = "4012345000008" }), "/gln"},
		{"http", member(func(r *waymark.RegisterMemberRequest) { r.GatewayURL = "http://gateway.example" }), "/gateway_url"},
		{"credentials", member(func(r *waymark.RegisterMemberRequest) { r.GatewayURL = "https://a:b@gateway.example" }), "/gateway_url"},
		{"no host", member(func(r *waymark.RegisterMemberRequest) { r.GatewayURL = "https:///x" }), "/gateway_url"},
		{"no URL", member(func(r *waymark.RegisterMemberRequest) { r.GatewayURL = "https://[" }), "/gateway_url"},
		{"long URL", member(func(r *waymark.RegisterMemberRequest) { r.GatewayURL = "https://" + strings.Repeat("x", 300) }), "/gateway_url"},
		{"query", waymark.MemberQuery{Member: "producer"}, ""},
		{"empty query", waymark.MemberQuery{}, "/member"},
	})
}

func TestDeviceRequests(t *testing.T) {
	good := waymark.Registration{Device: "logger-1", Owner: "producer", Model: "TL-20", KeyID: "k1"}
	statement := func(change func(*waymark.Registration)) waymark.Validator { return with(good, change) }
	check(t, []fault{
		{"statement", good, ""},
		{"statement without device", statement(func(r *waymark.Registration) { r.Device = "" }), "/device"},
		{"statement without owner", statement(func(r *waymark.Registration) { r.Owner = "" }), "/owner"},
		{"statement without model", statement(func(r *waymark.Registration) { r.Model = "" }), "/model"},
		{"statement with a long model", statement(func(r *waymark.Registration) { r.Model = strings.Repeat("x", 101) }), "/model"},
		{"statement without key id", statement(func(r *waymark.Registration) { r.KeyID = "" }), "/key_id"},
		{"register", waymark.RegisterDeviceRequest{Registration: "x"}, ""},
		{"register nothing", waymark.RegisterDeviceRequest{}, "/registration"},
		{"register too much", waymark.RegisterDeviceRequest{Registration: strings.Repeat("x", waymark.MaxMessageBytes+1)}, "/registration"},
		{"rotate", waymark.RotateKeyRequest{Device: "d", Rotation: "x"}, ""},
		{"rotate nothing", waymark.RotateKeyRequest{Device: "d"}, "/rotation"},
		{"rotate nobody", waymark.RotateKeyRequest{Rotation: "x"}, "/device"},
		{"state", waymark.DeviceStateRequest{Device: "d", Reason: "lost"}, ""},
		{"state without device", waymark.DeviceStateRequest{Reason: "lost"}, "/device"},
		{"state without reason", waymark.DeviceStateRequest{Device: "d"}, "/reason"},
		{"state with a long reason", waymark.DeviceStateRequest{Device: "d", Reason: strings.Repeat("x", 201)}, "/reason"},
		{"query", waymark.DeviceQuery{Device: "d"}, ""},
		{"query for a wildcard", waymark.DeviceQuery{Device: "*"}, "/device"},
	})
}

func TestTelemetryRequests(t *testing.T) {
	batch := func(n, size int) waymark.RecordRequest {
		r := waymark.RecordRequest{Messages: make([]string, n)}
		for i := range r.Messages {
			r.Messages[i] = strings.Repeat("x", size)
		}
		return r
	}
	check(t, []fault{
		{"one", batch(1, 1), ""},
		{"most", batch(waymark.MaxBatchMessages, 1), ""},
		{"largest", batch(waymark.MaxBatchBytes/waymark.MaxMessageBytes, waymark.MaxMessageBytes), ""},
		{"none", batch(0, 0), "/messages"},
		{"too many", batch(waymark.MaxBatchMessages+1, 1), "/messages"},
		{"too large together", batch(waymark.MaxBatchBytes/waymark.MaxMessageBytes+1, waymark.MaxMessageBytes), "/messages"},
		{"one too large", waymark.RecordRequest{Messages: []string{"x", strings.Repeat("x", waymark.MaxMessageBytes+1)}}, "/messages/1"},
		{"one empty", waymark.RecordRequest{Messages: []string{"x", "y", ""}}, "/messages/2"},
		{"one with a line break", waymark.RecordRequest{Messages: []string{"x\n"}}, "/messages/0"},
		{"window", waymark.WindowQuery{Device: "d", Sequence: 1}, ""},
		{"window of nobody", waymark.WindowQuery{Sequence: 1}, "/device"},
		{"window of number 0", waymark.WindowQuery{Device: "d"}, "/sequence"},
		{"window of number 2^53", waymark.WindowQuery{Device: "d", Sequence: 1 << 53}, "/sequence"},
	})
}

func TestCreateShipmentRequest(t *testing.T) {
	good := waymark.CreateShipmentRequest{ID: "s-1", Consignee: "retailer", Arbiter: "auditor",
		Goods:      []waymark.Line{{ID: waymark.Item(gtin, "1").String()}, {ID: waymark.Item(gtin, "2").String()}},
		Conditions: []waymark.Condition{{Name: "temperature", Unit: "Cel", Minimum: "2", Maximum: "8"}}}
	shipment := func(change func(*waymark.CreateShipmentRequest)) waymark.Validator { return with(good, change) }
	goods := func(lines ...waymark.Line) waymark.Validator {
		return shipment(func(r *waymark.CreateShipmentRequest) { r.Goods = lines })
	}
	lot := waymark.Goods{GTIN: gtin, Lot: "L/1"}.String()
	condition := func(c waymark.Condition) waymark.Validator {
		return shipment(func(r *waymark.CreateShipmentRequest) { r.Conditions = []waymark.Condition{c} })
	}
	check(t, []fault{
		{"whole", good, ""},
		{"no arbiter, no conditions", shipment(func(r *waymark.CreateShipmentRequest) { r.Arbiter, r.Conditions = "", nil }), ""},
		{"no id", shipment(func(r *waymark.CreateShipmentRequest) { r.ID = "" }), "/id"},
		{"no consignee", shipment(func(r *waymark.CreateShipmentRequest) { r.Consignee = "" }), "/consignee"},
		{"arbiter", shipment(func(r *waymark.CreateShipmentRequest) { r.Arbiter = "a b" }), "/arbiter"},
		{"no goods", shipment(func(r *waymark.CreateShipmentRequest) { r.Goods = nil }), "/goods"},
		{"too many goods", shipment(func(r *waymark.CreateShipmentRequest) { r.Goods = make([]waymark.Line, waymark.MaxLines+1) }), "/goods"},
		{"a thing twice, in two forms", goods(waymark.Line{ID: waymark.Item(gtin, "1").String()}, waymark.Line{ID: "https://example.com/01/" + gtin + "/10/x/21/1"}), "/goods/1"},
		{"check digit", goods(waymark.Line{ID: waymark.Item("04012345678902", "1").String()}), "/goods/0/id"},
		{"no thing", goods(waymark.Line{}), "/goods/0/id"},
		{"an item with a quantity", goods(waymark.Line{ID: waymark.Item(gtin, "1").String(), Quantity: "1"}), "/goods/0"},
		{"an item from somewhere", goods(waymark.Line{ID: waymark.Item(gtin, "1").String(), From: waymark.InShipment("s")}), "/goods/0"},
		{"so much of a lot", goods(waymark.Line{ID: lot, Quantity: "2.5"}), ""},
		{"of a lot from two places", goods(waymark.Line{ID: lot, Quantity: "2.5"}, waymark.Line{ID: lot, Quantity: "2.5", From: waymark.InShipment("s")}, waymark.Line{ID: lot, Quantity: "1", From: waymark.Stock("a", "b")}), ""},
		{"of a lot from one place twice", goods(waymark.Line{ID: lot, Quantity: "2.5"}, waymark.Line{ID: lot, Quantity: "2"}), "/goods/1"},
		{"a lot without quantity", goods(waymark.Line{ID: lot}), "/goods/0/quantity"},
		{"none of a lot", goods(waymark.Line{ID: lot, Quantity: "0"}), "/goods/0/quantity"},
		{"too fine", goods(waymark.Line{ID: lot, Quantity: "0.0001"}), "/goods/0/quantity"},
		{"from a container", goods(waymark.Line{ID: lot, Quantity: "1", From: "container/395060001234567894"}), "/goods/0/from"},
		{"from the stock of nobody", goods(waymark.Line{ID: lot, Quantity: "1", From: "stock/a"}), "/goods/0/from"},
		{"from two stocks", goods(waymark.Line{ID: lot, Quantity: "1", From: "stock/a/b/c"}), "/goods/0/from"},
		{"from nowhere", goods(waymark.Line{ID: lot, Quantity: "1", From: "x"}), "/goods/0/from"},
		{"too many conditions", shipment(func(r *waymark.CreateShipmentRequest) {
			r.Conditions = make([]waymark.Condition, waymark.MaxConditions+1)
		}), "/conditions"},
		{"one bound", condition(waymark.Condition{Name: "t", Unit: "Cel", Maximum: "8"}), ""},
		{"equal bounds", condition(waymark.Condition{Name: "t", Unit: "Cel", Minimum: "8", Maximum: "8.00"}), ""},
		{"no bound", condition(waymark.Condition{Name: "t", Unit: "Cel"}), "/conditions/0"},
		{"bounds crossed", condition(waymark.Condition{Name: "t", Unit: "Cel", Minimum: "8.01", Maximum: "8"}), "/conditions/0"},
		{"bound no number", condition(waymark.Condition{Name: "t", Unit: "Cel", Maximum: "8 C"}), "/conditions/0/maximum"},
		{"bound out of range", condition(waymark.Condition{Name: "t", Unit: "Cel", Minimum: "1e18"}), "/conditions/0"},
		{"bound finer than is kept", condition(waymark.Condition{Name: "t", Unit: "Cel", Maximum: "8.004"}), "/conditions/0"},
		{"bound as fine as is kept", condition(waymark.Condition{Name: "t", Unit: "Cel", Maximum: "8.0400"}), ""},
		{"the same measurement twice", shipment(func(r *waymark.CreateShipmentRequest) {
			r.Conditions = []waymark.Condition{{Name: "t", Unit: "Cel", Maximum: "8"}, {Name: "t", Unit: "Cel", Minimum: "2"}}
		}), "/conditions/1"},
		{"no name", condition(waymark.Condition{Unit: "Cel", Maximum: "8"}), "/conditions/0/name"},
		{"unit", condition(waymark.Condition{Name: "t", Unit: "°C", Maximum: "8"}), "/conditions/0/unit"},
	})
}

func TestHandoffRequests(t *testing.T) {
	later := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	check(t, []fault{
		{"shipment", waymark.ShipmentQuery{Shipment: "s"}, ""},
		{"no shipment", waymark.ShipmentQuery{}, "/shipment"},
		{"attach", waymark.AttachDeviceRequest{Shipment: "s", Device: "d"}, ""},
		{"attach to nothing", waymark.AttachDeviceRequest{Device: "d"}, "/shipment"},
		{"attach nothing", waymark.AttachDeviceRequest{Shipment: "s"}, "/device"},
		{"offer", waymark.OfferHandoffRequest{Shipment: "s", To: "carrier", ExpiresAt: later}, ""},
		{"offer for ever", waymark.OfferHandoffRequest{Shipment: "s", To: "carrier"}, "/expires_at"},
		{"offer nothing", waymark.OfferHandoffRequest{To: "carrier", ExpiresAt: later}, "/shipment"},
		{"offer to nobody", waymark.OfferHandoffRequest{Shipment: "s", ExpiresAt: later}, "/to"},
		{"accept", waymark.AcceptHandoffRequest{Shipment: "s", Number: 1}, ""},
		{"accept with reservation", waymark.AcceptHandoffRequest{Shipment: "s", Number: 1, Reservation: "wet"}, ""},
		{"accept nothing", waymark.AcceptHandoffRequest{Number: 1}, "/shipment"},
		{"accept number 0", waymark.AcceptHandoffRequest{Shipment: "s"}, "/number"},
		{"accept with a long reservation", waymark.AcceptHandoffRequest{Shipment: "s", Number: 1, Reservation: strings.Repeat("x", 501)}, "/reservation"},
		{"accept by own blocks", accepting(waymark.OwnChecked{Device: "d", Checked: 1, Digest: strings.Repeat("0f", 32)}, waymark.OwnChecked{Device: "e"}), ""},
		{"accept by own blocks of nothing", accepting(waymark.OwnChecked{Checked: 1, Digest: strings.Repeat("0f", 32)}), "/checked/0/device"},
		{"accept by a short digest", accepting(waymark.OwnChecked{Device: "d", Checked: 1, Digest: strings.Repeat("0f", 31)}), "/checked/0/digest"},
		{"accept by a digest of nothing", accepting(waymark.OwnChecked{Device: "d", Digest: strings.Repeat("0f", 32)}), "/checked/0/digest"},
		{"accept by no digest", accepting(waymark.OwnChecked{Device: "d", Checked: 1}), "/checked/0/digest"},
		{"accept by a number too large", accepting(waymark.OwnChecked{Device: "d", Checked: 1 << 53, Digest: strings.Repeat("0f", 32)}), "/checked/0/checked"},
		{"accept by one device twice", accepting(waymark.OwnChecked{Device: "d"}, waymark.OwnChecked{Device: "d"}), "/checked/1/device"},
		{"end", waymark.EndHandoffRequest{Shipment: "s", Number: 1, Reason: "late"}, ""},
		{"end nothing", waymark.EndHandoffRequest{Number: 1, Reason: "late"}, "/shipment"},
		{"end number 0", waymark.EndHandoffRequest{Shipment: "s", Reason: "late"}, "/number"},
		{"end without reason", waymark.EndHandoffRequest{Shipment: "s", Number: 1}, "/reason"},
	})
}

func accepting(own ...waymark.OwnChecked) waymark.AcceptHandoffRequest {
	return waymark.AcceptHandoffRequest{Shipment: "s", Number: 1, Checked: own}
}

func TestCheckRequest(t *testing.T) {
	lot := waymark.Goods{GTIN: gtin, Lot: "L/1"}.String()
	check(t, []fault{
		{"no action", waymark.CheckRequest{}, "/action"},
		{"unknown action", waymark.CheckRequest{Action: "Fly"}, "/action"},
		{"policy", waymark.CheckRequest{Action: waymark.ActReadPolicy}, ""},
		{"member", waymark.CheckRequest{Action: waymark.ActReadMember, Member: "m"}, ""},
		{"no member", waymark.CheckRequest{Action: waymark.ActReadMember}, "/member"},
		{"device", waymark.CheckRequest{Action: waymark.ActReadTelemetry, Device: "d"}, ""},
		{"no device", waymark.CheckRequest{Action: waymark.ActReadTelemetry}, "/device"},
		{"register device", waymark.CheckRequest{Action: waymark.ActRegisterDevice, Member: "m", Device: "d"}, ""},
		{"no shipment", waymark.CheckRequest{Action: waymark.ActOfferHandoff}, "/shipment"},
		{"accept", waymark.CheckRequest{Action: waymark.ActAcceptHandoff, Shipment: "s", Handoff: 1}, ""},
		{"accept title", waymark.CheckRequest{Action: waymark.ActAcceptTitle, Shipment: "s", TitleOffer: 1}, ""},
		{"no title offer", waymark.CheckRequest{Action: waymark.ActCancelTitle, Shipment: "s"}, "/title_offer"},
		{"product", waymark.CheckRequest{Action: waymark.ActCommissionGoods, Product: gtin}, ""},
		{"no product", waymark.CheckRequest{Action: waymark.ActCommissionGoods}, "/product"},
		{"bad product that is not needed", waymark.CheckRequest{Action: waymark.ActReadPolicy, Product: "1"}, "/product"},
		{"goods", waymark.CheckRequest{Action: waymark.ActHandleGoods, Goods: lot}, ""},
		{"no goods", waymark.CheckRequest{Action: waymark.ActHandleGoods}, "/goods"},
		{"no handoff", waymark.CheckRequest{Action: waymark.ActAcceptHandoff, Shipment: "s"}, "/handoff"},
		{"bad id that is not needed", waymark.CheckRequest{Action: waymark.ActReadPolicy, Member: "a b"}, "/member"},
		{"hold", waymark.CheckRequest{Action: waymark.ActSetHold, Shipment: "s", Hold: waymark.HoldRecall}, ""},
		{"no hold", waymark.CheckRequest{Action: waymark.ActLiftHold, Shipment: "s"}, "/hold"},
		{"bad hold that is not needed", waymark.CheckRequest{Action: waymark.ActReadPolicy, Hold: "weather"}, "/hold"},
		{"bad number that is not needed", waymark.CheckRequest{Action: waymark.ActReadPolicy, Handoff: 1 << 53}, "/handoff"},
	})
	for _, action := range waymark.Actions() {
		full := waymark.CheckRequest{Action: action, Member: "m", Device: "d", Shipment: "s", Handoff: 1, TitleOffer: 1, Hold: waymark.HoldQuarantine, Product: gtin, Goods: lot}
		if err := full.Validate(); err != nil {
			t.Errorf("%s with every id: %v", action, err)
		}
	}
}
