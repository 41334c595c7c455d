package device

import (
	"crypto"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
)

// pemType is the label of a PKCS #8 key (RFC 7468, clause 10).
const pemType = "PRIVATE KEY"

func keyPath(home, id string) string { return filepath.Join(home, id+".pem") }

// saveKey writes a private key as PKCS #8 in PEM, readable by its owner alone.
func saveKey(home, id string, key crypto.Signer) error {
	der, err := marshalKey(key)
	if err != nil {
		return fmt.Errorf("write key %s: %w", id, err)
	}
	return replaceFile(keyPath(home, id), pem.EncodeToMemory(&pem.Block{Type: pemType, Bytes: der}))
}

// loadKey reads a private key. It refuses one that others can read.
func loadKey(home, id string) (crypto.Signer, error) {
	info, err := os.Stat(keyPath(home, id))
	if err != nil {
		return nil, fmt.Errorf("read key %s: %w", id, err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("read key %s: mode %o lets others read it: make it 600", id, mode)
	}
	data, err := os.ReadFile(keyPath(home, id))
	if err != nil {
		return nil, fmt.Errorf("read key %s: %w", id, err)
	}
	block, _ := pem.Decode(data)
	if block == nil || block.Type != pemType {
		return nil, fmt.Errorf("read key %s: it is not a PKCS #8 key in PEM", id)
	}
	key, err := parseKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("read key %s: %w", id, err)
	}
	return key, nil
}
