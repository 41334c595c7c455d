package main

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
)

// theBridge is that of the vectors.
func theBridge(t *testing.T) Bridge {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "vectors", "messages.json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Keys map[string]waymark.JWK }
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	key := file.Keys["ed25519-other"]
	return Bridge{ID: "bridge", KeyID: "b1", JWK: waymark.JWK{KeyType: key.KeyType, Curve: key.Curve, X: key.X}}
}

func commit(t *testing.T, d *Device, text string, b Bridge) waymark.CommitReceipt {
	t.Helper()
	r, err := d.Hear([]byte(text), b)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// What the bridge of the vectors says is understood in both envelopes, and frees what it means, also after a power loss.
func TestCommitReceiptsFreeMessages(t *testing.T) {
	texts, key := vectors(t)
	at := time.Unix(1772352000, 0)
	state := filepath.Join(t.TempDir(), "state")
	d := device(t, key, attest.JWS, state)
	for _, readings := range [][]senml.Reading{
		{{Name: "temperature", Unit: "Cel", Value: 425, Time: at}, {Name: "humidity", Unit: "%RH", Value: 6100, Time: at}},
		{{Name: "temperature", Unit: "Cel", Value: -50, Time: at.Add(time.Minute)}},
		{{Name: "temperature", Unit: "Cel", Value: 1, Time: at.Add(time.Hour)}},
	} {
		if err := d.Sign(readings); err != nil {
			t.Fatal(err)
		}
	}
	bridge := theBridge(t)
	other := commit(t, d, texts["commit-quarantined-jws"], bridge)
	other.Digest = hex.EncodeToString(make([]byte, waymark.DigestPrefix))
	unread := waymark.CommitReceipt{Device: "logger-1", Number: 3, State: waymark.CommitUnreadable, Digest: other.Digest, Code: "unreadable"}
	taken := waymark.CommitReceipt{Device: "logger-1", Number: 3, State: waymark.CommitRecorded, Digest: other.Digest}
	for _, test := range []struct {
		name   string
		give   waymark.CommitReceipt
		want   bool
		oldest uint64 // of those that wait then
	}{
		{"unknown", commit(t, d, texts["commit-unknown-jws"], bridge), false, 1},
		{"recorded", commit(t, d, texts["commit-jws"], bridge), true, 2},
		{"the same again", commit(t, d, texts["commit-jws"], bridge), false, 2},
		{"another of its number is in quarantine", other, false, 2},
		{"in quarantine", commit(t, d, texts["commit-quarantined-jws"], bridge), true, 3},
		{"other bytes cannot be read", unread, false, 3},
		{"the ledger has another of its number", taken, true, 0},
	} {
		if freed, err := d.Free(test.give); err != nil || freed != test.want {
			t.Errorf("%s: freed %t, %v", test.name, freed, err)
		}
		d = device(t, key, attest.JWS, state)
		if oldest, err := d.Oldest(); err != nil || oldest != test.oldest {
			t.Errorf("%s: number %d is the oldest, %v", test.name, oldest, err)
		}
	}
	cose, err := base64.RawURLEncoding.DecodeString(texts["commit-cose"])
	if err != nil || commit(t, d, string(cose), bridge).Number != 1 {
		t.Errorf("in COSE: %v", err)
	}
}

func TestWhatIsPassedOver(t *testing.T) {
	texts, key := vectors(t)
	d := device(t, key, attest.JWS, filepath.Join(t.TempDir(), "state"))
	bridge := theBridge(t)
	otherKey, otherID, otherKeyID := bridge, bridge, bridge
	otherKey.JWK.X, otherID.ID, otherKeyID.KeyID = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "bridge-2", "b2"
	elsewhere, stranger := *d, *d
	elsewhere.Consortium, stranger.ID = "other", "logger-2"
	for name, test := range map[string]struct {
		device *Device
		bridge Bridge
		text   string
	}{
		"signed by another key":   {d, otherKey, texts["commit-jws"]},
		"of another bridge":       {d, otherID, texts["commit-jws"]},
		"of another key":          {d, otherKeyID, texts["commit-jws"]},
		"of another consortium":   {&elsewhere, bridge, texts["commit-jws"]},
		"for another device":      {&stranger, bridge, texts["commit-jws"]},
		"a command":               {d, bridge, texts["command-jws"]},
		"what the device says":    {d, bridge, texts["inquiry-jws"]},
		"what nobody says":        {d, bridge, "no message"},
		"with another letter end": {d, bridge, texts["commit-jws"][:len(texts["commit-jws"])-1]},
	} {
		if r, err := test.device.Hear([]byte(test.text), test.bridge); err == nil {
			t.Errorf("%s: believed %+v", name, r)
		}
	}
}
