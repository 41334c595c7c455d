//go:build e2e

package e2e

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
	"errors"
	"math/big"
	"os"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/eclipse/paho.mqtt.golang/packets"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
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
	request, _ := a.vouch(t, owner, name("logger"), newKey(t))
	return request
}

// vouch is the request of a device to join, and what it shows to its broker.
func (a deviceCA) vouch(t *testing.T, owner, id string, key crypto.Signer) (waymark.JoinDeviceRequest, tls.Certificate) {
	t.Helper()
	leaf := issue(t, &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: id},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature}, a.certificate, key.Public(), a.key)
	return waymark.JoinDeviceRequest{Registration: statement(t, id, owner, key), Authority: a.id(),
		Chain: []string{base64.StdEncoding.EncodeToString(leaf.Raw)}}, tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: key}
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

// A device joins by its certificate through another member's relay. A moment later it connects
// by that certificate, with nobody telling the broker, and reports; once it is revoked it does not.
func TestADeviceJoinsByCertificate(t *testing.T) {
	ctx := limit(t, time.Minute)
	a := newDeviceCA(t)
	admin := as(t, "producer", waymark.Admin)
	put, _ := done(ctx, t, admin.PutDeviceAuthority, a.put())
	if put.ID != a.id() || put.Owner != "producer" {
		t.Fatalf("authority %+v", put)
	}
	id, key := name("logger"), newKey(t)
	join, shown := a.vouch(t, "producer", id, key)
	d, _ := done(ctx, t, operator(t, "carrier").JoinDevice, join)
	if d.Owner != "producer" || d.State != waymark.DeviceActive || d.Keys[0].Origin != waymark.KeyByCertificate {
		t.Fatalf("device %+v", d)
	}
	client, err := connectBy(t, id, shown)
	if err != nil {
		t.Fatal(err)
	}
	pack, err := senml.EncodeJSON(temperatures(400))
	if err != nil {
		t.Fatal(err)
	}
	message, err := attest.Sign(attest.COSE, key, attest.Header{Device: id, Consortium: local.at.Consortium, KeyID: "k-new", Kind: attest.PackJSON, Sequence: 1}, pack)
	if err != nil {
		t.Fatal(err)
	}
	if token := client.Publish("waymark/v1/"+id+"/up", 1, false, message.Raw); !token.WaitTimeout(20*time.Second) || token.Error() != nil {
		t.Fatal(token.Error())
	}
	awaitStream(ctx, t, id, 1)
	revoke := waymark.RevokeCertificateRequest{Authority: a.id(), Serial: d.Keys[0].Certificate.Serial, Reason: "stolen"}
	status, _ := done(ctx, t, admin.RevokeDeviceCertificate, revoke)
	if !status.Revoked {
		t.Errorf("status %+v", status)
	}
	for ; err == nil && ctx.Err() == nil; time.Sleep(100 * time.Millisecond) { // the bridge asks the registry again after 10 s
		client.Disconnect(50)
		client, err = connectBy(t, id, shown)
	}
	if !errors.Is(err, packets.ErrorRefusedNotAuthorised) {
		t.Errorf("with a revoked certificate: %v", err)
	}
	refused(ctx, t, operator(t, "carrier"), "/v1/devices:registerMany", waymark.RegisterManyRequest{Registrations: []string{"nonsense"}}, waymark.Invalid, "")
}

// connectBy connects a device to its broker by a certificate, without a password.
func connectBy(t *testing.T, id string, shown tls.Certificate) (paho.Client, error) {
	t.Helper()
	b := brokerOf()
	ca, err := os.ReadFile(b.CAFile)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	client := paho.NewClient(paho.NewClientOptions().AddBroker(b.URL).SetClientID(id).SetProtocolVersion(4).SetAutoReconnect(false).
		SetTLSConfig(&tls.Config{RootCAs: roots, Certificates: []tls.Certificate{shown}, MinVersion: tls.VersionTLS12}))
	token := client.Connect()
	token.WaitTimeout(20 * time.Second)
	if token.Error() == nil {
		t.Cleanup(func() { client.Disconnect(50) })
	}
	return client, token.Error()
}
