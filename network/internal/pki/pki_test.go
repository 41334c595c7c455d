package pki_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/network/internal/pki"
	"github.com/waymark-ledger/waymark/network/internal/topology"
)

// newAuthority makes a self-signed authority as cryptogen would.
func newAuthority(t *testing.T) (*pki.Authority, *x509.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "ca.producer"},
		NotBefore: time.Now().Add(-time.Minute), NotAfter: time.Now().AddDate(10, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign, SubjectKeyId: []byte{1, 2, 3},
	}
	certDER, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	files := topology.Pair{Cert: filepath.Join(t.TempDir(), "ca.pem"), Key: filepath.Join(t.TempDir(), "ca.key")}
	writeBlock(t, files.Cert, "CERTIFICATE", certDER)
	writeBlock(t, files.Key, "PRIVATE KEY", keyDER)
	authority, err := pki.LoadAuthority(files)
	if err != nil {
		t.Fatal(err)
	}
	return authority, readCertificate(t, files.Cert)
}

func writeBlock(t *testing.T, path, kind string, der []byte) {
	t.Helper()
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}

func readCertificate(t *testing.T, path string) *x509.Certificate {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(data)
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func issue(t *testing.T, authority *pki.Authority, req pki.Request) (*x509.Certificate, topology.Pair) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "issued")
	files := topology.Pair{Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem")}
	if err := authority.Issue(req, files); err != nil {
		t.Fatal(err)
	}
	return readCertificate(t, files.Cert), files
}

// The chaincode finds a role where Fabric CA would have put it.
func TestIssueCarriesTheRoleAsFabricCADoes(t *testing.T) {
	authority, ca := newAuthority(t)
	cert, _ := issue(t, authority, pki.Request{
		CommonName: "operator", Unit: "client", Attributes: map[string]string{pki.RoleAttribute: "operator"},
	})
	if err := cert.CheckSignatureFrom(ca); err != nil {
		t.Error(err)
	}
	if got := cert.Subject.OrganizationalUnit; len(got) != 1 || got[0] != "client" {
		t.Errorf("unit is %v, want client", got)
	}
	if !cert.NotAfter.Equal(ca.NotAfter) || !cert.NotBefore.Equal(ca.NotBefore) {
		t.Error("the certificate is not valid as long as its authority")
	}
	oid := asn1.ObjectIdentifier{1, 2, 3, 4, 5, 6, 7, 8, 1}
	for _, extension := range cert.Extensions {
		if !extension.Id.Equal(oid) {
			continue
		}
		var got struct{ Attrs map[string]string }
		if err := json.Unmarshal(extension.Value, &got); err != nil {
			t.Fatal(err)
		}
		if got.Attrs["waymark.role"] != "operator" {
			t.Errorf("attributes are %v", got.Attrs)
		}
		return
	}
	t.Error("there is no attribute extension")
}

func TestIssueServesTheHosts(t *testing.T) {
	authority, ca := newAuthority(t)
	cert, files := issue(t, authority, pki.Request{
		CommonName: "gateway.producer", Hosts: []string{"localhost", topology.Host}, Server: true,
	})
	roots := x509.NewCertPool()
	roots.AddCert(ca)
	for _, host := range []string{"localhost", "127.0.0.1"} {
		if _, err := cert.Verify(x509.VerifyOptions{Roots: roots, DNSName: host}); err != nil {
			t.Errorf("%s: %v", host, err)
		}
	}
	if _, err := cert.Verify(x509.VerifyOptions{Roots: roots, DNSName: "elsewhere"}); err == nil {
		t.Error("the certificate is good for a host it was not issued for")
	}
	asClient := x509.VerifyOptions{Roots: roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	if _, err := cert.Verify(asClient); err == nil {
		t.Error("a server's certificate passes as a client's")
	}
	info, err := os.Stat(files.Key)
	if err != nil {
		t.Fatal(err)
	}
	if mode := info.Mode().Perm(); mode != 0o600 {
		t.Errorf("the key's mode is %o, want 600", mode)
	}
}

// Half of all ECDSA signatures have a high S, which Fabric would re-encode.
func TestIssueSignsWithLowS(t *testing.T) {
	authority, _ := newAuthority(t)
	half := new(big.Int).Rsh(elliptic.P256().Params().N, 1)
	for range 32 {
		cert, _ := issue(t, authority, pki.Request{CommonName: "operator"})
		var signature struct{ R, S *big.Int }
		if _, err := asn1.Unmarshal(cert.Signature, &signature); err != nil {
			t.Fatal(err)
		}
		if signature.S.Cmp(half) > 0 {
			t.Fatal("a certificate is signed with a high S")
		}
	}
}

func TestLoadAuthorityRefuses(t *testing.T) {
	dir := t.TempDir()
	garbage := filepath.Join(dir, "garbage")
	if err := os.WriteFile(garbage, []byte("not PEM"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{"no file": filepath.Join(dir, "absent"), "not PEM": garbage} {
		if _, err := pki.LoadAuthority(topology.Pair{Cert: path, Key: path}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
