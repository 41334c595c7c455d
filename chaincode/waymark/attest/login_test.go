package attest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

func TestCheckLogin(t *testing.T) {
	now := time.Unix(1772352000, 0)
	tests := []struct {
		name, payload string
		want          waymark.Code
	}{
		{"in force", `{"iat":1772352000,"exp":1772355600}`, ""},
		{"a whole day", `{"iat":1772352000,"exp":1772438400}`, ""},
		{"clock ahead by 5 minutes", `{"iat":1772352300,"exp":1772355600}`, ""},
		{"from the future", `{"iat":1772352301,"exp":1772355600}`, waymark.Unauthenticated},
		{"expires now", `{"iat":1772348400,"exp":1772352000}`, waymark.Unauthenticated},
		{"longer than a day", `{"iat":1772352000,"exp":1772438401}`, waymark.Invalid},
		{"ends before it begins", `{"iat":1772352000,"exp":1772351999}`, waymark.Invalid},
		{"for no time", `{"iat":1772352000,"exp":1772352000}`, waymark.Invalid},
		{"other members", `{"iat":1772352000,"exp":1772355600,"nbf":1}`, waymark.Invalid},
		{"fractions", `{"iat":1772352000.5,"exp":1772355600}`, waymark.Invalid},
		{"no JSON", `x`, waymark.Invalid},
		{"text after it", `{"iat":1772352000,"exp":1772355600}}`, waymark.Invalid},
		{"empty", `{}`, waymark.Invalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := &attest.Message{Header: attest.Header{Kind: attest.Connect}, Payload: []byte(tt.payload)}
			if _, err := m.CheckLogin(now); waymark.CodeOf(err) != tt.want {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
	m := &attest.Message{Header: attest.Header{Kind: attest.PackJSON}, Payload: []byte(tests[0].payload)}
	if _, err := m.CheckLogin(now); waymark.CodeOf(err) != waymark.Invalid {
		t.Errorf("a pack as a password: %v", err)
	}
	fresh := &attest.Message{Header: attest.Header{Kind: attest.Connect}, Payload: attest.NewLogin(now, attest.MaxLoginLifetime)}
	if expires, err := fresh.CheckLogin(now); err != nil || !expires.Equal(now.Add(attest.MaxLoginLifetime)) {
		t.Errorf("NewLogin: expires %s (%v)", expires, err)
	}
}

func TestValidateJWK(t *testing.T) {
	const x, y = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
	pub := strings.Repeat("A", 1750) // 1312 bytes: any are a key
	tests := []struct {
		name    string
		key     waymark.JWK
		pointer string // empty if it is valid
	}{
		{"P-256", waymark.JWK{KeyType: "EC", Curve: "P-256", X: x, Y: y}, ""},
		{"Ed25519 (RFC 8037, appendix A.2)", waymark.JWK{KeyType: "OKP", Curve: "Ed25519", X: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}, ""},
		{"Ed25519: no point", waymark.JWK{KeyType: "OKP", Curve: "Ed25519", X: "AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}, "/jwk/x"},
		{"Ed25519: order 1", waymark.JWK{KeyType: "OKP", Curve: "Ed25519", X: "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}, "/jwk/x"},
		{"Ed25519: order 1, written in another way", waymark.JWK{KeyType: "OKP", Curve: "Ed25519", X: "7v_______________________________________38"}, "/jwk/x"},
		{"Ed25519: order 2", waymark.JWK{KeyType: "OKP", Curve: "Ed25519", X: "7P_______________________________________38"}, "/jwk/x"},
		{"Ed25519: order 4", waymark.JWK{KeyType: "OKP", Curve: "Ed25519", X: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}, "/jwk/x"},
		{"Ed25519: order 8", waymark.JWK{KeyType: "OKP", Curve: "Ed25519", X: "xxdqcD1N2E-6PAt2DRBnDyogU_osOczGTsf9d5KsA3o"}, "/jwk/x"},
		{"empty", waymark.JWK{}, "/jwk"},
		{"Ed25519 with y", waymark.JWK{KeyType: "OKP", Curve: "Ed25519", X: x, Y: y}, "/jwk"},
		{"P-384", waymark.JWK{KeyType: "EC", Curve: "P-384", X: x, Y: y}, "/jwk"},
		{"RSA", waymark.JWK{KeyType: "RSA"}, "/jwk"},
		{"not on the curve", waymark.JWK{KeyType: "EC", Curve: "P-256", X: y, Y: x}, "/jwk"},
		{"short x", waymark.JWK{KeyType: "OKP", Curve: "Ed25519", X: x[:42]}, "/jwk/x"},
		{"no y", waymark.JWK{KeyType: "EC", Curve: "P-256", X: x}, "/jwk/y"},
		{"padded", waymark.JWK{KeyType: "OKP", Curve: "Ed25519", X: x + "="}, "/jwk/x"},
		{"a line break", waymark.JWK{KeyType: "OKP", Curve: "Ed25519", X: x[:20] + "\n" + x[20:]}, "/jwk/x"},
		{"Ed25519 with alg", waymark.JWK{KeyType: "OKP", Algorithm: "EdDSA", Curve: "Ed25519", X: x}, "/jwk"},
		{"Ed25519 with pub", waymark.JWK{KeyType: "OKP", Curve: "Ed25519", X: x, Public: pub}, "/jwk"},
		{"P-256 with pub", waymark.JWK{KeyType: "EC", Curve: "P-256", X: x, Y: y, Public: pub}, "/jwk"},
		{"ML-DSA-44", waymark.JWK{KeyType: "AKP", Algorithm: "ML-DSA-44", Public: pub}, ""},
		{"ML-DSA-65", waymark.JWK{KeyType: "AKP", Algorithm: "ML-DSA-65", Public: pub}, "/jwk"},
		{"AKP without alg", waymark.JWK{KeyType: "AKP", Public: pub}, "/jwk"},
		{"ML-DSA-44 with crv", waymark.JWK{KeyType: "AKP", Algorithm: "ML-DSA-44", Curve: "P-256", Public: pub}, "/jwk"},
		{"ML-DSA-44 with x", waymark.JWK{KeyType: "AKP", Algorithm: "ML-DSA-44", X: x, Public: pub}, "/jwk"},
		{"ML-DSA-44 with y", waymark.JWK{KeyType: "AKP", Algorithm: "ML-DSA-44", Y: y, Public: pub}, "/jwk"},
		{"no pub", waymark.JWK{KeyType: "AKP", Algorithm: "ML-DSA-44"}, "/jwk/pub"},
		{"a byte less", waymark.JWK{KeyType: "AKP", Algorithm: "ML-DSA-44", Public: pub[2:]}, "/jwk/pub"},
		{"a byte more", waymark.JWK{KeyType: "AKP", Algorithm: "ML-DSA-44", Public: pub + "AA"}, "/jwk/pub"},
		{"unused bits", waymark.JWK{KeyType: "AKP", Algorithm: "ML-DSA-44", Public: pub[1:] + "B"}, "/jwk/pub"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := attest.ValidateJWK(tt.key)
			if (err == nil) != (tt.pointer == "") || err != nil && waymark.AsError(err).Field != tt.pointer {
				t.Errorf("got %v, want a fault at %q", err, tt.pointer)
			}
		})
	}
}

func TestSignRefuses(t *testing.T) {
	key, err := attest.GenerateKey(attest.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := attest.Sign("xml", key, header(2), nil); waymark.CodeOf(err) != waymark.Invalid {
		t.Errorf("format xml: %v", err)
	}
	if _, err := attest.Sign(attest.JWS, key, attest.Header{}, nil); waymark.CodeOf(err) != waymark.Invalid {
		t.Errorf("empty header: %v", err)
	}
	if _, err := attest.GenerateKey("RS256"); waymark.CodeOf(err) != waymark.Invalid {
		t.Errorf("RS256: %v", err)
	}
}
