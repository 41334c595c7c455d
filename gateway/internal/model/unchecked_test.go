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

// TestUncheckedWindowsAreFound: those that a stream names, of any device, with the block that recorded each.
func TestUncheckedWindowsAreFound(t *testing.T) {
	at := time.Unix(1893456000, 0).UTC()
	windowOf := func(device string, first uint64) ledger.Write {
		w := waymark.Window{Device: device, Owner: "producer", Key: "k1", First: first, Last: first + 9, Readings: 10, From: at, To: at, Series: []waymark.Series{},
			Digests: make([]byte, 10*waymark.DigestPrefix), Root: make([]byte, 32), Body: "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", Recorded: waymark.Stamp{TxID: "t", Time: at, Member: "producer"}}
		return ledger.Write{Key: rules.WindowKey(device, first).String(), Value: window.Encode(w)}
	}
	streamOf := func(device string, anchored *waymark.Anchored) ledger.Write {
		value, err := json.Marshal(waymark.Stream{Device: device, Anchored: anchored})
		if err != nil {
			t.Fatal(err)
		}
		return ledger.Write{Key: rules.StreamKey(device).String(), Value: value}
	}
	w, m := newWorld(t), opened(t, sqlite)
	w.block()
	w.block()
	w.blocks[1].Transactions[0].Writes = []ledger.Write{streamOf("all-checked", &waymark.Anchored{Last: 10, Unchecked: []waymark.Run{}}), streamOf("none-anchored", nil), windowOf("a", 1), windowOf("a", 11)}
	w.blocks[2].Transactions[0].Writes = []ledger.Write{streamOf("a", &waymark.Anchored{Last: 30, Unchecked: []waymark.Run{{First: 11, Last: 20}, {First: 21, Last: 30}}}), windowOf("a", 21)}
	for _, b := range w.blocks {
		if err := m.Apply(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	if devices, err := m.Unchecked(t.Context()); err != nil || !slices.Equal(devices, []string{"a"}) {
		t.Errorf("devices %q, %v", devices, err)
	}
	waiting, err := m.Waiting(t.Context(), "a")
	if err != nil || len(waiting) != 2 || waiting[0].Window.First != 11 || waiting[0].Block != 1 || waiting[1].Window.First != 21 || waiting[1].Block != 2 || waiting[0].Window.Body == "" {
		t.Errorf("waiting %+v, %v", waiting, err)
	}
	for _, device := range []string{"all-checked", "none-anchored", "nobody"} {
		if waiting, err := m.Waiting(t.Context(), device); err != nil || len(waiting) > 0 {
			t.Errorf("%s: waiting %+v, %v", device, waiting, err)
		}
	}
}
