package sign

import (
	"crypto"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/secret"
)

// The files of a folder that hold a key, PEM (PKCS #8), readable by the bridge's user alone.
const (
	FileName = "bridge.key"      // the key in use
	NextName = "bridge-next.key" // one that devices are being given, to become the key in use
)

const pemType = "PRIVATE KEY"

// Open returns the key in a file of dir, which must exist, and makes it if it is not there: it is on
// the disk when Open returns. It refuses a file that others can read.
func Open(dir, name, bridge, consortium string) (*Key, error) {
	path := filepath.Join(dir, name)
	private, err := read(path)
	if errors.Is(err, fs.ErrNotExist) {
		private, err = create(path)
	}
	if err != nil {
		return nil, fmt.Errorf("bridge key %s: %w", path, err)
	}
	return newKey(private, bridge, consortium)
}

func read(path string) (crypto.Signer, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("others can read it (mode %o): make it 600, or replace it if they may have", info.Mode().Perm())
	}
	text, err := os.ReadFile(path) //nolint:gosec // a file of the bridge's own folder
	if err != nil {
		return nil, err
	}
	block, rest := pem.Decode(text)
	if block == nil || block.Type != pemType || len(rest) > 0 {
		return nil, errors.New("it is not one private key in PEM")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("parse: %w", err)
	}
	private, is := key.(ed25519.PrivateKey)
	if !is {
		return nil, errors.New("it is no Ed25519 key")
	}
	return private, nil
}

// create makes a key, which is there whole or not at all.
func create(path string) (crypto.Signer, error) {
	private, err := attest.GenerateKey(attest.Ed25519)
	if err != nil {
		return nil, err //nolint:wrapcheck // it says all
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	return private, secret.Write(path, pem.EncodeToMemory(&pem.Block{Type: pemType, Bytes: der}))
}
