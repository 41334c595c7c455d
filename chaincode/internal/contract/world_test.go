package contract_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/recording"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
)

// world is a channel in the middle of a journey: the carrier has custody of the
// producer's shipment s1, which logger-1 of the producer witnesses, and offers it to the
// retailer, as the producer offers title to it. Shipment s0 is still with the producer,
// which awaits data about it. The producer offers logger-2 to the carrier. The producer grants telemetry
// and commands to the auditor's operators, who pass commands on to the retailer's. One of
// those has requested c1 of logger-1. What logger-s of the producer told of a door, as a
// witness of s1, is private and disclosed to the producer. What logger-4 of the carrier measures is anchored, and a window of it waits for its check. The member stranger is on the channel and nothing else.
type world struct {
	*bench
	c         *scenario.Consortium
	authority *scenario.Authority
	loggers   map[string]*scenario.Device // registered, by id
	later     time.Time
	handoff   waymark.Handoff               // the one that is open
	notes     map[string]string             // one of each member that has some
	proposed  string                        // the hash of terms that nobody agreed to
	anchored  waymark.CheckTelemetryRequest // shows the anchored window that there is
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return worldOf(t, newBench(t))
}

// worldOf makes the world on a bench.
func worldOf(t *testing.T, b *bench) *world {
	t.Helper()
	w := &world{bench: b, c: &scenario.Consortium{T: t, Now: b.now}, loggers: map[string]*scenario.Device{}, later: b.now.Add(time.Hour)}
	w.authority = w.c.NewAuthority(attest.Ed25519, nil)
	w.must("auditor", waymark.Admin, waymark.MembersRegister, waymark.RegisterMemberRequest{ID: "auditor", Name: "auditor"})
	for _, d := range [][2]string{{"logger-1", "producer"}, {"logger-2", "producer"}, {"logger-3", "producer"}, {"logger-4", "carrier"}, {"logger-s", "producer"}} {
		w.loggers[d[0]] = w.c.NewDevice(d[0], d[1])
		w.must(d[1], waymark.Operator, waymark.DevicesRegister, waymark.RegisterDeviceRequest{Registration: w.loggers[d[0]].Registration(), Activate: true})
	}
	w.must("producer", waymark.Admin, waymark.DevicesPutAuthority, waymark.PutAuthorityRequest{Certificate: w.authority.PEM(), Activate: true})
	w.move()
	w.anchor()
	w.warm()
	w.grant()
	w.settlements()
	return w
}

