package attest

import (
	"crypto"
	"io"

	"github.com/cloudflare/circl/sign/mldsa/mldsa44"
	"github.com/veraison/go-cose"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// coseMLDSA44 is the COSE number of ML-DSA-44 (RFC 9964): pure, with an empty context.
const coseMLDSA44 cose.Algorithm = -48

// parseMLDSA44 takes any 1312 bytes: each of them is the encoding of one key
// (FIPS 204, algorithm 23).
func parseMLDSA44(key waymark.JWK) (publicKey, error) {
	if key.X != "" || key.Y != "" {
		return publicKey{}, waymark.InvalidField("/jwk", "must have kty, alg and pub, and no more, for ML-DSA-44")
	}
	raw, err := keyBytes("/jwk/pub", key.Public, mldsa44.PublicKeySize)
	if err != nil {
		return publicKey{}, err
	}
	public := new(mldsa44.PublicKey)
	public.Unpack((*[mldsa44.PublicKeySize]byte)(raw))
	return publicKey{MLDSA44, public}, nil
}

func checkMLDSA44(key *mldsa44.PublicKey, content, signature []byte) error {
	if !mldsa44.Verify(key, content, nil, signature) {
		return errSignature
	}
	return nil
}

// mldsa44Signer is what go-cose, which has no ML-DSA, needs to sign with it. The
// variant is the deterministic one (FIPS 204, clause 3.4) where the key is held in
// memory, as for Ed25519: the same message has the same signature.
type mldsa44Signer struct{ key crypto.Signer }

var _ cose.Signer = mldsa44Signer{}

func (mldsa44Signer) Algorithm() cose.Algorithm { return coseMLDSA44 }

func (s mldsa44Signer) Sign(random io.Reader, content []byte) ([]byte, error) {
	return s.key.Sign(random, content, crypto.Hash(0))
}
