// Package key makes and reads private keys: files of one PKCS #8 key in PEM that only
// their owner can read.
package key

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/secret"
)

// pemType is the label of a PKCS #8 key (RFC 7468, clause 10).
const pemType = "PRIVATE KEY"

// Make writes a new key, Ed25519 or P-256, to a file that must not exist, and returns when it is on the
// disk. A crash leaves the whole file or none. It returns Invalid for another algorithm.
func Make(path string, algorithm attest.Algorithm) (crypto.Signer, error) {
	if algorithm != attest.Ed25519 && algorithm != attest.ES256 {
		return nil, waymark.Errorf(waymark.Invalid, "the algorithm of a key file is %s or %s, not %q", attest.Ed25519, attest.ES256, algorithm)
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("make key %s: %w", path, errors.Join(err, fs.ErrExist))
	}
	private, err := attest.GenerateKey(algorithm)
	if err != nil {
		return nil, err
	}
	if err := write(path, private); err != nil {
		return nil, fmt.Errorf("make key %s: %w", path, err)
	}
	return private, nil
}

func write(path string, private crypto.Signer) error {
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	return secret.Write(path, pem.EncodeToMemory(&pem.Block{Type: pemType, Bytes: der}))
}

// Load reads a key. It refuses a file that others can read, that has anything else in it, or a key of another algorithm.
func Load(path string) (crypto.Signer, error) {
	private, err := load(path)
	if err != nil {
		return nil, fmt.Errorf("read key %s: %w", path, err)
	}
	return private, nil
}

func load(path string) (crypto.Signer, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("mode %o lets others read it: make it 600, or replace it if they may have", mode)
	}
	text, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, err
	}
	block, rest := pem.Decode(text)
	if block == nil || block.Type != pemType || len(bytes.TrimSpace(rest)) > 0 {
		return nil, errors.New("it is not one PKCS #8 key in PEM")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	private, ok := parsed.(crypto.Signer)
	if !ok {
		return nil, errors.New("it cannot sign")
	}
	if _, err := attest.PublicJWK(private); err != nil {
		return nil, err
	}
	return private, nil
}
