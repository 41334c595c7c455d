package uplink

import (
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/outbox"
)

// Only that the ledger has another message of the number that was asked for is a fork.
func TestWhatIsAFork(t *testing.T) {
	key, err := attest.GenerateKey(attest.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	signed := func(format attest.Format, h attest.Header, payload []byte) attest.Signed {
		h.Consortium, h.KeyID = "waymark", "k1"
		s, err := attest.Sign(format, key, h, payload)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	mine := signed(attest.COSE, attest.Header{Device: "a", Kind: attest.PackCBOR, Sequence: 7, Previous: make([]byte, attest.DigestSize)}, []byte{0x80})
	q, err := questionOf("a", outbox.Message{Number: 7, Raw: mine.Raw})
	if err != nil {
		t.Fatal(err)
	}
	own, other := hex.EncodeToString(mine.Digest[:waymark.DigestPrefix]), strings.Repeat("0", 2*waymark.DigestPrefix)
	receipt := waymark.CommitReceipt{Device: "a", Number: 7, State: waymark.CommitRecorded, Digest: other, TxID: strings.Repeat("a", 64), Block: 3, At: 1772352000}
	for _, test := range []struct {
		name   string
		change func(r *waymark.CommitReceipt)
		kind   attest.Kind
		want   bool
	}{
		{"another is recorded", func(*waymark.CommitReceipt) {}, attest.Commit, true},
		{"its own is recorded", func(r *waymark.CommitReceipt) { r.Digest = own }, attest.Commit, false},
		{"of another number", func(r *waymark.CommitReceipt) { r.Number = 6 }, attest.Commit, false},
		{"of another device", func(r *waymark.CommitReceipt) { r.Device = "b" }, attest.Commit, false},
		{"another is in quarantine, where anybody's may be", func(r *waymark.CommitReceipt) {
			r.State, r.TxID, r.Block, r.Code = waymark.CommitQuarantined, "", 0, "invalid"
		}, attest.Commit, false},
		{"none is known", func(r *waymark.CommitReceipt) {
			*r = waymark.CommitReceipt{Device: "a", Number: 7, State: waymark.CommitUnknown, At: 1}
		}, attest.Commit, false},
		{"no receipt", func(r *waymark.CommitReceipt) { r.At = -1 }, attest.Commit, false},
		{"another kind", func(*waymark.CommitReceipt) {}, attest.Command, false},
	} {
		r := receipt
		test.change(&r)
		payload, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		for _, format := range []attest.Format{attest.COSE, attest.JWS} {
			if got := q.isFork(signed(format, attest.Header{Device: "bridge", Kind: test.kind}, payload).Raw); got != test.want {
				t.Errorf("%s as %v: %t", test.name, format, got)
			}
		}
	}
	if q.isFork([]byte("noise")) || q.isFork(nil) {
		t.Error("noise is a fork")
	}
}
