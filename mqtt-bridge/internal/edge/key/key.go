// Package key makes and reads the private keys of an edge: files of PKCS #8 in PEM that only
// their owner can read.
package key

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

// pemType is the label of a PKCS #8 key (RFC 7468, clause 10).
const pemType = "PRIVATE KEY"

// Make writes a new key, Ed25519 or P-256, to a file that must not exist, and returns when it is on the
// disk. It returns Invalid for another algorithm.
func Make(path string, algorithm attest.Algorithm) (crypto.Signer, error) {
	if algorithm != attest.Ed25519 && algorithm != attest.ES256 {
		return nil, waymark.Errorf(waymark.Invalid, "the algorithm of an edge's key is %s or %s, not %q", attest.Ed25519, attest.ES256, algorithm)
	}
	private, err := attest.GenerateKey(algorithm)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, fmt.Errorf("encode key: %w", err)
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	err = pem.Encode(file, &pem.Block{Type: pemType, Bytes: der})
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return nil, fmt.Errorf("write key: %w", err)
	}
	return private, nil
}

// Load reads a key. It refuses a file that others can read, and a key of another algorithm.
func Load(path string) (crypto.Signer, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read key: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("read key %s: mode %o lets others read it: make it 600", path, mode)
	}
	text, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, fmt.Errorf("read key: %w", err)
	}
	block, _ := pem.Decode(text)
	if block == nil || block.Type != pemType {
		return nil, fmt.Errorf("read key %s: it is not PKCS #8 in PEM", path)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("read key %s: %w", path, err)
	}
	private, ok := parsed.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("read key %s: it cannot sign", path)
	}
	if _, err := attest.PublicJWK(private); err != nil {
		return nil, fmt.Errorf("read key %s: %w", path, err)
	}
	return private, nil
}
