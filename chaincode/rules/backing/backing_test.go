package backing_test

import (
	"crypto/sha256"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/rules/backing"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// events are the names of all events of the vocabulary, as its source has them.
func events(t *testing.T) (names []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../../waymark/event.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, is := n.(*ast.ValueSpec)
		if !is || !strings.HasPrefix(spec.Names[0].Name, "Event") {
			return true
		}
		name, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
		return true
	})
	if len(names) < 60 {
		t.Fatalf("the vocabulary has %d events", len(names))
	}
	return names
}

// TestEveryEventIsBacked by a record at least. That those are written the tests of all rules show, through scenario.Endorse.
func TestEveryEventIsBacked(t *testing.T) {
	lot := waymark.Goods{GTIN: "09506000134352", Lot: "L-1"}.String()
	payload, err := json.Marshal(map[string]any{
		"lot": lot, "items": 1, "devices": []string{"d"}, "windows": []waymark.WindowRef{{Device: "d"}}, "messages": []waymark.MessageRef{{Device: "d"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if known := events(t); !slices.Equal(backing.Events(), slices.Sorted(slices.Values(known))) {
		t.Errorf("of %v, %v are known", known, backing.Events())
	}
	for _, name := range events(t) {
		records, err := backing.Records(backing.Told{Name: name, Payload: payload, TxID: "t", Member: "m"})
		if err != nil || len(records) == 0 {
			t.Errorf("%s: %v, %v", name, records, err)
		}
		if err := backing.Check(backing.Told{Name: name, Payload: payload}, backing.Writes{}); err == nil {
			t.Errorf("%s is believed of a transaction that wrote nothing", name)
		}
	}
}

func TestCheck(t *testing.T) {
	private := func(holders ...string) map[string]map[[sha256.Size]byte]bool {
		of := map[string]map[[sha256.Size]byte]bool{}
		for _, holder := range holders {
			of[holder] = map[[sha256.Size]byte]bool{sha256.Sum256([]byte("terms/s")): true, sha256.Sum256([]byte("disclosure/d/0000000000000007")): true}
		}
		return of
	}
	of := func(keys ...string) backing.Writes { return backing.Writes{Public: keys} }
	const item, lot = "item/09506000134352/x", "https://id.gs1.org/01/09506000134352/10/L-1"
	for _, tt := range []struct {
		name, payload string
		writes        backing.Writes
		want          bool
	}{
		{waymark.EventDeviceSuspended, `{"device":"d"}`, of("device/c", "device/d", "device/e"), true},
		{waymark.EventDeviceSuspended, `{"device":"d"}`, of("device/c", "device/d0", "device/e"), false},
		{waymark.EventDeviceSuspended, `{"device":"d"}`, backing.Writes{Private: private("m")}, false},
		{waymark.EventDevicesRegistered, `{"devices":["d","e"]}`, of("device/d", "device/e"), true},
		{waymark.EventDevicesRegistered, `{"devices":["d","e"]}`, of("device/d"), false},
		{waymark.EventTransferAccepted, `{"device":"d"}`, of("transfer/d"), false},
		{waymark.EventCertificateRevoked, `{"owner":"o","authority":"a","serial":"1f"}`, of("revocation/o/key/1f"), true},
		{waymark.EventCertificateRevoked, `{"owner":"o","authority":"a","serial":"1f"}`, of("revocation/o1/key/1f"), false},

		{waymark.EventTelemetryRecorded, `{"windows":[{"device":"d","first":1}]}`, of("window/d/0000000000000001"), true},
		{waymark.EventTelemetryRecorded, `{"windows":[{"device":"d","first":1},{"device":"d","first":2}]}`, of("window/d/0000000000000001"), false},
		{waymark.EventTelemetryRecorded, `{"windows":[],"clashes":[{"device":"d"}]}`, of("stream/d"), true},
		{waymark.EventTelemetryRecorded, `{"windows":[],"clashes":[{"device":"d"}]}`, of("stream/e"), false},
		{waymark.EventTelemetryRecorded, `{"excursions":[{"shipment":"s","device":"d","first":1}]}`, of("excursion/s/d/0000000000000001/0000000000000002"), true},
		{waymark.EventTelemetryRecorded, `{"excursions":[{"shipment":"s","device":"d","first":1}]}`, of("excursion/s/d/0000000000000002/0000000000000000"), false},
		{waymark.EventTelemetryDisclosed, `{"to":"m","messages":[{"device":"d","sequence":7}]}`, backing.Writes{Private: private("m")}, true},
		{waymark.EventTelemetryDisclosed, `{"to":"m","messages":[{"device":"d","sequence":7}]}`, backing.Writes{Private: private("n")}, false},
		{waymark.EventTelemetryChecked, `{"device":"d","checks":[]}`, of("stream/d"), true},
		{waymark.EventTelemetryForfeited, `{"device":"d","first":1,"last":2}`, of("stream/e"), false},
		{waymark.EventTelemetryDisclosed, `{"to":"","messages":[{"device":"d","sequence":7}]}`, of("disclosure/d/0000000000000007"), false},

		{waymark.EventGoodsCommissioned, `{"gtin":"09506000134352","items":1}`, of(item), true},
		{waymark.EventGoodsCommissioned, `{"gtin":"09506000134353","items":1}`, of(item), false},
		{waymark.EventGoodsCommissioned, `{"gtin":"09506000134352","items":1,"lot":"` + lot + `"}`, of(item), false},
		{waymark.EventGoodsCommissioned, `{"gtin":"09506000134352","items":1,"lot":"` + lot + `"}`, of(item, "lotitem/09506000134352/L-1/x"), true},
		{waymark.EventGoodsCommissioned, `{"gtin":"09506000134352","items":0,"lot":"` + lot + `"}`, of("lot/09506000134352/L-1"), true},
		{waymark.EventGoodsRecalled, `{"lot":"` + lot + `"}`, of("recall/09506000134352/L-1"), true},
		{waymark.EventGoodsRecalled, `{"lot":"https://id.gs1.org/00/395060001234567894"}`, of("recall/395060001234567894"), false},
		{waymark.EventGoodsRecalled, `{"lot":"L-1"}`, of("recall/L-1"), false},

		{waymark.EventShipmentReady, `{"shipment":"s"}`, of("custody/s"), true},
		{waymark.EventHandoffAccepted, `{"shipment":"s","number":1}`, of("handoff/s/0000000000000001"), false},
		{waymark.EventHandoffAccepted, `{"shipment":"s","number":1}`, of("custody/s", "handoff/s/0000000000000001"), true},
		{waymark.EventHandoffAccepted, `{"shipment":"s","number":1,"discrepancy":{}}`, of("custody/s", "handoff/s/0000000000000001"), false},
		{waymark.EventTermsProposed, `{"shipment":"s","member":"m"}`, backing.Writes{Private: private("m", "n")}, true},
		{waymark.EventTermsProposed, `{"shipment":"s","member":"m"}`, backing.Writes{Private: private("m")}, false},
		{waymark.EventTermsProposed, `{"shipment":"s","member":"m"}`, backing.Writes{Private: private("n", "o")}, false},
		{waymark.EventTermsPurged, `{"shipment":"s","member":"m"}`, backing.Writes{Private: private("m")}, true},
		{waymark.EventTermsPurged, `{"shipment":"s","member":"m"}`, backing.Writes{Private: private("n")}, false},
		{waymark.EventDisputeResolved, `{"shipment":"s","number":1}`, of("dispute/s/0000000000000001"), true},
		{waymark.EventDisputeResolved, `{"shipment":"s","number":1,"escrow":{}}`, of("dispute/s/0000000000000001"), false},

		{waymark.EventMoneyTransferred, `{"payment":"p"}`, of("payment/by/p"), true},
		{waymark.EventMoneyTransferred, `{"payment":"p"}`, of("payment/m/p"), false},
		{waymark.EventMoneyIssued, `{"payment":"p","issuer":"by","currency":"EUR"}`, of("payment/by/p"), false},
		{waymark.EventDecisionRecorded, `{}`, of("decision/tx"), true},
		{waymark.EventDecisionRecorded, `{}`, of("decision/other"), false},

		{"device.exploded", `{"device":"d"}`, of("device/d"), false},
		{waymark.EventDeviceSuspended, `{"device":1}`, of("device/1"), false},
	} {
		slices.Sort(tt.writes.Public)
		err := backing.Check(backing.Told{Name: tt.name, Payload: []byte(tt.payload), TxID: "tx", Member: "by"}, tt.writes)
		if (err == nil) != tt.want {
			t.Errorf("%s %s beside %v: %v", tt.name, tt.payload, tt.writes, err)
		}
	}
}
