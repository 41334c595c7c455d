// Package certtest makes keys and certificates for tests.
package certtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"testing"
	"time"
)

// Authority issues certificates, for a day.
type Authority struct {
	Certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// NewAuthority makes an authority that nobody knows yet.
func NewAuthority(t testing.TB) Authority {
	t.Helper()
	key := Key(t)
	template := x509.Certificate{Subject: pkix.Name{CommonName: "authority"}, IsCA: true, BasicConstraintsValid: true, NotAfter: time.Now().Add(24 * time.Hour)}
	return Authority{certify(t, template, nil, key, key), key}
}

// PEM is the authority's certificate.
func (a Authority) PEM() []byte { return encoded("CERTIFICATE", a.Certificate.Raw) }

// Issue makes a certificate with a key of its own. It is good for an hour if the template does
// not say until when.
func (a Authority) Issue(t testing.TB, template x509.Certificate) *tls.Certificate {
	t.Helper()
	key := Key(t)
	leaf := certify(t, template, a.Certificate, key, a.key)
	return &tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: key, Leaf: leaf}
}

// SelfSigned makes a certificate for 127.0.0.1 that is its own authority, and its key, in PEM. It
// is good for an hour if the template does not say until when.
func SelfSigned(t testing.TB, template x509.Certificate) (certPEM, keyPEM []byte) {
	t.Helper()
	key := Key(t)
	template.IsCA, template.BasicConstraintsValid, template.IPAddresses = true, true, []net.IP{net.IPv4(127, 0, 0, 1)}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return encoded("CERTIFICATE", certify(t, template, nil, key, key).Raw), encoded("PRIVATE KEY", pkcs8)
}

// Key makes a key.
func Key(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// certify signs a certificate of key; it is its own parent if that is nil.
func certify(t testing.TB, template x509.Certificate, parent *x509.Certificate, key, by *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	template.SerialNumber, template.NotBefore = big.NewInt(time.Now().UnixNano()), time.Now().Add(-time.Hour)
	if template.NotAfter.IsZero() {
		template.NotAfter = time.Now().Add(time.Hour)
	}
	if parent == nil {
		parent = &template
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, parent, key.Public(), by)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func encoded(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}
