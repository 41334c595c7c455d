package device_test

import (
	"crypto"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/test/internal/device"
)

// bridgeOf makes a bridge, and what a device is given of it.
func bridgeOf(t *testing.T) (crypto.Signer, device.Bridge) {
	t.Helper()
	key, err := attest.GenerateKey(attest.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	jwk, err := attest.PublicJWK(key)
	if err != nil {
		t.Fatal(err)
	}
	return key, device.Bridge{ID: "bridge", KeyID: "b1", JWK: jwk}
}

func fromBridge(t *testing.T, key crypto.Signer, consortium string, kind attest.Kind, statement any) []byte {
	t.Helper()
	payload, err := json.Marshal(statement)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := attest.Sign(attest.COSE, key, attest.Header{Device: "bridge", Consortium: consortium, KeyID: "b1", Kind: kind}, payload)
	if err != nil {
		t.Fatal(err)
	}
	return signed.Raw
}

func TestADeviceHearsItsOwnBridgeAlone(t *testing.T) {
	d := create(t, t.TempDir(), device.Settings{ID: "logger-1"})
	key, known := bridgeOf(t)
	other, _ := bridgeOf(t)
	unknown := waymark.CommitReceipt{Device: "logger-1", Number: 1, State: waymark.CommitUnknown, At: 1}
	elsewhere := unknown
	elsewhere.Device = "logger-2"
	command := waymark.DeliveredCommand{Device: "logger-1", ID: "c-1", Name: "wake", Arguments: "{}", ExpiresAt: 1, TxID: strings.Repeat("a", 64)}
	for _, test := range []struct {
		name    string
		payload []byte
		want    waymark.Code
	}{
		{"a commit receipt", fromBridge(t, key, "waymark", attest.Commit, unknown), ""},
		{"a command", fromBridge(t, key, "waymark", attest.Command, command), ""},
		{"another bridge's", fromBridge(t, other, "waymark", attest.Commit, unknown), waymark.Unauthenticated},
		{"another device's", fromBridge(t, key, "waymark", attest.Commit, elsewhere), waymark.Invalid},
		{"another consortium's", fromBridge(t, key, "other", attest.Commit, unknown), waymark.Invalid},
		{"a command as a receipt", fromBridge(t, key, "waymark", attest.Commit, command), waymark.Invalid},
		{"its own statement", fromBridge(t, key, "waymark", attest.Inquiry, waymark.Inquiry{Number: 1}), waymark.Invalid},
		{"noise", []byte("hello"), waymark.Invalid},
	} {
		if heard, err := d.Hear(test.payload, known); waymark.CodeOf(err) != test.want || (err == nil) == (heard == device.Heard{}) {
			t.Errorf("%s: %+v, %v, want %q", test.name, heard, err, test.want)
		}
	}
	if _, err := d.Hear(fromBridge(t, key, "waymark", attest.Commit, unknown)); waymark.CodeOf(err) != waymark.Unauthenticated {
		t.Errorf("without any bridge: %v", err)
	}
}

func TestMemoryIsFreedByCommitReceipts(t *testing.T) {
	dir := t.TempDir()
	d := create(t, dir, device.Settings{ID: "logger-1"})
	var messages []device.Message
	for range 4 {
		messages = append(messages, sign(t, d))
	}
	digest := hex.EncodeToString(messages[1].Digest[:waymark.DigestPrefix])
	third := hex.EncodeToString(messages[2].Digest[:waymark.DigestPrefix])
	for _, step := range []struct {
		name  string
		r     waymark.CommitReceipt
		freed bool
		code  waymark.Code
		left  int
	}{
		{"unknown", waymark.CommitReceipt{Number: 1, State: waymark.CommitUnknown}, false, "", 4},
		{"recorded", waymark.CommitReceipt{Number: 2, State: waymark.CommitRecorded, Digest: digest}, true, "", 3},
		{"again", waymark.CommitReceipt{Number: 2, State: waymark.CommitRecorded, Digest: digest}, false, "", 3},
		{"another is in quarantine", waymark.CommitReceipt{Number: 3, State: waymark.CommitQuarantined, Digest: digest, Code: "invalid"}, false, "", 3},
		{"in quarantine", waymark.CommitReceipt{Number: 3, State: waymark.CommitQuarantined, Digest: third, Code: "invalid"}, true, "", 2},
		{"another message is recorded", waymark.CommitReceipt{Number: 1, State: waymark.CommitRecorded, Digest: digest}, true, waymark.Conflict, 1},
	} {
		freed, err := d.Free(step.r)
		if freed != step.freed || waymark.CodeOf(err) != step.code || len(d.Outbox()) != step.left {
			t.Errorf("%s: freed %t, %v, %d left", step.name, freed, err, len(d.Outbox()))
		}
		d = reopen(t, dir, d)
	}
}

// With Keep a PUBACK frees nothing.
func TestWhatIsKeptUntilItIsCommitted(t *testing.T) {
	b := newFakeBroker(t)
	d := create(t, t.TempDir(), device.Settings{ID: "logger-1"})
	o := b.options()
	o.Keep = true
	s, err := d.Connect(deadline(t), o)
	if err != nil {
		t.Fatal(err)
	}
	m := sign(t, d)
	if err := s.Publish(deadline(t), m); err != nil {
		t.Fatal(err)
	}
	if len(d.Outbox()) != 1 {
		t.Error("freed by its PUBACK")
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
