package attest_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

// TestAttestationVectors signs the good payloads of test/vectors/attestations.json in
// both envelopes and expects the very texts.
func TestAttestationVectors(t *testing.T) {
	data, err := os.ReadFile("../../../test/vectors/attestations.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Attestations []struct{ Name, Payload, JWS, COSE string }
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	key := vectors(t).Keys["ed25519"]
	h := attest.Header{Device: "logger-1", Consortium: "waymark", KeyID: "k1", Kind: attest.Attestation}
	checked := 0
	for _, v := range file.Attestations {
		for format, text := range map[attest.Format]string{attest.JWS: v.JWS, attest.COSE: v.COSE} {
			if text == "" { // a bad one
				continue
			}
			checked++
			signed, err := attest.Sign(format, private(t, key), h, []byte(v.Payload))
			if err != nil || signed.Text() != text {
				t.Errorf("%s as %s: %v, signed\n%s\nwant\n%s", v.Name, format, err, signed.Text(), text)
			}
			m, err := attest.Parse(text)
			if err != nil || m.Kind != attest.Attestation || string(m.Payload) != v.Payload {
				t.Errorf("%s as %s: read %+v (%v)", v.Name, format, m, err)
				continue
			}
			if digest, err := m.Verify(key.JWK); err != nil || digest != signed.Digest {
				t.Errorf("%s as %s: %v", v.Name, format, err)
			}
		}
	}
	if checked < 10 {
		t.Errorf("only %d messages", checked)
	}
}
