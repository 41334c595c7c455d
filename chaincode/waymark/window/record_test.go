package window_test

import (
	"encoding/hex"
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/window"
)

func anyTime(t *rapid.T, label string) time.Time {
	return time.UnixMilli(rapid.Int64Range(1<<28*1000, 253402300799000).Draw(t, label)).UTC()
}

func anyWindow(t *rapid.T) waymark.Window {
	text := rapid.StringMatching(`[A-Za-z0-9][A-Za-z0-9_:-]{0,63}`)
	messages := rapid.IntRange(1, waymark.MaxWindowMessages).Draw(t, "messages")
	first := rapid.Uint64Range(1, waymark.MaxSequence-100).Draw(t, "first")
	bytes := func(n int, label string) []byte { return rapid.SliceOfN(rapid.Byte(), n, n).Draw(t, label) }
	w := waymark.Window{
		Device: "logger-1", Owner: text.Draw(t, "owner"), Key: text.Draw(t, "key"), First: first, Last: first + uint64(messages) - 1,
		From: anyTime(t, "from"), To: anyTime(t, "to"), Series: []waymark.Series{}, Digests: bytes(messages*waymark.DigestPrefix, "digests"), Root: bytes(32, "root"),
		Recorded: waymark.Stamp{Time: anyTime(t, "time"), Member: text.Draw(t, "member"), Role: rapid.SampledFrom(waymark.Roles()).Draw(t, "role"),
			TxID: rapid.OneOf(rapid.Just(hex.EncodeToString(bytes(32, "tx"))), rapid.StringN(1, 64, 64)).Draw(t, "txid")},
	}
	if rapid.Bool().Draw(t, "witnessed") {
		w.Shipment = text.Draw(t, "shipment")
	}
	if rapid.Bool().Draw(t, "anchored") {
		w.Body = hex.EncodeToString(bytes(32, "body"))
	}
	if rapid.Bool().Draw(t, "by an edge") {
		w.Edge = text.Draw(t, "edge")
	}
	for range rapid.IntRange(1, waymark.MaxMeasured).Draw(t, "series") {
		count := rapid.Int64Range(1, 1000).Draw(t, "count")
		w.Readings += int(count)
		unit := text.Draw(t, "unit")
		class := rapid.OneOf(rapid.Just(waymark.ClassOf(unit)), rapid.Map(text, func(s string) waymark.DataClass { return waymark.DataClass(s) }))
		w.Series = append(w.Series, waymark.Series{Name: text.Draw(t, "name"), Unit: unit, Class: class.Draw(t, "class"), Count: count,
			Min: rapid.Int64().Draw(t, "min"), Max: rapid.Int64().Draw(t, "max"), Sum: rapid.Int64().Draw(t, "sum"), Overflow: rapid.Bool().Draw(t, "overflow")})
	}
	for range rapid.IntRange(0, 3).Draw(t, "sealed") {
		count := rapid.IntRange(1, 1000).Draw(t, "sealed count")
		w.Readings += count
		w.Sealed = append(w.Sealed, waymark.SealedSeries{Name: text.Draw(t, "sealed name"), Class: waymark.DataClass(text.Draw(t, "sealed class")), Count: count})
	}
	for n := w.First; n <= w.Last && len(w.Sealed) > 0; n++ {
		if rapid.Bool().Draw(t, "sealed in") {
			w.SealedIn = append(w.SealedIn, n)
		}
	}
	return w
}

func TestAWindowIsStoredWithoutLoss(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := anyWindow(rt)
		encoded := window.Encode(w)
		got, err := window.Decode(w.Device, encoded)
		if err != nil || !reflect.DeepEqual(got, w) {
			rt.Fatalf("stored and read: %+v (%v)\nwant %+v", got, err, w)
		}
		if encoded[0] == '{' || string(window.Encode(got)) != string(encoded) {
			rt.Fatal("the form is not one of its own")
		}
	})
}

// oldWindow is a window as it was stored at first: JSON, without owner, key and root.
const oldWindow = `{"device":"logger-1","shipment":"s1","first":2,"last":3,"readings":2,"from":"2026-03-01T08:00:00Z","to":"2026-03-01T08:00:01Z",` +
	`"series":[{"name":"temperature","unit":"Cel","count":2,"min":400,"max":410,"sum":810}],"digests":"AAECAwQFBgcICQoLDA0ODw==",` +
	`"recorded":{"tx_id":"ab","time":"2026-03-01T08:00:02Z","member":"producer","role":"relay"}}`

func TestTheOldFormIsRead(t *testing.T) {
	w, err := window.Decode("logger-1", []byte(oldWindow))
	if err != nil {
		t.Fatal(err)
	}
	if w.Owner != "" || w.Key != "" || w.Root == nil || len(w.Root) != 0 {
		t.Errorf("owner %q, key %q, root %x", w.Owner, w.Key, w.Root)
	}
	var want waymark.Window
	if err := json.Unmarshal([]byte(oldWindow), &want); err != nil {
		t.Fatal(err)
	}
	want.Root, want.Series[0].Class = []byte{}, waymark.ClassCondition
	if !reflect.DeepEqual(w, want) || w.Last != 3 || w.Series[0].Sum != 810 || w.Recorded.TxID != "ab" {
		t.Errorf("read %+v, want %+v", w, want)
	}
}

func TestABrokenRecordIsAnError(t *testing.T) {
	for _, value := range []string{"", "{", "\xff", "\xa1\x01\x61a", "nonsense"} {
		if _, err := window.Decode("logger-1", []byte(value)); waymark.CodeOf(err) != waymark.Internal {
			t.Errorf("%q: %v", value, err)
		}
	}
}
