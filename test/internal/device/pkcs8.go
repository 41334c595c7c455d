package device

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"errors"

	"github.com/cloudflare/circl/sign/mldsa/mldsa44"
)

// privateKeyInfo is PKCS #8 (RFC 5958) without what we do not write.
type privateKeyInfo struct {
	Version    int
	Algorithm  struct{ ID asn1.ObjectIdentifier }
	PrivateKey []byte
}

// oidMLDSA44 is id-ml-dsa-44 (RFC 9881, clause 2).
func oidMLDSA44() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 3, 17}
}

// seedPrefix is the tag [0] and the length of a seed (RFC 9881, clause 6).
const seedPrefix = "\x80\x20"

var errSeed = errors.New("the ML-DSA-44 key must be given as its seed (RFC 9881, clause 6)")

// marshalKey writes PKCS #8, an ML-DSA-44 key as its seed: the standard library
// does not know that one.
func marshalKey(key crypto.Signer) ([]byte, error) {
	private, ok := key.(*mldsa44.PrivateKey)
	if !ok {
		return x509.MarshalPKCS8PrivateKey(key)
	}
	seed := private.Seed()
	if seed == nil {
		return nil, errSeed
	}
	info := privateKeyInfo{PrivateKey: append([]byte(seedPrefix), seed...)}
	info.Algorithm.ID = oidMLDSA44()
	return asn1.Marshal(info)
}

// parseKey is the inverse of marshalKey.
func parseKey(der []byte) (crypto.Signer, error) {
	var info privateKeyInfo
	rest, err := asn1.Unmarshal(der, &info)
	if err == nil && len(rest) == 0 && info.Algorithm.ID.Equal(oidMLDSA44()) {
		return parseSeed(info.PrivateKey)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, err
	}
	key, ok := parsed.(crypto.Signer)
	if !ok {
		return nil, errors.New("it cannot sign")
	}
	return key, nil
}

func parseSeed(private []byte) (crypto.Signer, error) {
	seed, found := bytes.CutPrefix(private, []byte(seedPrefix))
	if !found || len(seed) != mldsa44.SeedSize {
		return nil, errSeed
	}
	_, key := mldsa44.NewKeyFromSeed((*[mldsa44.SeedSize]byte)(seed))
	return key, nil
}
