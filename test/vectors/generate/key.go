package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math/big"

	"encoding/asn1"
)

// jwk is a private key as a JSON Web Key.
type jwk struct {
	KeyType string `json:"kty"`
	Curve   string `json:"crv"`
	X       string `json:"x"`
	Y       string `json:"y,omitempty"`
	D       string `json:"d"`
	Source  string `json:"source"` // where the key is published
}

// signer signs the raw way that JOSE and COSE share.
type signer struct {
	jwk     jwk
	jose    string
	cose    int64
	private crypto.Signer
}

const (
	ed25519Key = "ed25519"
	otherKey   = "ed25519-other"
	p256Key    = "p256"
)

// signers are keys that everybody knows. Never use them for anything else.
func signers() (map[string]signer, error) {
	ed, err := newEd25519("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A", "RFC 8037, appendix A.1")
	if err != nil {
		return nil, err
	}
	other, err := newEd25519("TM0Imyj_ltqdtsNG7BFOD1uKMZ81q6Yk2oz27U-4pvs", "RFC 8032, clause 7.1, test 2")
	if err != nil {
		return nil, err
	}
	p256, err := newP256("jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI", "RFC 7515, appendix A.3")
	if err != nil {
		return nil, err
	}
	return map[string]signer{ed25519Key: ed, otherKey: other, p256Key: p256}, nil
}

func newEd25519(d, source string) (signer, error) {
	seed, err := base64.RawURLEncoding.DecodeString(d)
	if err != nil || len(seed) != ed25519.SeedSize {
		return signer{}, fmt.Errorf("key of %s is no seed: %w", source, err)
	}
	private := ed25519.NewKeyFromSeed(seed)
	public := private.Public().(ed25519.PublicKey)
	return signer{jwk{"OKP", "Ed25519", b64(public), "", d, source}, "EdDSA", -8, private}, nil
}

func newP256(d, source string) (signer, error) {
	raw, err := base64.RawURLEncoding.DecodeString(d)
	if err != nil {
		return signer{}, fmt.Errorf("key of %s: %w", source, err)
	}
	private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), raw)
	if err != nil {
		return signer{}, fmt.Errorf("key of %s: %w", source, err)
	}
	point, err := private.PublicKey.Bytes()
	if err != nil {
		return signer{}, fmt.Errorf("key of %s: %w", source, err)
	}
	return signer{jwk{"EC", "P-256", b64(point[1:33]), b64(point[33:]), d, source}, "ES256", -7, private}, nil
}

// sign is deterministic for both: RFC 8032, and RFC 6979 where Go is given no
// randomness.
func (s signer) sign(content []byte) ([]byte, error) {
	if s.jose == "EdDSA" {
		return s.private.Sign(nil, content, crypto.Hash(0))
	}
	der, err := s.der(content)
	if err != nil {
		return nil, err
	}
	var pair struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &pair); err != nil {
		return nil, err
	}
	raw := make([]byte, 64)
	pair.R.FillBytes(raw[:32])
	pair.S.FillBytes(raw[32:])
	return raw, nil
}

func (s signer) der(content []byte) ([]byte, error) {
	digest := sha256.Sum256(content)
	return s.private.Sign(nil, digest[:], crypto.SHA256)
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func decode(text string) ([]byte, error) { return base64.RawURLEncoding.DecodeString(text) }
