package attest_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/cloudflare/circl/sign/mldsa/mldsa44"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

// vectorFile is test/vectors/messages.json; its README says what the members mean.
type vectorFile struct {
	Keys    map[string]vectorKey `json:"keys"`
	Vectors []vector             `json:"vectors"`
}

type vectorKey struct {
	waymark.JWK
	D       string `json:"d"`
	Private string `json:"priv"` // the seed of an ML-DSA-44 key
}

type vector struct {
	Name, Key, Text, Raw, Payload, Digest, Stage string
	Code                                         waymark.Code
	PayloadHex                                   string `json:"payload_hex"`
	SignedHex                                    string `json:"signed_hex"`
	Header                                       *struct {
		Device, Consortium string
		KeyID              string `json:"key_id"`
		Kind               attest.Kind
		Sequence           uint64
		Previous           string
	}
}

func vectors(t testing.TB) vectorFile {
	t.Helper()
	data, err := os.ReadFile("../../../test/vectors/messages.json")
	if err != nil {
		t.Fatal(err)
	}
	var file vectorFile
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Vectors) < 100 {
		t.Fatalf("only %d vectors", len(file.Vectors))
	}
	return file
}

func TestVectors(t *testing.T) {
	file := vectors(t)
	for _, v := range file.Vectors {
		t.Run(v.Name, func(t *testing.T) {
			m, err := attest.Parse(v.Text)
			if v.Stage == "parse" {
				if waymark.CodeOf(err) != v.Code {
					t.Fatalf("parse: %v, want %s", err, v.Code)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			digest, err := m.Verify(file.Keys[v.Key].JWK)
			if v.Stage == "verify" {
				if waymark.CodeOf(err) != v.Code || waymark.AsError(err).Reasons[0] != "signature" {
					t.Fatalf("verify: %v, want %s", err, v.Code)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			checkGood(t, v, m, digest, file)
		})
	}
}

func checkGood(t *testing.T, v vector, m *attest.Message, digest attest.Digest, file vectorFile) {
	t.Helper()
	if m.Header.KeyID != v.Header.KeyID || m.Device != v.Header.Device || m.Consortium != v.Header.Consortium ||
		m.Kind != v.Header.Kind || m.Sequence != v.Header.Sequence || hex.EncodeToString(m.Previous) != v.Header.Previous {
		t.Errorf("header %+v, want %+v", m.Header, *v.Header)
	}
	if want := payload(t, v); string(m.Payload) != want {
		t.Errorf("payload %q, want %q", m.Payload, want)
	}
	if hex.EncodeToString(digest[:]) != v.Digest {
		t.Errorf("digest %x, want %s", digest, v.Digest)
	}
	for name, other := range file.Keys {
		if _, err := m.Verify(other.JWK); name != v.Key && waymark.CodeOf(err) != waymark.Unauthenticated {
			t.Errorf("verify with %s: %v", name, err)
		}
	}
	if v.Raw != "" {
		raw, err := hex.DecodeString(v.Raw)
		if err != nil || attest.Text(raw) != v.Text {
			t.Errorf("the text form of raw is %s (%v)", attest.Text(raw), err)
		}
	}
	signAgain(t, v, m, file.Keys[v.Key])
}

// signAgain signs what a vector says and expects its very bytes, where the
// signature is deterministic and the vector is written as Sign writes.
func signAgain(t *testing.T, v vector, m *attest.Message, key vectorKey) {
	t.Helper()
	format := attest.JWS
	if v.Raw != "" {
		format = attest.COSE
	}
	signed, err := attest.Sign(format, private(t, key), m.Header, m.Payload)
	if err != nil {
		t.Fatal(err)
	}
	again, err := attest.Parse(signed.Text())
	if err != nil {
		t.Fatal(err)
	}
	if digest, err := again.Verify(key.JWK); err != nil || digest != signed.Digest {
		t.Errorf("signed again: %v", err)
	}
	if v.Name == "jws-other-order" || strings.Contains(v.Name, "rfc9864") {
		return
	}
	if hex.EncodeToString(signed.Digest[:]) != v.Digest {
		t.Error("signed again, another digest")
	}
	if key.KeyType != "EC" && signed.Text() != v.Text {
		t.Errorf("signed again:\n%s\nwant\n%s", signed.Text(), v.Text)
	}
}

func payload(t *testing.T, v vector) string {
	t.Helper()
	if v.PayloadHex == "" {
		return v.Payload
	}
	raw, err := hex.DecodeString(v.PayloadHex)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func private(t testing.TB, key vectorKey) crypto.Signer {
	t.Helper()
	d, err := base64.RawURLEncoding.DecodeString(key.D + key.Private)
	if err != nil {
		t.Fatal(err)
	}
	switch key.KeyType {
	case "OKP":
		return ed25519.NewKeyFromSeed(d)
	case "AKP":
		_, private := mldsa44.NewKeyFromSeed((*[mldsa44.SeedSize]byte)(d))
		return private
	}
	private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), d)
	if err != nil {
		t.Fatal(err)
	}
	return private
}

func FuzzParse(f *testing.F) {
	for _, v := range vectors(f).Vectors {
		if len(v.Text) < 2000 || v.Key == "ml-dsa-44" {
			f.Add(v.Text)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		m, err := attest.Parse(text)
		if err != nil {
			if waymark.CodeOf(err) != waymark.Invalid {
				t.Fatalf("%v is not invalid", err)
			}
			return
		}
		if h, payload, err := attest.Recorded(text); err != nil || !reflect.DeepEqual(h, m.Header) || !bytes.Equal(payload, m.Payload) {
			t.Fatalf("as one that is recorded it is %+v with %x, %v", h, payload, err)
		}
		if err := m.Validate(); err != nil {
			t.Fatalf("a parsed header is not valid: %v", err)
		}
		raw := []byte(text)
		if !strings.Contains(text, ".") {
			if raw, err = base64.RawURLEncoding.Strict().DecodeString(text); err != nil {
				t.Fatal(err)
			}
		}
		if attest.Text(raw) != text {
			t.Fatal("the message has a second text")
		}
	})
}
