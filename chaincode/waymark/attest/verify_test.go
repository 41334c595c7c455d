package attest_test

import (
	"encoding/base64"
	"slices"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

// jwks makes a key of each algorithm from bytes: right ones if they are long enough.
func jwks(key []byte) map[attest.Algorithm]waymark.JWK {
	encode := base64.RawURLEncoding.EncodeToString
	half := len(key) / 2
	return map[attest.Algorithm]waymark.JWK{
		attest.Ed25519: {KeyType: "OKP", Curve: "Ed25519", X: encode(key)},
		attest.ES256:   {KeyType: "EC", Curve: "P-256", X: encode(key[:half]), Y: encode(key[half:])},
		attest.MLDSA44: {KeyType: "AKP", Algorithm: "ML-DSA-44", Public: encode(key)},
	}
}

// FuzzVerify holds any signature against any key: it answers, and always the same.
func FuzzVerify(f *testing.F) {
	for _, algorithm := range attest.Algorithms() {
		key, err := attest.GenerateKey(algorithm)
		if err != nil {
			f.Fatal(err)
		}
		jwk, err := attest.PublicJWK(key)
		if err != nil {
			f.Fatal(err)
		}
		public, err := base64.RawURLEncoding.DecodeString(jwk.X + jwk.Public)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(public, make([]byte, 64), "x")
		f.Add(public, slices.Repeat([]byte{255}, 2420), "x")
	}
	f.Add([]byte{}, []byte{}, "")
	f.Add(make([]byte, 1312), make([]byte, 2420), "x")
	f.Add(slices.Repeat([]byte{255}, 1312), make([]byte, 2420), "x")
	f.Add(make([]byte, 64), make([]byte, 64), "x")
	f.Fuzz(func(t *testing.T, key, signature []byte, payload string) {
		for algorithm, jwk := range jwks(key) {
			encode := base64.RawURLEncoding.EncodeToString
			head := `{"alg":"` + string(algorithm) + `","kid":"k1","cty":"senml+json","iss":"logger-1","aud":"waymark","seq":1}`
			m, err := attest.Parse(encode([]byte(head)) + "." + encode([]byte(payload)) + "." + encode(signature))
			if err != nil {
				return // too long
			}
			first, err := m.Verify(jwk)
			want := []waymark.Code{"", waymark.Unauthenticated}
			if attest.ValidateJWK(jwk) != nil {
				want = append(want, waymark.Invalid)
			}
			if got := waymark.CodeOf(err); !slices.Contains(want, got) {
				t.Fatalf("%s: %v, want one of %q", algorithm, err, want)
			}
			if second, again := m.Verify(jwk); second != first || (err == nil) != (again == nil) {
				t.Fatalf("%s: %v, then %v", algorithm, err, again)
			}
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	for _, algorithm := range attest.Algorithms() {
		for _, format := range []attest.Format{attest.COSE, attest.JWS} {
			b.Run(string(algorithm)+"/"+string(format), func(b *testing.B) {
				key, err := attest.GenerateKey(algorithm)
				if err != nil {
					b.Fatal(err)
				}
				jwk, err := attest.PublicJWK(key)
				if err != nil {
					b.Fatal(err)
				}
				signed, err := attest.Sign(format, key, header(2), []byte(`[{"n":"temperature","u":"Cel","v":4.25,"t":1772352000}]`))
				if err != nil {
					b.Fatal(err)
				}
				text := signed.Text()
				for b.Loop() {
					m, err := attest.Parse(text)
					if err != nil {
						b.Fatal(err)
					}
					if _, err := m.Verify(jwk); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(len(signed.Raw)), "bytes/message")
			})
		}
	}
}
