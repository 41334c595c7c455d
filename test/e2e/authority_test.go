//go:build e2e

package e2e

import (
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

// deviceCA is a certificate authority that a member can register.
type deviceCA struct {
	certificate *x509.Certificate
	key         crypto.Signer
}

func newDeviceCA(t *testing.T) deviceCA {
	t.Helper()
	key := newKey(t)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name("ca")}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(24 * time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	return deviceCA{issue(t, template, template, key.Public(), key), key}
}

// id is the authority's id on the ledger.
func (a deviceCA) id() string {
	sum := sha256.Sum256(a.certificate.Raw)
	return hex.EncodeToString(sum[:])
}

func (a deviceCA) put() waymark.PutAuthorityRequest {
	return waymark.PutAuthorityRequest{Certificate: base64.StdEncoding.EncodeToString(a.certificate.Raw), Activate: true}
}

// join is the request of a new device with a certificate of the authority.
func (a deviceCA) join(t *testing.T, owner string) waymark.JoinDeviceRequest {
	t.Helper()
	id, key := name("logger"), newKey(t)
	leaf := issue(t, &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: id},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature}, a.certificate, key.Public(), a.key)
	return waymark.JoinDeviceRequest{Registration: statement(t, id, owner, key), Authority: a.id(),
		Chain: []string{base64.StdEncoding.EncodeToString(leaf.Raw)}}
}

// statement is the signed registration of a key k-new of a device.
func statement(t *testing.T, id, owner string, key crypto.Signer) string {
	t.Helper()
	jwk, err := attest.PublicJWK(key)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := json.Marshal(waymark.Registration{Device: id, Owner: owner, Model: "TL-20", KeyID: "k-new", JWK: jwk})
	if err != nil {
		t.Fatal(err)
	}
	signed, err := attest.Sign(attest.JWS, key, attest.Header{Device: id, Consortium: local.at.Consortium, KeyID: "k-new", Kind: attest.Registration}, payload)
	if err != nil {
		t.Fatal(err)
	}
	return signed.Text()
}

func newKey(t *testing.T) crypto.Signer {
	t.Helper()
	key, err := attest.GenerateKey(attest.ES256)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func issue(t *testing.T, template, parent *x509.Certificate, key crypto.PublicKey, signer crypto.Signer) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key, signer)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return certificate
}

// A device joins by its certificate through another member's relay and reports; once
// the certificate is revoked it does not.
func TestADeviceJoinsByCertificate(t *testing.T) {
	ctx := limit(t, time.Minute)
	a := newDeviceCA(t)
	admin := as(t, "producer", waymark.Admin)
	put, _ := done(ctx, t, admin.PutDeviceAuthority, a.put())
	if put.ID != a.id() || put.Owner != "producer" {
		t.Fatalf("authority %+v", put)
	}
	d, _ := done(ctx, t, operator(t, "carrier").JoinDevice, a.join(t, "producer"))
	if d.Owner != "producer" || d.State != waymark.DeviceActive || d.Keys[0].Origin != waymark.KeyByCertificate {
		t.Fatalf("device %+v", d)
	}
	revoke := waymark.RevokeCertificateRequest{Authority: a.id(), Serial: d.Keys[0].Certificate.Serial, Reason: "stolen"}
	status, _ := done(ctx, t, admin.RevokeDeviceCertificate, revoke)
	if !status.Revoked {
		t.Errorf("status %+v", status)
	}
	refused(ctx, t, operator(t, "carrier"), "/v1/devices:registerMany", waymark.RegisterManyRequest{Registrations: []string{"nonsense"}}, waymark.Invalid, "")
}
