package device

import (
	"bytes"
	"crypto"
	"testing"

	"github.com/cloudflare/circl/sign/mldsa/mldsa44"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

func TestKeysSurviveTheirFile(t *testing.T) {
	for _, algorithm := range attest.Algorithms() {
		key, err := attest.GenerateKey(algorithm)
		if err != nil {
			t.Fatal(err)
		}
		der, err := marshalKey(key)
		if err != nil {
			t.Fatal(err)
		}
		again, err := parseKey(der)
		if err != nil {
			t.Fatalf("%s: %v", algorithm, err)
		}
		if !again.(interface {
			Equal(x crypto.PrivateKey) bool
		}).Equal(key) {
			t.Errorf("%s became another key", algorithm)
		}
	}
}

// The seed-only example of RFC 9881, appendix C.1.1: the seed is the bytes 0 to 31.
func TestMLDSA44IsWrittenAsRFC9881Says(t *testing.T) {
	var seed [mldsa44.SeedSize]byte
	for i := range seed {
		seed[i] = byte(i)
	}
	want := append([]byte("\x30\x34\x02\x01\x00\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x03\x11\x04\x22\x80\x20"), seed[:]...)
	_, key := mldsa44.NewKeyFromSeed(&seed)
	der, err := marshalKey(key)
	if err != nil || !bytes.Equal(der, want) {
		t.Errorf("wrote %x, %v", der, err)
	}
	for name, broken := range map[string][]byte{
		"an expanded key": append(want[:20:20], append([]byte("\x04\x20"), seed[:]...)...),
		"a short seed":    append([]byte("\x30\x33\x02\x01\x00\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x03\x11\x04\x21\x80\x1f"), seed[1:]...),
		"bytes after it":  append(want[:len(want):len(want)], 0),
		"nothing":         nil,
	} {
		if _, err := parseKey(broken); err == nil {
			t.Errorf("%s was read", name)
		}
	}
	var packed [mldsa44.PrivateKeySize]byte
	key.Pack(&packed)
	var unseeded mldsa44.PrivateKey
	unseeded.Unpack(&packed)
	if _, err := marshalKey(&unseeded); err == nil {
		t.Error("wrote a key without its seed")
	}
}
