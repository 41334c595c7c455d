package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"fmt"
	"math/big"

	"github.com/cloudflare/circl/sign/mldsa/mldsa44"
)

// jwk is a private key as a JSON Web Key.
type jwk struct {
	KeyType   string `json:"kty"`
	Algorithm string `json:"alg,omitempty"`
	Curve     string `json:"crv,omitempty"`
	X         string `json:"x,omitempty"`
	Y         string `json:"y,omitempty"`
	Public    string `json:"pub,omitempty"`
	D         string `json:"d,omitempty"`
	Private   string `json:"priv,omitempty"` // the seed
	Source    string `json:"source"`         // where the key is published
}

// public writes the public half as the Go client does.
func (k jwk) public() string {
	switch k.KeyType {
	case "AKP":
		return fmt.Sprintf(`{"kty":"AKP","alg":%q,"pub":%q}`, k.Algorithm, k.Public)
	case "EC":
		return fmt.Sprintf(`{"kty":"EC","crv":%q,"x":%q,"y":%q}`, k.Curve, k.X, k.Y)
	default:
		return fmt.Sprintf(`{"kty":"OKP","crv":%q,"x":%q}`, k.Curve, k.X)
	}
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
	mldsaKey   = "ml-dsa-44"
	mldsaOther = "ml-dsa-44-other"
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
	var zeros, count [mldsa44.SeedSize]byte
	for i := range count {
		count[i] = byte(i)
	}
	return map[string]signer{
		ed25519Key: ed, otherKey: other, p256Key: p256,
		mldsaKey:   newMLDSA44(zeros, "RFC 9964, the example key of ML-DSA-44: a seed of zeros"),
		mldsaOther: newMLDSA44(count, "a seed of the bytes 0 to 31"),
	}, nil
}

func newEd25519(d, source string) (signer, error) {
	seed, err := base64.RawURLEncoding.DecodeString(d)
	if err != nil || len(seed) != ed25519.SeedSize {
		return signer{}, fmt.Errorf("key of %s is no seed: %w", source, err)
	}
	private := ed25519.NewKeyFromSeed(seed)
	public := private.Public().(ed25519.PublicKey)
	return signer{jwk{KeyType: "OKP", Curve: "Ed25519", X: b64(public), D: d, Source: source}, "EdDSA", -8, private}, nil
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
	return signer{jwk{KeyType: "EC", Curve: "P-256", X: b64(point[1:33]), Y: b64(point[33:]), D: d, Source: source}, "ES256", -7, private}, nil
}

func newMLDSA44(seed [mldsa44.SeedSize]byte, source string) signer {
	public, private := mldsa44.NewKeyFromSeed(&seed)
	return signer{jwk{KeyType: "AKP", Algorithm: "ML-DSA-44", Public: b64(public.Bytes()), Private: b64(seed[:]), Source: source},
		"ML-DSA-44", -48, private}
}

// sign is deterministic for all: RFC 8032; RFC 6979 where Go is given no
// randomness; the deterministic variant of FIPS 204 (clause 3.4).
func (s signer) sign(content []byte) ([]byte, error) {
	if s.jose != "ES256" {
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
