package scenario

import (
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"math/big"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

// Authority is a certificate authority: a device CA, or an intermediate of one.
type Authority struct {
	Certificate *x509.Certificate
	Key         crypto.Signer
	c           *Consortium
	issued      int64
}

// NewAuthority makes a device CA with a key of an algorithm, valid from an hour ago
// for ten years. change, if any, changes the template of its certificate.
func (c *Consortium) NewAuthority(algorithm attest.Algorithm, change func(*x509.Certificate)) *Authority {
	c.T.Helper()
	a := &Authority{Key: c.key(algorithm), c: c}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "device CA"},
		NotBefore: c.Now.Add(-time.Hour), NotAfter: c.Now.AddDate(10, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	if change != nil {
		change(template)
	}
	a.Certificate = c.sign(template, template, a.Key.Public(), a.Key)
	return a
}

// Authority makes a device CA and registers it for a member.
func (c *Consortium) Authority(owner string, activate bool) *Authority {
	c.T.Helper()
	a := c.NewAuthority(attest.ES256, nil)
	Must(c, c.As(owner, waymark.Admin), registry.PutAuthority, waymark.PutAuthorityRequest{Certificate: a.PEM(), Activate: activate})
	return a
}

// Renewed is the same authority, by its name and key, with another certificate.
func (a *Authority) Renewed() *Authority {
	a.c.T.Helper()
	template := *a.Certificate
	template.SerialNumber = big.NewInt(2)
	return &Authority{Key: a.Key, c: a.c, issued: a.issued, Certificate: a.c.sign(&template, &template, a.Key.Public(), a.Key)}
}

// Intermediate issues a certificate for another authority.
func (a *Authority) Intermediate(change func(*x509.Certificate)) *Authority {
	a.c.T.Helper()
	i := &Authority{Key: a.c.key(attest.Ed25519), c: a.c}
	template := a.template("intermediate CA")
	template.IsCA, template.BasicConstraintsValid, template.KeyUsage = true, true, x509.KeyUsageCertSign
	if change != nil {
		change(template)
	}
	i.Certificate = a.c.sign(template, a.Certificate, i.Key.Public(), a.Key)
	return i
}

// Issue returns a certificate for a device's present key, valid for a year, as base64
// of its DER.
func (a *Authority) Issue(d *Device, change func(*x509.Certificate)) string {
	a.c.T.Helper()
	template := a.template(d.ID)
	template.KeyUsage = x509.KeyUsageDigitalSignature
	if change != nil {
		change(template)
	}
	return base64.StdEncoding.EncodeToString(a.c.sign(template, a.Certificate, d.Key.Public(), a.Key).Raw)
}

// template is a certificate of the next serial number, from 16 on.
func (a *Authority) template(name string) *x509.Certificate {
	a.issued++
	return &x509.Certificate{
		SerialNumber: big.NewInt(15 + a.issued), Subject: pkix.Name{CommonName: name},
		NotBefore: a.c.Now.Add(-time.Hour), NotAfter: a.c.Now.AddDate(1, 0, 0),
	}
}

// ID is the authority's id on the ledger.
func (a *Authority) ID() string {
	sum := sha256.Sum256(a.Certificate.Raw)
	return hex.EncodeToString(sum[:])
}

// Base64 is the certificate as base64 of its DER.
func (a *Authority) Base64() string { return base64.StdEncoding.EncodeToString(a.Certificate.Raw) }

// PEM is the certificate in PEM.
func (a *Authority) PEM() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.Certificate.Raw}))
}

// Join is the request of a device to join by an authority, with its chain.
func (a *Authority) Join(d *Device, chain ...string) waymark.JoinDeviceRequest {
	return waymark.JoinDeviceRequest{Registration: d.Registration(), Authority: a.ID(), Chain: chain}
}

func (c *Consortium) sign(template, parent *x509.Certificate, key crypto.PublicKey, signer crypto.Signer) *x509.Certificate {
	c.T.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key, signer)
	if err != nil {
		c.T.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		c.T.Fatal(err)
	}
	return certificate
}
