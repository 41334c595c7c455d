package fabric

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"reflect"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// Who signed what is told of each signature that holds, and of no other.
func TestWhoSignedIsTold(t *testing.T) {
	p := &fakePeer{}
	c := newClient(t, p)
	a := p.application(t)
	block, _ := pem.Decode(a.pem)
	sum := sha256.Sum256(block.Bytes)
	type told struct {
		by ledger.Creator
		tx waymark.Transaction
	}
	want := told{ledger.Creator{MSPID: "producer", CertificateSHA256: hex.EncodeToString(sum[:])}, waymark.DevicesSuspend}
	var got []told
	listening := func(s ledger.Signed) ledger.Signed {
		s.Proved = func(by ledger.Creator, tx waymark.Transaction) { got = append(got, told{by, tx}) }
		return s
	}
	proposed, err := c.Propose(waymark.DevicesSuspend, suspension, a.pem)
	if err != nil {
		t.Fatal(err)
	}
	forged := stranger(t).sign(proposed.Bytes)
	if _, err := c.EndorseSigned(t.Context(), listening(forged), suspensions); err == nil || len(got) > 0 {
		t.Fatalf("of another's signature %+v, %v", got, err)
	}
	endorsed, err := c.EndorseSigned(t.Context(), listening(a.sign(proposed.Bytes)), suspensions)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.SubmitSigned(t.Context(), listening(a.sign(endorsed.Bytes)), suspensions, nil); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, []told{want, want}) {
		t.Errorf("got %+v, want %+v twice", got, want)
	}
}