// move brings the shipment to the carrier, and the offers under way.
func (w *world) move() {
	w.t.Helper()
	w.must("producer", waymark.Admin, waymark.GoodsRegisterProduct, waymark.RegisterProductRequest{GTIN: scenario.GTIN, Name: "goods"})
	w.must("producer", waymark.Operator, waymark.GoodsCommission, waymark.CommissionRequest{Items: []string{item("0"), item("1"), item("2"), item("3"), item("4")}})
	w.must("producer", waymark.Operator, waymark.GoodsCommission, waymark.CommissionRequest{Lot: lotOf("L0"), Items: []string{item("5"), item("6")}})
	w.must("producer", waymark.Operator, waymark.GoodsCommission, waymark.CommissionRequest{Lot: lotOf("L2"), Quantity: "10", Unit: "KGM"})
	w.must("producer", waymark.Operator, waymark.GoodsDecommission, waymark.DecommissionRequest{ID: "a0", Lines: []waymark.Line{{ID: lotOf("L2"), Quantity: "1"}}, Reason: "spilt"})
	w.must("producer", waymark.Operator, waymark.GoodsPack, waymark.PackRequest{ID: "a1", Container: box, Lines: []waymark.Line{{ID: item("5")}, {ID: item("6")}}})
	w.must("producer", waymark.Operator, waymark.ShipmentsCreate, waymark.CreateShipmentRequest{ID: "s1", Consignee: "retailer",
		Goods: []waymark.Line{{ID: item("1")}}, Conditions: []waymark.Condition{}})
	w.must("producer", waymark.Operator, waymark.ShipmentsAttach, waymark.AttachDeviceRequest{Shipment: "s1", Device: "logger-1"})
	w.must("producer", waymark.Operator, waymark.ShipmentsAttach, waymark.AttachDeviceRequest{Shipment: "s1", Device: "logger-s"})
	w.must("producer", waymark.Operator, waymark.DevicesSetAttributes, waymark.SetAttributesRequest{Device: "logger-s", Reason: "theft",
		Attributes: waymark.DeviceAttributes{Measures: []waymark.MeasuredClass{{Class: "security", Measurements: []string{"door"}, Visibility: waymark.VisibilityPrivate}}}})
	w.must("producer", waymark.Operator, waymark.DevicesSetAttributes, waymark.SetAttributesRequest{Device: "logger-3", Reason: "theft",
		Attributes: waymark.DeviceAttributes{Presence: waymark.PresenceRecorded}})
	w.must("carrier", waymark.Relay, waymark.DevicesRecordPresence, waymark.RecordPresenceRequest{Device: "logger-3", Presence: w.presence(waymark.PresenceOnline)})
	sealed, text := w.loggers["logger-s"].PackSealed(senml.Reading{Name: "door", Kind: senml.Text, Body: "forced open"})
	w.must("carrier", waymark.Relay, waymark.TelemetryRecord, waymark.RecordRequest{Messages: []string{w.loggers["logger-1"].Pack(500), sealed}})
	w.disclose(text)
	w.must("producer", waymark.Relay, waymark.TelemetryDisclose, waymark.DiscloseRequest{To: "producer"})
	w.must("producer", waymark.Operator, waymark.ShipmentsOffer, waymark.OfferHandoffRequest{Shipment: "s1", To: "carrier", ExpiresAt: w.later})
	w.must("carrier", waymark.Operator, waymark.ShipmentsAccept, waymark.AcceptHandoffRequest{Shipment: "s1", Number: 1, Reservation: "a dent"})
	offered := w.must("carrier", waymark.Operator, waymark.ShipmentsOffer, waymark.OfferHandoffRequest{Shipment: "s1", To: "retailer", ExpiresAt: w.later})
	if err := json.Unmarshal(offered, &w.handoff); err != nil {
		w.t.Fatal(err)
	}
	w.must("producer", waymark.Operator, waymark.TitlesOffer, waymark.OfferTitleRequest{Shipment: "s1", To: "retailer", ExpiresAt: w.later})
	w.must("producer", waymark.Operator, waymark.ShipmentsCreate, waymark.CreateShipmentRequest{ID: "s0", Consignee: "retailer", Draft: true,
		Goods: []waymark.Line{{ID: item("0")}}, Conditions: []waymark.Condition{}})
	w.must("producer", waymark.Operator, waymark.ShipmentsReady, waymark.ReadyShipmentRequest{Shipment: "s0"})
	w.must("producer", waymark.Quality, waymark.ShipmentsHold, waymark.HoldRequest{Shipment: "s0", Kind: waymark.HoldPendingData, Reason: "because"})
	w.must("producer", waymark.Operator, waymark.DevicesOfferTransfer, waymark.OfferTransferRequest{Device: "logger-2", To: "carrier", ExpiresAt: w.later})
}

