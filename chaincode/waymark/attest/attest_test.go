package attest_test

import (
	"bytes"
	"crypto"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

func header(sequence uint64) attest.Header {
	h := attest.Header{Device: "logger-1", Consortium: "waymark", KeyID: "k1", Kind: attest.PackJSON, Sequence: sequence}
	if sequence > 1 {
		h.Previous = bytes.Repeat([]byte{7}, attest.DigestSize)
	}
	return h
}

// ASVS 5.0: 4.1.5.
func TestSignParseVerify(t *testing.T) {
	for _, algorithm := range attest.Algorithms() {
		for _, format := range []attest.Format{attest.COSE, attest.JWS} {
			t.Run(string(algorithm)+"/"+string(format), func(t *testing.T) {
				key, err := attest.GenerateKey(algorithm)
				if err != nil {
					t.Fatal(err)
				}
				other, err := attest.GenerateKey(algorithm)
				if err != nil {
					t.Fatal(err)
				}
				signed, err := attest.Sign(format, key, header(2), []byte(`[]`))
				if err != nil {
					t.Fatal(err)
				}
				m, err := attest.Parse(signed.Text())
				if err != nil {
					t.Fatal(err)
				}
				checkMessage(t, m, signed, key, other)
			})
		}
	}
}

func checkMessage(t *testing.T, m *attest.Message, signed attest.Signed, key, other crypto.Signer) {
	t.Helper()
	if m.Device != "logger-1" || m.Sequence != 2 || string(m.Payload) != "[]" || len(m.Previous) != attest.DigestSize {
		t.Errorf("parsed %+v", m.Header)
	}
	jwk, _ := attest.PublicJWK(key)
	digest, err := m.Verify(jwk)
	if err != nil || digest != signed.Digest {
		t.Errorf("verify: %v, digest equal %t", err, digest == signed.Digest)
	}
	if unchecked, err := m.Digest(); err != nil || unchecked != digest {
		t.Errorf("digest without a key: %x (%v), want %x", unchecked, err, digest)
	}
	wrong, _ := attest.PublicJWK(other)
	if _, err := m.Verify(wrong); waymark.CodeOf(err) != waymark.Unauthenticated {
		t.Errorf("verify with another key: %v", err)
	}
}
