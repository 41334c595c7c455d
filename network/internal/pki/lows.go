package pki

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"encoding/asn1"
	"fmt"
	"io"
	"math/big"

	"github.com/waymark-ledger/waymark/network/internal/topology"
)

// lowS signs with ECDSA and keeps S in the lower half of the group order.
// Fabric re-encodes certificates whose signature has a high S, and a
// certificate that changes its bytes no longer matches the copy in the
// channel's configuration.
type lowS struct {
	*ecdsa.PrivateKey
}

// Sign implements crypto.Signer.
func (s lowS) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	der, err := s.PrivateKey.Sign(random, digest, opts)
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	var signature struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &signature); err != nil {
		return nil, fmt.Errorf("decode signature: %w", err)
	}
	order := s.Params().N
	if half := new(big.Int).Rsh(order, 1); signature.S.Cmp(half) > 0 {
		signature.S.Sub(order, signature.S)
	}
	der, err = asn1.Marshal(signature)
	if err != nil {
		return nil, fmt.Errorf("encode signature: %w", err)
	}
	return der, nil
}

// Sign signs what Fabric is sent in the name of an identity, as Fabric's MSP does:
// ECDSA over SHA-256, with a low S.
func Sign(identity topology.Pair, message []byte) ([]byte, error) {
	pair, err := tls.LoadX509KeyPair(identity.Cert, identity.Key)
	if err != nil {
		return nil, fmt.Errorf("read identity: %w", err)
	}
	key, ok := pair.PrivateKey.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("read identity: the key in %s is not ECDSA", identity.Key)
	}
	digest := sha256.Sum256(message)
	return lowS{key}.Sign(rand.Reader, digest[:], crypto.SHA256)
}
