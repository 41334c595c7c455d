package attest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"

	"github.com/cloudflare/circl/sign/mldsa/mldsa44"
	"github.com/go-jose/go-jose/v4"
	"github.com/veraison/go-cose"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Algorithm is a signature algorithm by its JOSE name.
type Algorithm string

// The algorithms.
const (
	Ed25519 Algorithm = "EdDSA"     // RFC 8032 over curve Ed25519
	ES256   Algorithm = "ES256"     // ECDSA with P-256 and SHA-256
	MLDSA44 Algorithm = "ML-DSA-44" // FIPS 204, as RFC 9964 names it
)

// Algorithms returns every algorithm.
func Algorithms() []Algorithm { return []Algorithm{Ed25519, ES256, MLDSA44} }

// COSE algorithm numbers under the fully specified names of RFC 9864. They name
// the same algorithms as -8 and -7 do for the keys we accept.
const (
	coseEd25519 cose.Algorithm = -19
	coseESP256  cose.Algorithm = -9
)

var errSignature = errors.New("signature does not hold")

// publicKey is a key with the algorithm that it fixes.
type publicKey struct {
	algorithm Algorithm
	key       crypto.PublicKey
}

// GenerateKey makes a new private key.
func GenerateKey(algorithm Algorithm) (crypto.Signer, error) {
	switch algorithm {
	case Ed25519:
		_, private, err := ed25519.GenerateKey(rand.Reader) //determinism: for devices, no rule makes a key
		return private, err
	case ES256:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) //determinism: for devices, no rule makes a key
	case MLDSA44:
		_, private, err := mldsa44.GenerateKey(rand.Reader) //determinism: for devices, no rule makes a key
		return private, err
	}
	return nil, waymark.Errorf(waymark.Invalid, "algorithm %q is none of %v", algorithm, Algorithms())
}

// PublicJWK returns the public half of a key. It returns Invalid for a key that
// is none of the Algorithms.
func PublicJWK(private crypto.Signer) (waymark.JWK, error) { return JWKOf(private.Public()) }

// JWKOf returns a public key, as that of a certificate, as a JWK. It returns Invalid
// for a key that is of none of the Algorithms.
func JWKOf(key crypto.PublicKey) (waymark.JWK, error) {
	encode := base64.RawURLEncoding.EncodeToString
	switch public := key.(type) {
	case ed25519.PublicKey:
		return waymark.JWK{KeyType: "OKP", Curve: "Ed25519", X: encode(public)}, nil
	case *ecdsa.PublicKey:
		if public.Curve != elliptic.P256() {
			break
		}
		point, err := public.Bytes() // 0x04, X, Y
		if err != nil {
			return waymark.JWK{}, err
		}
		return waymark.JWK{KeyType: "EC", Curve: "P-256", X: encode(point[1:33]), Y: encode(point[33:])}, nil
	case *mldsa44.PublicKey:
		return waymark.JWK{KeyType: "AKP", Algorithm: string(MLDSA44), Public: encode(public.Bytes())}, nil
	}
	return waymark.JWK{}, waymark.Errorf(waymark.Invalid, "the key is neither Ed25519, ECDSA P-256 nor ML-DSA-44")
}

// ValidateJWK checks that key is a usable public key: the right length, on its
// curve if it has one, of no small order, and with no member of another key type. It returns Invalid.
func ValidateJWK(key waymark.JWK) error {
	parsed, err := parseJWK(key)
	if err != nil {
		return err
	}
	if key, ok := parsed.key.(*edwardsKey); ok {
		return checkPoint(key)
	}
	return nil
}

// checkPoint: for a point of small order anybody can make a signature that holds so that its owner could disown whatever it signed.
func checkPoint(key *edwardsKey) error {
	switch {
	case key.point == nil || !canonicalPoint(key.encoded[:]):
		return waymark.InvalidField("/jwk/x", "is not a point of curve Ed25519 in its one encoding")
	case smallOrder(key.point):
		return waymark.InvalidField("/jwk/x", "is a point of small order, for which anybody can sign: make another key")
	}
	return nil
}

func parseJWK(key waymark.JWK) (publicKey, error) {
	switch (waymark.JWK{KeyType: key.KeyType, Algorithm: key.Algorithm, Curve: key.Curve}) {
	case waymark.JWK{KeyType: "OKP", Curve: "Ed25519"}:
		return parseEd25519(key)
	case waymark.JWK{KeyType: "EC", Curve: "P-256"}:
		return parseP256(key)
	case waymark.JWK{KeyType: "AKP", Algorithm: string(MLDSA44)}:
		return parseMLDSA44(key)
	}
	return publicKey{}, waymark.InvalidField("/jwk", "must be kty OKP with crv Ed25519, kty EC with crv P-256, or kty AKP with alg ML-DSA-44")
}

func parseEd25519(key waymark.JWK) (publicKey, error) {
	if key.Y != "" || key.Public != "" {
		return publicKey{}, waymark.InvalidField("/jwk", "must have kty, crv and x, and no more, for Ed25519")
	}
	x, err := keyBytes("/jwk/x", key.X, ed25519.PublicKeySize)
	if err != nil {
		return publicKey{}, err
	}
	return publicKey{Ed25519, newEdwardsKey(x)}, nil
}

func parseP256(key waymark.JWK) (publicKey, error) {
	if key.Public != "" {
		return publicKey{}, waymark.InvalidField("/jwk", "must have kty, crv, x and y, and no more, for P-256")
	}
	x, err := keyBytes("/jwk/x", key.X, 32)
	if err != nil {
		return publicKey{}, err
	}
	y, err := keyBytes("/jwk/y", key.Y, 32)
	if err != nil {
		return publicKey{}, err
	}
	point := append(append([]byte{4}, x...), y...)
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		return publicKey{}, waymark.InvalidField("/jwk", "is not a point of curve P-256")
	}
	return publicKey{ES256, public}, nil
}

func keyBytes(pointer, text string, size int) ([]byte, error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(b) != size || strings.ContainsAny(text, "\r\n") { // which Go's base64 passes over
		return nil, waymark.InvalidField(pointer, "must be %d bytes in base64url without padding", size)
	}
	return b, nil
}

// allows reports whether a message may name alg for this key. The key decides;
// the name in the message must only agree.
func (k publicKey) allowsJOSE(alg string) bool { return alg == string(k.algorithm) }

func (k publicKey) allowsCOSE(alg cose.Algorithm) bool {
	switch k.algorithm {
	case Ed25519:
		return alg == cose.AlgorithmEdDSA || alg == coseEd25519
	case ES256:
		return alg == cose.AlgorithmES256 || alg == coseESP256
	case MLDSA44:
		return alg == coseMLDSA44
	}
	return false
}

// check verifies a signature over content of all but Ed25519, for both envelopes.
func (k publicKey) check(content, signature []byte) error {
	if public, ok := k.key.(*mldsa44.PublicKey); ok {
		return checkMLDSA44(public, content, signature)
	}
	verifier, err := cose.NewVerifier(cose.AlgorithmES256, k.key)
	if err != nil {
		return err
	}
	return verifier.Verify(content, signature)
}

func digestOf(signed []byte) Digest { return sha256.Sum256(signed) }

// joseAlgorithms are those a JWS may name; the key then narrows them to one. The
// library compares the names and checks no signature, so it need not know each.
func joseAlgorithms() []jose.SignatureAlgorithm {
	return []jose.SignatureAlgorithm{jose.EdDSA, jose.ES256, jose.SignatureAlgorithm(MLDSA44)}
}
