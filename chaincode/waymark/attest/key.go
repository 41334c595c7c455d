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

	"github.com/go-jose/go-jose/v4"
	"github.com/veraison/go-cose"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Algorithm is a signature algorithm by its JOSE name.
type Algorithm string

// The algorithms.
const (
	Ed25519 Algorithm = "EdDSA" // RFC 8032 over curve Ed25519
	ES256   Algorithm = "ES256" // ECDSA with P-256 and SHA-256
)

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
	}
	return nil, waymark.Errorf(waymark.Invalid, "algorithm %q is neither %s nor %s", algorithm, Ed25519, ES256)
}

// PublicJWK returns the public half of a key. It returns Invalid for a key that
// is neither Ed25519 nor ECDSA P-256.
func PublicJWK(private crypto.Signer) (waymark.JWK, error) {
	encode := base64.RawURLEncoding.EncodeToString
	switch public := private.Public().(type) {
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
	}
	return waymark.JWK{}, waymark.Errorf(waymark.Invalid, "the key is neither Ed25519 nor ECDSA P-256")
}

// ValidateJWK checks that key is a usable public key: the right length, and on
// its curve. It returns Invalid.
func ValidateJWK(key waymark.JWK) error {
	_, err := parseJWK(key)
	return err
}

func parseJWK(key waymark.JWK) (publicKey, error) {
	switch {
	case key.KeyType == "OKP" && key.Curve == "Ed25519" && key.Y == "":
		x, err := coordinate("/jwk/x", key.X)
		return publicKey{Ed25519, ed25519.PublicKey(x)}, err
	case key.KeyType == "EC" && key.Curve == "P-256":
		return parseP256(key)
	}
	return publicKey{}, waymark.InvalidField("/jwk", "must be kty OKP with crv Ed25519, or kty EC with crv P-256")
}

func parseP256(key waymark.JWK) (publicKey, error) {
	x, err := coordinate("/jwk/x", key.X)
	if err != nil {
		return publicKey{}, err
	}
	y, err := coordinate("/jwk/y", key.Y)
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

func coordinate(pointer, text string) ([]byte, error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(b) != 32 {
		return nil, waymark.InvalidField(pointer, "must be 32 bytes in base64url without padding")
	}
	return b, nil
}

// allows reports whether a message may name alg for this key. The key decides;
// the name in the message must only agree.
func (k publicKey) allowsJOSE(alg string) bool { return alg == string(k.algorithm) }

func (k publicKey) allowsCOSE(alg cose.Algorithm) bool {
	if k.algorithm == Ed25519 {
		return alg == cose.AlgorithmEdDSA || alg == coseEd25519
	}
	return alg == cose.AlgorithmES256 || alg == coseESP256
}

// check verifies signature over content. It is the one place where signatures
// are checked, for both envelopes.
func (k publicKey) check(content, signature []byte) error {
	native := cose.AlgorithmEdDSA
	if k.algorithm == ES256 {
		native = cose.AlgorithmES256
	}
	verifier, err := cose.NewVerifier(native, k.key)
	if err != nil {
		return err
	}
	return verifier.Verify(content, signature)
}

func digestOf(signed []byte) Digest { return sha256.Sum256(signed) }

// joseAlgorithms are those a JWS may name; the key then narrows them to one.
func joseAlgorithms() []jose.SignatureAlgorithm {
	return []jose.SignatureAlgorithm{jose.EdDSA, jose.ES256}
}
