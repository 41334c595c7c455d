package attest

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/cloudflare/circl/sign/mldsa/mldsa44"
)

// TestExampleOfRFC9964 signs and verifies the RFC's own JWS, made with the key of
// an all-zero seed.
func TestExampleOfRFC9964(t *testing.T) {
	const (
		input  = "eyJhbGciOiJNTC1EU0EtNDQiLCJraWQiOiJUNHhsNzBTN01UNlplcTZyOVY5ZlBKR1ZuNzZ3Zm5YSjIxLWd5bzBHdTZvIn0.SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4"
		begins = "knI1Q_9CIzLH5Xy94Kkc7WVKqZcAgtJ3mNf0GUj1uLA6YXAWFJfXkh-zQxUt"
		ends   = "A4PAGDzdKWVplcHJ6jKmrsbrEztHd9QAAAAAAAAAAAAAAABIfMEQ"
		sha    = "8651ad35f71a6e01bf62569ad21822c635f1b6cf3c35037bb689074dca560bfa"
		// The key's id is its thumbprint (RFC 7638).
		thumbprint = "T4xl70S7MT6Zeq6r9V9fPJGVn76wfnXJ21-gyo0Gu6o"
	)
	_, private := mldsa44.NewKeyFromSeed(&[mldsa44.SeedSize]byte{})
	jwk, err := PublicJWK(private)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(`{"alg":"ML-DSA-44","kty":"AKP","pub":"` + jwk.Public + `"}`))
	if got := base64.RawURLEncoding.EncodeToString(sum[:]); got != thumbprint || jwk.KeyType != "AKP" || jwk.Algorithm != "ML-DSA-44" {
		t.Errorf("key %s of thumbprint %s", jwk.KeyType, got)
	}
	signer, _, err := newSigner(private)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := signer.Sign(nil, []byte(input))
	if err != nil {
		t.Fatal(err)
	}
	text := base64.RawURLEncoding.EncodeToString(signature)
	if sum := sha256.Sum256(signature); !strings.HasPrefix(text, begins) || !strings.HasSuffix(text, ends) || hex.EncodeToString(sum[:]) != sha {
		t.Errorf("signature %.60s...", text)
	}
	key, err := parseJWK(jwk)
	if err != nil {
		t.Fatal(err)
	}
	if err := key.check([]byte(input), signature); err != nil {
		t.Error(err)
	}
}
