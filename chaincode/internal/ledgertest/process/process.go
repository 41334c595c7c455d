// Package process runs the chaincode as a process of its own, as a peer meets it: for tests of
// what two processes answer.
package process

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark/porttest"
)

// Build builds the chaincode of a directory into that of the keys and returns the program.
func (k Keys) Build(t *testing.T, source string) string {
	t.Helper()
	program := filepath.Join(k.Dir, "chaincode")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".") //nolint:gosec // of the test itself
	build.Dir, build.Env = source, append(os.Environ(), "GOWORK=off")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, output)
	}
	return program
}

// Keys are a CA, its certificate for a chaincode and one for its peer, as files.
type Keys struct {
	Dir    string
	Client *tls.Config // of a peer
}

// NewKeys makes them in a directory of the test.
func NewKeys(t *testing.T) Keys {
	t.Helper()
	dir := t.TempDir()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})
	for name, content := range map[string][]byte{"cert.pem": certPEM, "key.pem": keyPEM} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pair, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(certPEM)
	return Keys{dir, &tls.Config{Certificates: []tls.Certificate{pair}, RootCAs: roots, MinVersion: tls.VersionTLS12}}
}

// Settings are the environment of a process that listens on address.
func (k Keys) Settings(address string) map[string]string {
	return map[string]string{
		"CHAINCODE_ID": "waymark:0", "CHAINCODE_SERVER_ADDRESS": address,
		"CHAINCODE_TLS_CERT_FILE": filepath.Join(k.Dir, "cert.pem"), "CHAINCODE_TLS_KEY_FILE": filepath.Join(k.Dir, "key.pem"),
		"CHAINCODE_TLS_CLIENT_CA_FILE": filepath.Join(k.Dir, "cert.pem"),
	}
}

// Start runs a chaincode process until the test ends and returns its address.
func (k Keys) Start(t *testing.T, program string) string {
	t.Helper()
	address := porttest.Address(t)
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, program)
	for name, value := range k.Settings(address) {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	if err := cmd.Start(); err != nil {
		cancel()
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait() // it was killed
	})
	return address
}
