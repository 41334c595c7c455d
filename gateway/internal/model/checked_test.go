package model_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	rules "github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/window"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// TestCheckedWindowsAreFound: the anchored ones of a device, but for those that were forfeited, with the block that recorded each.
func TestCheckedWindowsAreFound(t *testing.T) {
	at := time.Unix(1893456000, 0).UTC()
	record := func(key rules.Key, of any) ledger.Write {
		value, err := json.Marshal(of)
		if err != nil {
			t.Fatal(err)
		}
		return ledger.Write{Key: key.String(), Value: value}
	}
	windowOf := func(device string, first uint64, body string) ledger.Write {
		w := waymark.Window{Device: device, Owner: "producer", Key: "k1", First: first, Last: first + 9, Readings: 10, From: at, To: at, Series: []waymark.Series{},
			Digests: make([]byte, 10*waymark.DigestPrefix), Root: make([]byte, 32), Body: body, Recorded: waymark.Stamp{TxID: "t", Time: at, Member: "producer"}}
		return ledger.Write{Key: rules.WindowKey(device, first).String(), Value: window.Encode(w)}
	}
	const body = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
	w, m := newWorld(t), opened(t, sqlite)
	w.block()
	w.block()
	anchored, plain := []waymark.Condition{{Name: "t", Unit: "Cel", Maximum: "8", Anchored: true}}, []waymark.Condition{{Name: "t", Unit: "Cel", Maximum: "8"}}
	w.blocks[1].Transactions[0].Writes = []ledger.Write{windowOf("a", 1, body), windowOf("a", 11, ""), windowOf("a", 21, body), windowOf("b", 1, ""),
		record(rules.ShipmentKey("s1"), waymark.Shipment{ID: "s1", Conditions: anchored}), record(rules.ShipmentKey("s2"), waymark.Shipment{ID: "s2", Conditions: plain})}
	w.blocks[2].Transactions[0].Writes = []ledger.Write{windowOf("a", 31, body), windowOf("a", 41, body),
		record(rules.StreamKey("a"), waymark.Stream{Device: "a", Last: 50, Anchored: &waymark.Anchored{Last: 50, Checked: 50, Forfeited: []waymark.Run{{First: 21, Last: 30}}}})}
	for _, b := range w.blocks {
		if err := m.Apply(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	one, four, five := ledger.Anchored{First: 1, Last: 10, Block: 1}, ledger.Anchored{First: 31, Last: 40, Block: 2}, ledger.Anchored{First: 41, Last: 50, Block: 2}
	for _, test := range []struct {
		device      string
		after, last uint64
		want        []ledger.Anchored
	}{{"a", 0, 50, []ledger.Anchored{one, four, five}}, {"a", 0, 40, []ledger.Anchored{one, four}}, {"a", 40, 50, []ledger.Anchored{five}}, {"a", 50, 50, nil}, {"a", 0, 0, nil}, {"b", 0, 10, nil}} {
		if got, err := m.Checked(t.Context(), test.device, test.after, test.last); err != nil || !slices.Equal(got, test.want) {
			t.Errorf("%s from %d to %d: %+v, %v", test.device, test.after, test.last, got, err)
		}
	}
	for id, want := range map[string]bool{"s1": true, "s2": false} {
		if some, err := m.AnchoredConditions(t.Context(), id); err != nil || some != want {
			t.Errorf("%s: %t, %v", id, some, err)
		}
	}
	if _, err := m.AnchoredConditions(t.Context(), "s3"); waymark.CodeOf(err) != waymark.NotFound {
		t.Errorf("of none: %v", err)
	}
}
