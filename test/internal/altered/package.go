package altered

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/waymark-ledger/waymark/test/internal/localnet"
)

// installed is the chaincode package that a member's peer has: its id, and where the peer
// expects the process.
type installed struct {
	id         string
	connection struct {
		Address string `json:"address"`
		Root    string `json:"root_cert"`
	}
}

// packageOf reads the package of the definition in force: the network removes those of
// the definitions before.
func packageOf(n *localnet.Network, member string) (installed, error) {
	var p installed
	paths, err := filepath.Glob(filepath.Join(n.Dir(), "members", member, "chaincode-*.tar.gz"))
	if err != nil || len(paths) != 1 {
		return p, fmt.Errorf("%s has %d chaincode packages, want 1", member, len(paths))
	}
	content, err := os.ReadFile(paths[0])
	if err != nil {
		return p, fmt.Errorf("read package: %w", err)
	}
	var metadata struct{ Label string }
	code, err := file(content, "code.tar.gz")
	if err == nil {
		err = errors.Join(decode(content, "metadata.json", &metadata), decode(code, "connection.json", &p.connection))
	}
	sum := sha256.Sum256(content)
	p.id = metadata.Label + ":" + hex.EncodeToString(sum[:])
	return p, err
}

// decode decodes a JSON file of a compressed archive.
func decode(archive []byte, name string, into any) error {
	content, err := file(archive, name)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(content, into); err != nil {
		return fmt.Errorf("decode %s: %w", name, err)
	}
	return nil
}

// file reads a file of a compressed archive.
func file(archive []byte, name string) ([]byte, error) {
	zip, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		return nil, fmt.Errorf("open package: %w", err)
	}
	for entries := tar.NewReader(zip); ; {
		entry, err := entries.Next()
		if err != nil {
			return nil, fmt.Errorf("find %s in the package: %w", name, err)
		}
		if entry.Name == name {
			return io.ReadAll(entries)
		}
	}
}
