package auth

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// testCA is an authority of client certificates.
type testCA struct {
	key         testKey
	certificate *x509.Certificate
}

func newTestCA(t *testing.T) testCA {
	t.Helper()
	ca := testCA{key: ecKey(t, "")}
	ca.certificate = certify(t, x509.Certificate{
		IsCA: true, BasicConstraintsValid: true, NotAfter: time.Now().Add(24 * time.Hour),
	}, nil, ca.key, ca.key)
	return ca
}

// issue makes a certificate of the authority.
func (ca testCA) issue(t *testing.T, template x509.Certificate) *x509.Certificate {
	t.Helper()
	return certify(t, template, ca.certificate, ecKey(t, ""), ca.key)
}

func certify(t *testing.T, template x509.Certificate, parent *x509.Certificate, key, by testKey) *x509.Certificate {
	t.Helper()
	template.SerialNumber, template.NotBefore = big.NewInt(time.Now().UnixNano()), time.Now().Add(-time.Hour)
	if parent == nil {
		parent = &template
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, parent, key.private.(*ecdsa.PrivateKey).Public(), by.private)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (ca testCA) authorities(t *testing.T) *Authorities {
	t.Helper()
	a, err := LoadAuthorities(writeTemp(t, ca.pem()))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func writeTemp(t *testing.T, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func (ca testCA) pem() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.certificate.Raw})
}
