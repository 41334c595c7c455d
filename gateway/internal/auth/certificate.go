package auth

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
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

// verified returns the client certificate of a connection, and the authority in the file that
// vouches for it. The handshake verified it; since then it may have expired, and its authority
// may be believed no more.
func (a *Authorities) verified(connection tls.ConnectionState, now time.Time) (leaf, authority *x509.Certificate, err error) {
	for _, chain := range connection.VerifiedChains {
		if a != nil && a.believes(chain, now) {
			return chain[0], chain[len(chain)-1], nil
		}
	}
	return nil, nil, waymark.Errorf(waymark.Unauthenticated, "the client certificate is not good any more")
}

func (a *Authorities) believes(chain []*x509.Certificate, now time.Time) bool {
	for _, c := range chain {
		if now.After(c.NotAfter) || now.Before(c.NotBefore) {
			return false
		}
	}
	return a.known[sha256.Sum256(chain[len(chain)-1].Raw)]
}

// holderID is what the holder of a certificate is known by that fits a rule: the names that the
// rule asks for, and the key of the authority that vouches for them. Other names in it are what
// an authority may let anybody choose, and say nothing.
func (r Rule) holderID(authority *x509.Certificate) string {
	key := sha256.Sum256(authority.RawSubjectPublicKeyInfo)
	id := "cert:" + hex.EncodeToString(key[:16])
	for _, name := range []struct{ kind, value string }{{"cn", r.CommonName}, {"dns", r.DNSName}, {"uri", r.URI}} {
		if name.value != "" {
			id += ";" + name.kind + "=" + safe(name.value)
		}
	}
	return brief(id)
}

// strangerID is what the holder of a certificate is known by that fits no rule.
func strangerID(leaf *x509.Certificate) string {
	sum := sha256.Sum256(leaf.Raw)
	return "cert:" + hex.EncodeToString(sum[:])
}