// anchor has what logger-4 measures anchored, and a window of it recorded.
func (w *world) anchor() {
	w.t.Helper()
	w.must("carrier", waymark.Operator, waymark.DevicesSetAttributes, waymark.SetAttributesRequest{Device: "logger-4", Reason: "many",
		Attributes: waymark.DeviceAttributes{Measures: []waymark.MeasuredClass{{Class: "climate", Measurements: []string{"temperature"}, Visibility: waymark.VisibilityAnchored}}}})
	d := w.loggers["logger-4"]
	w.must("carrier", waymark.Relay, waymark.TelemetryRecord, waymark.RecordRequest{Messages: []string{d.Pack(490)}})
	texts := []string{d.Pack(500), d.Pack(510)}
	request := d.Anchoring(texts...)
	recorded, err := recording.Outcomes(w.must("carrier", waymark.Relay, waymark.TelemetryRecord, request))
	if err == nil {
		err = recording.Complete(&recorded, request, w.committed[len(w.committed)-1].ID)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	run, err := scenario.Run(texts...)
	if err != nil {
		w.t.Fatal(err)
	}
	tx := recorded.Results[0].TxID
	shown, err := scenario.Shown(tx, 7, scenario.BlockThatPicks(tx, run, run.First), texts...)
	if err != nil {
		w.t.Fatal(err)
	}
	w.anchored = waymark.CheckTelemetryRequest{Device: d.ID, Windows: []waymark.CheckedWindow{shown}}
}

// presence is what logger-3 says of its session.
func (w *world) presence(state waymark.PresenceState) string {
	return w.loggers["logger-3"].Present(waymark.Presence{State: state, At: w.now.Unix(), Session: "5f1c9a"})
}

// grant makes the owner's policy, the one that passes it on, and what they allow.
func (w *world) grant() {
	w.t.Helper()
	w.must("producer", waymark.Admin, waymark.PoliciesPut, waymark.PutPolicyRequest{ID: "p1", Delegable: true, Text: `permit (
  principal,
  action in [Waymark::Action::"ReadTelemetry", Waymark::Action::"CommandDevice"],
  resource
)
when { principal in Waymark::Member::"auditor" && principal.role == "operator" };`})
	w.must("auditor", waymark.Admin, waymark.PoliciesDelegate, waymark.DelegatePolicyRequest{Owner: "producer", ID: "p2",
		From: waymark.PolicyRef{Author: "producer", ID: "p1"},
		Text: `permit (principal in Waymark::Member::"retailer", action == Waymark::Action::"CommandDevice", resource);`})
	w.must("retailer", waymark.Operator, waymark.CommandsRequest, waymark.CommandRequest{ID: "c1", Device: "logger-1", Name: "wake", Arguments: `{}`, ExpiresAt: w.later})
	w.must("carrier", waymark.Operator, waymark.PoliciesAuthorize, waymark.CheckRequest{Action: waymark.ActReadTelemetry, Device: "logger-1"})
}

// call is a valid request of a transaction by somebody who may. The others are more of
// them by the same caller, which give members that the first one cannot.
type call struct {
	member string
	role   waymark.Role
	give   any
	others []any
}

// calls are valid requests of every transaction, nil for one that takes none.
func (w *world) calls() map[waymark.Transaction]call {
	calls := map[waymark.Transaction]call{}
	for _, part := range []map[waymark.Transaction]call{w.memberCalls(), w.deviceCalls(), w.keyCalls(), w.shipmentCalls(), w.goodsCalls(), w.titleCalls(), w.policyCalls(), w.conditionCalls(),
		w.settlementCalls()} {
		for name, c := range part {
			calls[name] = c
		}
	}
	return calls
}

func (w *world) memberCalls() map[waymark.Transaction]call {
	authority := w.authority.ID()
	return map[waymark.Transaction]call{
		waymark.MembersRegister: {"producer", waymark.Admin, waymark.RegisterMemberRequest{ID: "producer", Name: "Producer", GLN: "9506000134352", GatewayURL: "https://gateway.example"}, nil},
		waymark.MembersGet:      {"producer", waymark.Admin, waymark.MemberQuery{Member: "producer"}, nil},

		waymark.DevicesPutAuthority:      {"producer", waymark.Admin, waymark.PutAuthorityRequest{Certificate: w.c.NewAuthority(attest.ES256, nil).PEM(), Reason: "new"}, nil},
		waymark.DevicesWithdrawAuthority: {"producer", waymark.Admin, waymark.WithdrawAuthorityRequest{Authority: authority, Reason: "because"}, nil},
		waymark.DevicesRevokeCertificate: {"producer", waymark.Admin, waymark.RevokeCertificateRequest{Authority: authority, Serial: "1f", Reason: "because"}, nil},
		waymark.DevicesAuthority:         {"producer", waymark.Admin, waymark.AuthorityQuery{Owner: "producer", Authority: authority}, nil},
		waymark.DevicesCertificate:       {"producer", waymark.Admin, waymark.CertificateQuery{Owner: "producer", Authority: authority, Serial: "1f"}, nil},
	}
}

func (w *world) deviceCalls() map[waymark.Transaction]call {
	state, query := waymark.DeviceStateRequest{Device: "logger-1", Reason: "because"}, waymark.DeviceQuery{Device: "logger-1"}
	ending := waymark.EndTransferRequest{Device: "logger-2", Reason: "because"}
	hash := strings.Repeat("0f", 32)
	return map[waymark.Transaction]call{
		waymark.DevicesSuspend:  {"producer", waymark.Operator, state, nil},
		waymark.DevicesResume:   {"producer", waymark.Operator, state, nil},
		waymark.DevicesActivate: {"producer", waymark.Operator, state, nil},
		waymark.DevicesRetire:   {"producer", waymark.Operator, state, nil},
		waymark.DevicesGet:      {"producer", waymark.Operator, query, nil},
		waymark.DevicesHistory:  {"producer", waymark.Operator, query, nil},
		waymark.DevicesSetAttributes: {"producer", waymark.Operator, waymark.SetAttributesRequest{Device: "logger-1", Reason: "because", Attributes: waymark.DeviceAttributes{
			FirmwareSHA256: hash, LocationClass: "vehicle", Presence: waymark.PresenceRecorded, Calibration: &waymark.Calibration{CertificateSHA256: hash, ExpiresAt: w.later},
			Measures: []waymark.MeasuredClass{{Class: "climate", Measurements: []string{"temperature"}, Visibility: waymark.VisibilityOpen}}}}, nil},

		waymark.DevicesOfferTransfer:   {"producer", waymark.Operator, waymark.OfferTransferRequest{Device: "logger-3", To: "carrier", ExpiresAt: w.later}, nil},
		waymark.DevicesAcceptTransfer:  {"carrier", waymark.Operator, waymark.AcceptTransferRequest{Device: "logger-2"}, nil},
		waymark.DevicesDeclineTransfer: {"carrier", waymark.Operator, ending, nil},
		waymark.DevicesCancelTransfer:  {"producer", waymark.Operator, ending, nil},
		waymark.DevicesTransfer:        {"producer", waymark.Operator, waymark.DeviceQuery{Device: "logger-2"}, nil},
		waymark.DevicesPresence:        {"producer", waymark.Operator, waymark.DeviceQuery{Device: "logger-3"}, nil},

		waymark.TelemetryStream:      {"producer", waymark.Operator, query, nil},
		waymark.TelemetryDisclose:    {"producer", waymark.Operator, waymark.DiscloseRequest{To: "producer"}, nil},
		waymark.TelemetryCheck:       {"carrier", waymark.Relay, w.anchored, nil},
		waymark.TelemetryForfeit:     {"carrier", waymark.Admin, waymark.ForfeitTelemetryRequest{Device: "logger-4", Last: w.loggers["logger-4"].Next - 1, Reason: "because"}, nil},
		waymark.TelemetryUndisclosed: {"producer", waymark.Operator, waymark.UndisclosedQuery{Messages: []waymark.MessageRef{{Device: "logger-s", Sequence: 1}}}, nil},
		waymark.TelemetryDisclosed:   {"producer", waymark.Operator, waymark.DisclosedQuery{Device: "logger-s", Sequence: 1, Holder: "producer", Purpose: "claim-1"}, nil},
		waymark.TelemetryWindow:      {"producer", waymark.Operator, waymark.WindowQuery{Device: "logger-1", Sequence: 1, Purpose: "claim-1"}, nil},

		waymark.CommandsRequest: {"producer", waymark.Operator, waymark.CommandRequest{ID: "c2", Device: "logger-1", Name: "lock", Arguments: `{"a":1}`, ExpiresAt: w.later, Purpose: "claim-1"}, nil},
		waymark.CommandsCancel:  {"retailer", waymark.Operator, waymark.CancelCommandRequest{Device: "logger-1", ID: "c1", Reason: "because"}, nil},
		waymark.CommandsGet:     {"producer", waymark.Operator, waymark.CommandQuery{Device: "logger-1", ID: "c1"}, nil},
		waymark.CommandsOpen:    {"producer", waymark.Operator, query, nil},
	}
}

// keyCalls are those of what devices sign.
func (w *world) keyCalls() map[waymark.Transaction]call {
	fresh := func(id string) *scenario.Device { return w.c.NewDevice(id, "producer") }
	described := waymark.DeviceAttributes{
		FirmwareSHA256: strings.Repeat("0f", 32), LocationClass: "vehicle", Presence: waymark.PresenceRecorded,
		Calibration: &waymark.Calibration{CertificateSHA256: strings.Repeat("0f", 32), ExpiresAt: w.later},
		Measures:    []waymark.MeasuredClass{{Class: "climate", Measurements: []string{"temperature"}, Visibility: waymark.VisibilityAnchored}},
	}
	witness := *w.loggers["logger-1"] // copies, since signing changes a device
	rotating, losing, signing := witness, witness, witness
	joining, anchoring := fresh("logger-8"), *w.loggers["logger-4"]
	receipt := witness.Sign(attest.Header{Device: witness.ID, Consortium: scenario.Channel, KeyID: witness.KeyID, Kind: attest.Receipt},
		fmt.Appendf(nil, `{"command":"c1","result":"done","executed_at":%d}`, w.now.Unix()))
	return map[waymark.Transaction]call{
		waymark.DevicesRegister:       {"producer", waymark.Operator, waymark.RegisterDeviceRequest{Registration: fresh("logger-5").Registration(), Activate: true}, nil},
		waymark.DevicesRegisterMany:   {"producer", waymark.Operator, waymark.RegisterManyRequest{Registrations: []string{fresh("logger-6").Registration(), fresh("logger-7").Registration()}, Attributes: &described}, nil},
		waymark.DevicesJoin:           {"carrier", waymark.Relay, w.authority.Join(joining, w.authority.Issue(joining, nil)), nil},
		waymark.DevicesRotateKey:      {"producer", waymark.Operator, waymark.RotateKeyRequest{Device: "logger-1", Rotation: rotating.Rotation("k2"), OverlapSeconds: 60}, nil},
		waymark.DevicesReplaceKey:     {"producer", waymark.Admin, waymark.ReplaceKeyRequest{Device: "logger-1", Registration: losing.Replacement("k2"), Reason: "because"}, nil},
		waymark.DevicesRevokeKey:      {"producer", waymark.Operator, waymark.RevokeKeyRequest{Device: "logger-1", Key: "k1", From: w.now, Reason: "because"}, nil},
		waymark.DevicesRecordPresence: {"carrier", waymark.Relay, waymark.RecordPresenceRequest{Device: "logger-3", Presence: w.presence(waymark.PresenceGone)}, nil},
		waymark.TelemetryRecord:       {"carrier", waymark.Relay, waymark.RecordRequest{Messages: []string{signing.Pack(510)}}, []any{anchoring.Anchoring(anchoring.Pack(510), anchoring.Pack(520))}},
		waymark.CommandsClose:         {"carrier", waymark.Relay, waymark.CloseCommandRequest{Receipt: receipt}, nil},
	}
}

func (w *world) shipmentCalls() map[waymark.Transaction]call {
	query, ending := waymark.ShipmentQuery{Shipment: "s1", Purpose: "claim-1"}, waymark.EndHandoffRequest{Shipment: "s1", Number: 2, Reason: "because"}
	witness := *w.loggers["logger-1"]
	attestation := witness.Attest(w.handoff, nil)
	return map[waymark.Transaction]call{
		waymark.ShipmentsCreate: {"producer", waymark.Operator, waymark.CreateShipmentRequest{ID: "s2", Consignee: "retailer", Arbiter: "auditor",
			Attested: true, Seals: []string{"S1"}, ClaimSeconds: 3600,
			Goods:      []waymark.Line{{ID: item("2")}},
			Conditions: []waymark.Condition{{Name: "temperature", Unit: "Cel", Minimum: "2", Maximum: "8"}}}, rulesOfEveryKind()},
		waymark.ShipmentsAttach: {"carrier", waymark.Operator, waymark.AttachDeviceRequest{Shipment: "s1", Device: "logger-4"}, nil},
		waymark.ShipmentsOffer:  {"carrier", waymark.Operator, waymark.OfferHandoffRequest{Shipment: "s1", To: "retailer", ExpiresAt: w.later}, nil},
		waymark.ShipmentsAccept: {"retailer", waymark.Operator, waymark.AcceptHandoffRequest{Shipment: "s1", Number: 2, Reservation: "a dent", Attestations: []string{attestation},
			Checked:    []waymark.OwnChecked{{Device: "logger-1", Checked: 1, Digest: strings.Repeat("0f", 32)}},
			Exceptions: []waymark.Exception{{Goods: "https://id.gs1.org/01/09506000134352/21/1", Reason: waymark.ExceptionWrongItem, Found: "https://id.gs1.org/01/09506000134352/21/9", Note: "another serial"}}}, nil},
		waymark.ShipmentsReject:  {"retailer", waymark.Operator, ending, nil},
		waymark.ShipmentsCancel:  {"carrier", waymark.Operator, ending, nil},
		waymark.ShipmentsGet:     {"producer", waymark.Operator, query, nil},
		waymark.ShipmentsHistory: {"producer", waymark.Operator, query, nil},

		waymark.ShipmentsProfiles: {"producer", waymark.Operator, nil, nil},

		waymark.ShipmentsWaiveClaim: {"carrier", waymark.Operator, waymark.WaiveClaimRequest{Shipment: "s1", Number: 1, Reason: "because"}, nil},
	}
}

// item is an item of the producer's product.
func item(serial string) string { return waymark.Item(scenario.GTIN, serial).String() }

// lotOf is a lot of it.
func lotOf(number string) string { return waymark.Goods{GTIN: scenario.GTIN, Lot: number}.String() }

// box is a container of the producer's, with the items 5 and 6 of the lot L0 in it.
const box = "https://id.gs1.org/00/395060001234567894"

// nextPage is where a page of one entry ended.
func (w *world) nextPage(name waymark.Transaction, query any) string {
	w.t.Helper()
	var page struct{ Cursor string }
	if err := json.Unmarshal(w.must("producer", waymark.Viewer, name, query), &page); err != nil || page.Cursor == "" {
		w.t.Fatalf("%s has no cursor (%v)", name, err)
	}
	return page.Cursor
}

func (w *world) goodsCalls() map[waymark.Transaction]call {
	lot, kilo := lotOf("L1"), []waymark.Line{{ID: lotOf("L2"), Quantity: "1", From: waymark.Stock("producer", "producer")}}
	contents := waymark.ContentsQuery{Container: box, Limit: 1}
	contents.Cursor = w.nextPage(waymark.GoodsContents, contents)
	portions := waymark.GoodsQuery{ID: lotOf("L2"), Limit: 1}
	portions.Cursor = w.nextPage(waymark.GoodsGet, portions)
	trace := waymark.TraceQuery{ID: lotOf("L0"), Direction: waymark.TraceForward, Limit: 1}
	trace.Cursor = w.nextPage(waymark.GoodsTrace, trace)
	return map[waymark.Transaction]call{
		waymark.GoodsRegisterProduct: {"producer", waymark.Admin, waymark.RegisterProductRequest{GTIN: "04012345678901", Name: "milk",
			NetContent: &waymark.Amount{Quantity: "1", Unit: "LTR"}, Regulators: []string{"auditor"}}, nil},
		waymark.GoodsCommission: {"producer", waymark.Operator, waymark.CommissionRequest{Items: []string{item("8")}}, []any{
			waymark.CommissionRequest{Lot: lot, Quantity: "2.5", Unit: "KGM"}}},
		waymark.GoodsAddRegulator: {"producer", waymark.Admin, waymark.AddRegulatorRequest{GTIN: scenario.GTIN, Regulator: "auditor"}, nil},
		waymark.GoodsPack:         {"producer", waymark.Operator, waymark.PackRequest{ID: "a2", Container: box, Lines: kilo}, nil},
		waymark.GoodsUnpack:       {"producer", waymark.Operator, waymark.UnpackRequest{ID: "a2", Container: box, Lines: []waymark.Line{{ID: item("5")}}}, nil},
		waymark.GoodsTransform: {"producer", waymark.Operator, waymark.TransformRequest{ID: "a2", Inputs: kilo,
			Outputs: []waymark.Output{{ID: lot, Quantity: "0.9", Unit: "KGM"}}, Loss: []waymark.Amount{{Quantity: "0.1", Unit: "KGM"}}}, []any{
			waymark.TransformRequest{ID: "a2", Inputs: []waymark.Line{{ID: item("4")}}, Outputs: []waymark.Output{{ID: item("7"), Lot: lot}}}}},
		waymark.GoodsDecommission: {"producer", waymark.Operator, waymark.DecommissionRequest{ID: "a2", Lines: kilo, Reason: "because"}, nil},
		waymark.GoodsRecall:       {"producer", waymark.Operator, waymark.RecallRequest{Lot: lotOf("L0"), Reason: "because", Reference: "2026/1"}, nil},
		waymark.GoodsLiftRecall:   {"producer", waymark.Operator, waymark.LiftRecallRequest{Lot: lotOf("L0"), Reason: "because"}, nil},
		waymark.GoodsProduct:      {"producer", waymark.Operator, waymark.ProductQuery{GTIN: scenario.GTIN}, nil},
		waymark.GoodsGet:          {"producer", waymark.Operator, portions, []any{waymark.GoodsQuery{ID: box}, waymark.GoodsQuery{ID: item("5")}}},
		waymark.GoodsContents:     {"producer", waymark.Operator, contents, nil},
		waymark.GoodsTrace:        {"producer", waymark.Operator, trace, nil},
		waymark.GoodsHistory:      {"producer", waymark.Operator, waymark.ThingQuery{ID: box}, nil},
		waymark.GoodsAct:          {"producer", waymark.Operator, waymark.ActQuery{ID: "a1"}, nil},
	}
}

// titleCalls are those of the lifecycle, holds and title.
func (w *world) titleCalls() map[waymark.Transaction]call {
	ending := waymark.EndTitleOfferRequest{Shipment: "s1", Number: 1, Reason: "because"}
	return map[waymark.Transaction]call{
		waymark.ShipmentsReady:    {"producer", waymark.Operator, waymark.ReadyShipmentRequest{Shipment: "s0"}, nil},
		waymark.ShipmentsVoid:     {"producer", waymark.Operator, waymark.VoidShipmentRequest{Shipment: "s-warm", Reason: "because"}, nil},
		waymark.ShipmentsDetach:   {"producer", waymark.Operator, waymark.DetachDeviceRequest{Shipment: "s1", Device: "logger-1"}, nil},
		waymark.ShipmentsHold:     {"carrier", waymark.Operator, waymark.HoldRequest{Shipment: "s1", Kind: waymark.HoldPendingData, Reason: "because"}, nil},
		waymark.ShipmentsLiftHold: {"producer", waymark.Operator, waymark.HoldRequest{Shipment: "s0", Kind: waymark.HoldPendingData, Reason: "arrived"}, nil},
		waymark.TitlesOffer:       {"producer", waymark.Operator, waymark.OfferTitleRequest{Shipment: "s1", To: "retailer", ExpiresAt: w.later}, nil},
		waymark.TitlesAccept:      {"retailer", waymark.Operator, waymark.AcceptTitleRequest{Shipment: "s1", Number: 1}, nil},
		waymark.TitlesDecline:     {"retailer", waymark.Operator, ending, nil},
		waymark.TitlesCancel:      {"producer", waymark.Operator, ending, nil},
		waymark.TitlesGet:         {"producer", waymark.Operator, waymark.ShipmentQuery{Shipment: "s1", Purpose: "claim-1"}, nil},
	}
}

func (w *world) policyCalls() map[waymark.Transaction]call {
	text := `permit (principal in Waymark::Member::"carrier", action == Waymark::Action::"ReadTelemetry", resource);`
	put := waymark.PutPolicyRequest{ID: "p3", Text: text}
	ref := waymark.PolicyQuery{Owner: "producer", Author: "auditor", ID: "p2"}
	check := waymark.CheckRequest{Action: waymark.ActReadTelemetry, Device: "logger-1", Principal: waymark.Principal{Member: "carrier", Role: waymark.Viewer}}
	return map[waymark.Transaction]call{
		waymark.PoliciesBaseline:  {"producer", waymark.Admin, nil, nil},
		waymark.PoliciesTemplates: {"producer", waymark.Admin, nil, nil},
		waymark.PoliciesCheck:     {"producer", waymark.Admin, check, checks()},
		waymark.PoliciesAuthorize: {"producer", waymark.Admin, check, checks()[:1]}, // decides as Check
		waymark.PoliciesGet:       {"producer", waymark.Admin, ref, nil},
		waymark.PoliciesHistory:   {"producer", waymark.Admin, ref, nil},
		waymark.PoliciesList:      {"producer", waymark.Admin, waymark.PoliciesQuery{Owner: "producer"}, nil},
		waymark.PoliciesReceipt:   {"producer", waymark.Admin, waymark.ReceiptQuery{TxID: strings.Repeat("a", 64)}, nil},
		waymark.PoliciesPut:       {"producer", waymark.Admin, put, nil},
		waymark.PoliciesPutTemplate: {"producer", waymark.Admin, waymark.PutTemplateRequest{ID: "p3", Template: "maintainer-commands-model",
			Parameters: map[string]string{"maintainer": "carrier", "model": "TL-20"}}, []any{
			waymark.PutTemplateRequest{ID: "p3", Template: "insurer-reads-for-claim", Parameters: map[string]string{
				"insurer": "auditor", "purpose": "claim-1", "until": "2026-12-31T00:00:00Z", "shipment": "s1"}},
		}},
		waymark.PoliciesDelegate: {"carrier", waymark.Admin, waymark.DelegatePolicyRequest{Owner: "producer", ID: "p3", Text: text, From: waymark.PolicyRef{Author: "producer", ID: "p1"}}, nil},
		waymark.PoliciesWithdraw: {"producer", waymark.Admin, waymark.WithdrawPolicyRequest{Owner: "producer", Author: "auditor", ID: "p2", Reason: "because"}, nil},
		waymark.PoliciesDryRun: {"producer", waymark.Admin, waymark.DryRunRequest{Devices: []string{"logger-1"}, Shipments: []string{"s1"}, Purpose: "claim-1",
			Withdraw: waymark.DryRunWithdrawal{Owner: "producer", Author: "auditor", ID: "p2"}}, []any{
			waymark.DryRunRequest{Devices: []string{"logger-1"}, Shipments: []string{"s1"}, Purpose: "claim-1", Put: put},
		}},
	}
}

// checks are questions about every action.
func checks() []any {
	questions := make([]any, 0, len(waymark.Actions()))
	for _, action := range waymark.Actions() {
		r := waymark.CheckRequest{Action: action, Purpose: "claim-1", DataClass: waymark.ClassCondition,
			Member: "carrier", Device: "logger-1", Shipment: "s1", Handoff: 2, TitleOffer: 1, Hold: waymark.HoldQuarantine, Product: scenario.GTIN, Goods: item("2"),
			Principal: waymark.Principal{Member: "producer", Role: waymark.Operator, App: "erp"}}
		switch action {
		case waymark.ActAcceptTransfer, waymark.ActDeclineTransfer, waymark.ActCancelTransfer:
			r.Device = "logger-2"
		}
		questions = append(questions, r)
	}
	return questions
}
