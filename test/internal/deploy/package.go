package deploy

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// label names the package of a contract.
func label(contract string) string { return contract + "_1" }

// packageID is the id that a peer gives an installed package.
func packageID(contract string, content []byte) string {
	sum := sha256.Sum256(content)
	return label(contract) + ":" + hex.EncodeToString(sum[:])
}

// pack is the package of a contract that runs as a service at an address, with TLS on
// both sides. The peer's key is no part of it: the network's builder puts it in.
func pack(contract, address string, root, client []byte) ([]byte, error) {
	connection, err := json.Marshal(map[string]any{
		"address": address, "dial_timeout": "10s", "tls_required": true, "client_auth_required": true,
		"root_cert": string(root), "client_cert": string(client), "client_key": "@CLIENT_KEY@",
	})
	if err != nil {
		return nil, fmt.Errorf("encode connection.json: %w", err)
	}
	code, err := tarball(file{"connection.json", connection})
	if err != nil {
		return nil, err
	}
	metadata, err := json.Marshal(map[string]string{"type": "ccaas", "label": label(contract)})
	if err != nil {
		return nil, fmt.Errorf("encode metadata.json: %w", err)
	}
	return tarball(file{"metadata.json", metadata}, file{"code.tar.gz", code})
}

// file is a file in a tarball.
type file struct {
	name    string
	content []byte
}

func tarball(files ...file) ([]byte, error) {
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	archive := tar.NewWriter(zip)
	for _, f := range files {
		if err := archive.WriteHeader(&tar.Header{Name: f.name, Mode: 0o644, Size: int64(len(f.content))}); err != nil {
			return nil, fmt.Errorf("pack %s: %w", f.name, err)
		}
		if _, err := archive.Write(f.content); err != nil {
			return nil, fmt.Errorf("pack %s: %w", f.name, err)
		}
	}
	if err := archive.Close(); err != nil {
		return nil, fmt.Errorf("close package: %w", err)
	}
	if err := zip.Close(); err != nil {
		return nil, fmt.Errorf("close package: %w", err)
	}
	return out.Bytes(), nil
}
