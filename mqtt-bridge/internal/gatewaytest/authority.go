package gatewaytest

import (
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"net/http"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

// owner is the member whose devices and authorities the fake has.
const owner = "producer"

// Authority is a device CA, or an intermediate of one.
type Authority struct {
	Certificate *x509.Certificate
	key         crypto.Signer
	issuer      *Authority // nil: it is a CA of its own
	issued      int64
}

// NewAuthority makes a device CA, valid for a day. change, if any, changes its certificate.
func NewAuthority(t testing.TB, change func(*x509.Certificate)) *Authority {
	t.Helper()
	key, err := attest.GenerateKey(attest.ES256)
	check(t, err)
	a := &Authority{key: key}
	template := a.template("device CA")
	template.IsCA, template.BasicConstraintsValid, template.KeyUsage = true, true, x509.KeyUsageCertSign
	a.Certificate = issue(t, template, template, key.Public(), key, change)
	return a
}

// Intermediate makes an authority that a issues a certificate to.
func (a *Authority) Intermediate(t testing.TB, change func(*x509.Certificate)) *Authority {
	t.Helper()
	i := NewAuthority(t, nil)
	i.issued = 1000 * a.issued // so that no serial number is another's
	template := a.template("intermediate CA")
	template.IsCA, template.BasicConstraintsValid, template.KeyUsage = true, true, x509.KeyUsageCertSign
	i.Certificate, i.issuer = issue(t, template, a.Certificate, i.key.Public(), a.key, change), a
	return i
}

// Issue makes a certificate for a device's key, with the intermediates after it.
func (a *Authority) Issue(t testing.TB, d *Device, change func(*x509.Certificate)) []*x509.Certificate {
	t.Helper()
	template := a.template(d.ID)
	template.KeyUsage = x509.KeyUsageDigitalSignature
	chain := []*x509.Certificate{issue(t, template, a.Certificate, d.Key.Public(), a.key, change)}
	for i := a; i.issuer != nil; i = i.issuer {
		chain = append(chain, i.Certificate)
	}
	return chain
}

// ID is the root's id on the ledger.
func (a *Authority) ID() string {
	root := a
	for root.issuer != nil {
		root = root.issuer
	}
	sum := sha256.Sum256(root.Certificate.Raw)
	return hex.EncodeToString(sum[:])
}

// Joined is what the registry says of a device that joined by a chain of a.
func (a *Authority) Joined(t testing.TB, d *Device, chain []*x509.Certificate, state waymark.DeviceState) waymark.Device {
	t.Helper()
	record := d.Record(t, state)
	noted := &waymark.KeyCertificate{Owner: owner, Authority: a.ID(), IssuerKey: a.ID(), Serial: attest.SerialOf(chain[0]), ExpiresAt: chain[0].NotAfter}
	for _, c := range chain[1:] {
		noted.Issuers = append(noted.Issuers, attest.SerialOf(c))
	}
	record.Keys[0].Origin, record.Keys[0].Certificate, record.Keys[0].NotAfter = waymark.KeyByCertificate, noted, chain[0].NotAfter
	return record
}

// Credential is what a TLS client of the device shows.
func (d *Device) Credential(chain []*x509.Certificate) tls.Certificate {
	credential := tls.Certificate{PrivateKey: d.Key}
	for _, c := range chain {
		credential.Certificate = append(credential.Certificate, c.Raw)
	}
	return credential
}

// template is a certificate of the next serial number, from 16 on.
func (a *Authority) template(name string) *x509.Certificate {
	a.issued++
	return &x509.Certificate{
		SerialNumber: big.NewInt(15 + a.issued), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
}

func issue(t testing.TB, template, parent *x509.Certificate, key crypto.PublicKey, signer crypto.Signer, change func(*x509.Certificate)) *x509.Certificate {
	t.Helper()
	if change != nil {
		change(template)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key, signer)
	check(t, err)
	certificate, err := x509.ParseCertificate(der)
	check(t, err)
	return certificate
}

// Trust puts a device CA into the registry.
func (g *Gateway) Trust(a *Authority) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.trusted[a.ID()] = a
}

// Revoke revokes a certificate.
func (g *Gateway) Revoke(c *x509.Certificate) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.revoked[attest.SerialOf(c)] = true
}

func (g *Gateway) authority(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	a, found := g.trusted[r.PathValue("authority")]
	if !found || r.PathValue("id") != owner {
		problem(w, Failure{Status: http.StatusNotFound, Code: waymark.NotFound})
		return
	}
	_ = json.NewEncoder(w).Encode(waymark.Authority{ID: a.ID(), KeyID: a.ID(), Owner: owner, State: waymark.AuthorityTrusted,
		Certificate: base64.StdEncoding.EncodeToString(a.Certificate.Raw), ExpiresAt: a.Certificate.NotAfter})
}

func (g *Gateway) certificate(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	serial := r.PathValue("serial")
	_ = json.NewEncoder(w).Encode(waymark.CertificateStatus{Owner: owner, Authority: r.PathValue("authority"), Serial: serial, Revoked: g.revoked[serial]})
}
