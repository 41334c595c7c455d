package auth

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Authorities issue the client certificates that are believed.
type Authorities struct {
	pool  *x509.CertPool
	known map[[sha256.Size]byte]bool // by the certificate's hash
}

// LoadAuthorities reads the certificates in a PEM file, at least one.
func LoadAuthorities(file string) (*Authorities, error) {
	data, err := os.ReadFile(file) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, fmt.Errorf("client authorities: %w", err)
	}
	a := &Authorities{pool: x509.NewCertPool(), known: make(map[[sha256.Size]byte]bool)}
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("client authorities %s: %w", file, err)
		}
		a.pool.AddCert(certificate)
		a.known[sha256.Sum256(certificate.Raw)] = true
	}
	if len(a.known) == 0 {
		return nil, fmt.Errorf("client authorities %s: there is no certificate", file)
	}
	return a, nil
}

// Accept makes servers with that configuration ask for client certificates, and refuse those
// of other authorities. None is needed to connect.
func (a *Authorities) Accept(c *tls.Config) {
	c.ClientAuth, c.ClientCAs = tls.VerifyClientCertIfGiven, a.pool
}

// verified returns the client certificate of a connection. The handshake verified it; since
// then it may have expired, and its authority may be believed no more.
func (a *Authorities) verified(connection tls.ConnectionState, now time.Time) (*x509.Certificate, error) {
	for _, chain := range connection.VerifiedChains {
		if a != nil && a.believes(chain, now) {
			return chain[0], nil
		}
	}
	return nil, waymark.Errorf(waymark.Unauthenticated, "the client certificate is not good any more")
}

func (a *Authorities) believes(chain []*x509.Certificate, now time.Time) bool {
	for _, c := range chain {
		if now.After(c.NotAfter) || now.Before(c.NotBefore) {
			return false
		}
	}
	return a.known[sha256.Sum256(chain[len(chain)-1].Raw)]
}

// certificateID is what a certificate's holder is known by: the common name, or else the
// first URI or DNS name.
func certificateID(c *x509.Certificate) (string, error) {
	names := append([]string{c.Subject.CommonName}, uris(c)...)
	for _, name := range append(names, c.DNSNames...) {
		if name != "" && len(name) <= maxName {
			return "cert:" + safe(name), nil
		}
	}
	return "", waymark.Errorf(waymark.Unauthenticated, "the client certificate has no name")
}
