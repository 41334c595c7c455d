package transaction

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
)

// errSignature says no more: why a signature does not hold tells nobody anything.
var errSignature = errors.New("the signature does not hold")

type ecdsaSignature struct{ R, S *big.Int }

// Verify checks a signature as Fabric does: ECDSA over the SHA-256 of the message with the
// lower one of the two values of S, or Ed25519.
func Verify(key crypto.PublicKey, message, signature []byte) error {
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		var parts ecdsaSignature
		if rest, err := asn1.Unmarshal(signature, &parts); err != nil || len(rest) > 0 || parts.S.Cmp(half(k)) > 0 {
			return errSignature
		}
		digest := sha256.Sum256(message)
		if !ecdsa.VerifyASN1(k, digest[:], signature) {
			return errSignature
		}
		return nil
	case ed25519.PublicKey:
		if !ed25519.Verify(k, message, signature) {
			return errSignature
		}
		return nil
	}
	return fmt.Errorf("keys of type %T are not Fabric's", key)
}

// half is the greatest S that Fabric takes.
func half(key *ecdsa.PublicKey) *big.Int { return new(big.Int).Rsh(key.Params().N, 1) }

// Lower returns an ECDSA signature with the lower one of the two values of S, which are both
// valid but of which Fabric takes one only: openssl and hardware give either.
func Lower(key *ecdsa.PublicKey, signature []byte) ([]byte, error) {
	var parts ecdsaSignature
	if rest, err := asn1.Unmarshal(signature, &parts); err != nil || len(rest) > 0 || parts.S.Sign() <= 0 {
		return nil, errSignature
	}
	if parts.S.Cmp(half(key)) > 0 {
		parts.S.Sub(key.Params().N, parts.S)
	}
	lower, err := asn1.Marshal(parts)
	if err != nil {
		return nil, fmt.Errorf("encode signature: %w", err)
	}
	return lower, nil
}
