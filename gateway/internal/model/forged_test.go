package model_test

import (
	"crypto/sha256"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	rules "github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/database/databasetest"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/model"
)

// forgedRecords: what two members can write alone, against all rules, stops neither the model nor anybody's lists and
// events. What it is about nobody is shown, as on the ledger.
func forgedRecords(t *testing.T, open databasetest.Opener) {
	d := newDepot(t)
	producer := d.As("producer", waymark.Operator)
	for n, id := range depotShipments {
		done(t, d, producer, custody.Create, waymark.CreateShipmentRequest{ID: id, Consignee: "retailer", Goods: []waymark.Line{{ID: depotItems[n]}}})
	}
	done(t, d, producer, custody.Attach, waymark.AttachDeviceRequest{Shipment: "s0", Device: "logger-1"})
	d.telling(
		ledger.Event{Name: waymark.EventShipmentReady, Payload: payload(t, waymark.ShipmentEvent{Shipment: "s0"})},
		ledger.Event{Name: waymark.EventShipmentReady, Payload: payload(t, waymark.ShipmentEvent{Shipment: "s2"})},
		ledger.Event{Name: waymark.EventShipmentReady + "\nid: 9:9:9", Payload: payload(t, waymark.ShipmentEvent{Shipment: "s2"})},
		ledger.Event{Name: waymark.EventShipmentReady, Payload: payload(t, map[string]string{"shipment": "s2", "note": strings.Repeat("x", 64<<10)})},
		ledger.Event{Name: waymark.EventShipmentReady, Payload: []byte(`{"shipment":"s2","note":"` + "\xff" + `"}`)},
		ledger.Event{Name: waymark.EventShipmentReady, Payload: []byte(`{"shipment":"s2","shipment":"s2"}`)},
		ledger.Event{Name: waymark.EventShipmentReady, Payload: []byte(`{"shipment":"s2","deep":` + strings.Repeat("[", 9) + strings.Repeat("]", 9) + `}`)},
		ledger.Event{Name: waymark.EventTelemetryRecorded, Payload: []byte(`{"windows":[{}` + strings.Repeat(",{}", 10_000) + `]}`)},
	)
	ready := &ledger.Event{Name: waymark.EventShipmentReady, Payload: payload(t, waymark.ShipmentEvent{Shipment: "s2"})}
	custodyOf := func(id string) []ledger.Write {
		return []ledger.Write{{Key: rules.CustodyKey(id).String(), Value: d.World.Value(rules.CustodyKey(id).String())}}
	}
	d.blocks[len(d.blocks)-1].Transactions = append(d.blocks[len(d.blocks)-1].Transactions,
		ledger.BlockTransaction{Position: 90, TxID: "1", Status: ledger.Valid, Event: ready, Writes: custodyOf("s1")}, // which is not what it tells of
		ledger.BlockTransaction{Position: 91, TxID: "2", Status: ledger.Valid, Event: ready, Writes: []ledger.Write{{Key: rules.CustodyKey("s9").String()}}},
		ledger.BlockTransaction{Position: 92, TxID: "3", Status: ledger.Valid, Event: ready, Private: []ledger.PrivateWrite{{Member: "carrier", Key: sha256.Sum256([]byte(rules.CustodyKey("s2").String()))}}},
		ledger.BlockTransaction{Position: 93, TxID: "4", Status: ledger.Valid, Writes: custodyOf("s2"),
			Event: &ledger.Event{Name: waymark.EventShipmentReady, Payload: []byte(`{"shipment":"s1","Shipment":"s2"}`)}},
		ledger.BlockTransaction{Position: 94, TxID: "5", Status: ledger.Valid, Writes: custodyOf("s2"),
			Event: &ledger.Event{Name: waymark.EventShipmentReady, Payload: []byte(`{"shipment":"s1","\u017fhipment":"s2"}`)}},
		ledger.BlockTransaction{Position: 99, TxID: "6", Status: ledger.Valid, Writes: []ledger.Write{
			{Key: rules.CustodyKey("s0").String(), Value: []byte(`{"shipment":"s1","custodian":"carrier","state":"ready"}`)},
			{Key: rules.HandoffKey("s1", 1).String(), Value: []byte(`no JSON`)},
			{Key: rules.HandoffKey("s2", 1).String(), Value: payload(t, waymark.Handoff{Shipment: "s2", Number: 1, From: "producer", To: "carrier", State: waymark.HandoffAccepted})},
		}},
		ledger.BlockTransaction{Position: 100, TxID: "\xff", Status: "BAD_PAYLOAD", Member: "\x00", Function: "a\x00b\xff"},
		ledger.BlockTransaction{Position: 101, Status: ledger.Valid, Function: "\xc3\x28", Event: &ledger.Event{Name: "odd\x00.\xff", Payload: []byte("\x00\xff")}, Writes: []ledger.Write{
			{Key: rules.CustodyKey("s3").String(), Value: []byte(`{"shipment":"s3","custodian":"a\u0000b","state":"in_custody"}`)},
			{Key: "decision/\xff\x00", Value: []byte(`{"action":"\u0000","principal":{"id":"\u0000/x"}}`)},
			{Key: "item/\x00/\xff", Value: []byte(`{"id":"https://id.gs1.org/01/09506000134352/21/a","place":"stock/\u0000/b"}`)},
			{Key: "device/\xff", Value: []byte("\xff\x00")},
		}})
	m, by := d.modelOf(t, open), d.by("producer", waymark.Operator)
	shipments, err := m.Shipments(t.Context(), by, waymark.ShipmentsQuery{})
	if err != nil || len(shipments.Shipments) != 1 || shipments.Shipments[0].Shipment.ID != "s2" {
		t.Errorf("shipments %+v, %v", shipments, err)
	}
	devices, err := m.Devices(t.Context(), by, waymark.DevicesQuery{Shipment: "s0"})
	if err != nil || len(devices.Devices) != 0 {
		t.Errorf("devices %+v, %v", devices, err)
	}
	for member, want := range map[string]int{"producer": 6, "carrier": 0} { // of eight items and a lot, two are of nobody
		things, err := m.Things(t.Context(), by, waymark.ThingsQuery{Holder: member, Kind: waymark.GoodsItem})
		if err != nil || len(things.Things) != want {
			t.Errorf("things of %s: %d, %v", member, len(things.Things), err)
		}
	}
	last := model.End(uint64(len(d.blocks) - 1))
	if ids, _ := follow(t, m, by, model.EventFilter{}, last); len(ids) != 1 {
		t.Errorf("events %v", ids)
	}
	found, err := m.Search(t.Context(), by, waymark.SearchQuery{Q: "s"})
	if err != nil || !hasPath(found, "/v1/shipments/s2") || hasPath(found, "/v1/shipments/s0") || hasPath(found, "/v1/shipments/s1") {
		t.Errorf("found %+v, %v", found, err)
	}
	for n, code := range []waymark.Code{waymark.Internal, waymark.Internal, ""} { // as the ledger answers about the items
		p, err := m.Provenance(t.Context(), by, waymark.ProvenanceQuery{ID: depotItems[n]})
		if waymark.CodeOf(err) != code || err == nil && (len(p.Steps) != 3 || p.Steps[2].What != waymark.EventHandoffAccepted) {
			t.Errorf("provenance of %s: %+v, %v", depotItems[n], p.Steps, err)
		}
	}
}
