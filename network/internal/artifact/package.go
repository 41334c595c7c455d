package artifact

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strconv"

	"github.com/waymark-ledger/waymark/network/internal/topology"
)

// PackageLabel is the label of every member's chaincode package for a definition.
func PackageLabel(sequence int) string { return topology.Chaincode + "_" + strconv.Itoa(sequence) }

// WritePackage writes the chaincode package of member m for a definition, which says
// where the member's chaincode process is, and returns its package id. The bytes, and
// so the id, are the same each time for the same network and sequence.
func WritePackage(n topology.Network, m topology.Member, sequence int) (string, error) {
	data, err := chaincodePackage(n, m, sequence)
	if err != nil {
		return "", err
	}
	if err := writeFile(n.Package(m, sequence), data, 0o644); err != nil {
		return "", err
	}
	sum := sha256.Sum256(data)
	return PackageLabel(sequence) + ":" + hex.EncodeToString(sum[:]), nil
}

// connection is the connection.json of a chaincode that runs as a service.
type connection struct {
	Address            string `json:"address"`
	DialTimeout        string `json:"dial_timeout"`
	TLSRequired        bool   `json:"tls_required"`
	ClientAuthRequired bool   `json:"client_auth_required"`
	RootCert           string `json:"root_cert"`
	ClientCert         string `json:"client_cert"`
	// ClientKey is a mark that the builder's release script replaces.
	ClientKeyMark string `json:"client_key"`
}

// chaincodePackage is a tar.gz of metadata.json and code.tar.gz.
func chaincodePackage(n topology.Network, m topology.Member, sequence int) ([]byte, error) {
	c := n.Credentials(m)
	root, err := os.ReadFile(c.TLSCA().Cert)
	if err != nil {
		return nil, fmt.Errorf("read TLS authority: %w", err)
	}
	client, err := os.ReadFile(c.ChaincodeClient().Cert)
	if err != nil {
		return nil, fmt.Errorf("read chaincode client certificate: %w", err)
	}
	address, err := json.Marshal(connection{ //nolint:gosec // G117: the field holds a mark, not a key
		Address:            topology.Address(n.Ports(m).Chaincode[sequence%2]),
		DialTimeout:        "10s",
		TLSRequired:        true,
		ClientAuthRequired: true,
		RootCert:           string(root),
		ClientCert:         string(client),
		ClientKeyMark:      "@CLIENT_KEY@",
	})
	if err != nil {
		return nil, fmt.Errorf("encode connection.json: %w", err)
	}
	code, err := tarball(entry{"connection.json", address})
	if err != nil {
		return nil, err
	}
	metadata, err := json.Marshal(map[string]string{"type": "ccaas", "label": PackageLabel(sequence)})
	if err != nil {
		return nil, fmt.Errorf("encode metadata.json: %w", err)
	}
	return tarball(entry{"metadata.json", metadata}, entry{"code.tar.gz", code})
}

// entry is a file in a tarball.
type entry struct {
	name string
	data []byte
}

// tarball packs entries with no owner and no time, so that equal entries give
// equal bytes.
func tarball(entries ...entry) ([]byte, error) {
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	archive := tar.NewWriter(zip)
	for _, e := range entries {
		header := &tar.Header{Name: e.name, Mode: 0o644, Size: int64(len(e.data))}
		if err := archive.WriteHeader(header); err != nil {
			return nil, fmt.Errorf("pack %s: %w", e.name, err)
		}
		if _, err := archive.Write(e.data); err != nil {
			return nil, fmt.Errorf("pack %s: %w", e.name, err)
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
