package fabric

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"testing"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	offline "github.com/waymark-ledger/waymark/gateway/client/transaction"
)

// testCA issues certificates of the member "producer".
type testCA struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	issued      int64
}

func newTestCA(t *testing.T) *testCA {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ca := &testCA{key: key, certificate: &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "ca"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, SubjectKeyId: []byte{1}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}}
	_, ca.certificate = ca.sign(t, ca.certificate, ca.key)
	return ca
}

func (ca *testCA) sign(t *testing.T, template *x509.Certificate, key *ecdsa.PrivateKey) (text []byte, certificate *x509.Certificate) {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, ca.certificate, key.Public(), ca.key)
	if err == nil {
		certificate, err = x509.ParseCertificate(der)
	}
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), certificate
}

// issue returns one with a certificate for these organisational units.
func (ca *testCA) issue(t *testing.T, units ...string) (*application, *x509.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ca.issued++
	text, certificate := ca.sign(t, &x509.Certificate{SerialNumber: big.NewInt(100 + ca.issued), Subject: pkix.Name{CommonName: "x", OrganizationalUnit: units},
		NotBefore: time.Now().Add(-time.Minute), NotAfter: time.Now().Add(time.Hour)}, key)
	return &application{pem: text, key: key}, certificate
}

// config is a configuration in which the member has the roles of Fabric, or none, and revoked some.
func (ca *testCA) config(t *testing.T, roles bool, revoked ...*x509.Certificate) *channelConfig {
	t.Helper()
	list := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: time.Now(), NextUpdate: time.Now().Add(time.Hour)}
	for _, c := range revoked {
		list.RevokedCertificateEntries = append(list.RevokedCertificateEntries, x509.RevocationListEntry{SerialNumber: c.SerialNumber, RevocationTime: time.Now()})
	}
	crl, err := x509.CreateRevocationList(rand.Reader, list, ca.certificate, ca.key)
	if err != nil {
		t.Fatal(err)
	}
	unit := func(name string) *msp.FabricOUIdentifier {
		return &msp.FabricOUIdentifier{OrganizationalUnitIdentifier: name}
	}
	a := newAuthority(&msp.FabricMSPConfig{
		RootCerts:      [][]byte{pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.certificate.Raw})},
		RevocationList: [][]byte{[]byte("no list"), pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: crl})},
		FabricNodeOus: &msp.FabricNodeOUs{Enable: roles, ClientOuIdentifier: unit("client"), PeerOuIdentifier: unit("peer"),
			AdminOuIdentifier: unit("admin"), OrdererOuIdentifier: unit("orderer")},
	})
	return &channelConfig{members: []string{"carrier", "producer"}, authorities: map[string]authority{"producer": a}}
}

// A certificate counts as the ordering service will count it: for exactly one role, and not revoked.
func TestCertificatesHaveOneRole(t *testing.T) {
	ca := newTestCA(t)
	_, gone := ca.issue(t, "client")
	for name, tt := range map[string]struct {
		units []string
		roles bool
		good  bool
	}{
		"a role":                  {[]string{"client"}, true, true},
		"a role and something":    {[]string{"sales", "admin"}, true, true},
		"none":                    {nil, true, false},
		"something else":          {[]string{"sales"}, true, false},
		"two":                     {[]string{"client", "admin"}, true, false},
		"the same twice":          {[]string{"peer", "peer"}, true, false},
		"none where there are no": {nil, false, true},
	} {
		_, certificate := ca.issue(t, tt.units...)
		if _, err := ca.config(t, tt.roles, gone).issued("producer", certificate); (err == nil) != tt.good {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, roles := range []bool{true, false} {
		if _, err := ca.config(t, roles, gone).issued("producer", gone); err == nil {
			t.Error("a revoked certificate is good")
		}
	}
	if _, same := newTestCA(t).issue(t, "client"); same.SerialNumber.Cmp(gone.SerialNumber) != 0 {
		t.Error("the test proves nothing")
	} else if _, err := ca.config(t, true).issued("producer", same); err == nil {
		t.Error("another authority's certificate is good")
	}
}

// Only a peer endorses, and no member more than once: each endorsement costs a check.
func TestPeersEndorse(t *testing.T) {
	ca := newTestCA(t)
	peer, _ := ca.issue(t, "peer")
	client, _ := ca.issue(t, "client")
	endorsement := func(by *application, response []byte) offline.Endorsement {
		endorser, _ := offline.Creator("producer", by.pem)
		signature, err := offline.Lower(&by.key.PublicKey, by.sign(append(response, endorser...)).Signature)
		if err != nil {
			t.Fatal(err)
		}
		return offline.Endorsement{Endorser: endorser, Signature: signature}
	}
	good, false1 := endorsement(peer, []byte("said")), endorsement(peer, []byte("other"))
	for name, tt := range map[string]struct {
		roles bool
		give  []offline.Endorsement
		want  bool
	}{
		"a peer":                         {true, []offline.Endorsement{good}, true},
		"one of two":                     {true, []offline.Endorsement{false1, good}, true},
		"more than there are members":    {true, []offline.Endorsement{false1, false1, good}, false},
		"of something else":              {true, []offline.Endorsement{false1}, false},
		"a client":                       {true, []offline.Endorsement{endorsement(client, []byte("said"))}, false},
		"anybody where there is no peer": {false, []offline.Endorsement{endorsement(client, []byte("said"))}, true},
		"nobody":                         {true, nil, false},
	} {
		if got := ca.config(t, tt.roles).endorsed(offline.Transaction{Response: []byte("said"), Endorsements: tt.give}); got != tt.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

// An identity is one certificate, and not a byte that all peers would keep for nothing.
func TestIdentitiesAreBare(t *testing.T) {
	holder, certificate := newTestCA(t).issue(t, "client")
	plain, lines := holder.pem, func(end string) []byte { return bytes.ReplaceAll(holder.pem, []byte("\n"), []byte(end)) }
	for name, tt := range map[string]struct {
		give []byte
		good bool
	}{
		"as it is":                {plain, true},
		"without the last end":    {bytes.TrimSpace(plain), true},
		"lines of another system": {lines("\r\n"), true},
		"text before it":          {append([]byte("Certificate:\n"), plain...), false},
		"text after it":           {append(bytes.Clone(plain), "more"...), false},
		"space after it":          {append(bytes.Clone(plain), "\n\n\n"...), false},
		"space in it":             {lines("\n\n"), false},
		"a header":                {pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw, Headers: map[string]string{"a": "b"}}), false},
		"another type":            {pem.EncodeToMemory(&pem.Block{Type: "X509", Bytes: certificate.Raw}), false},
		"two":                     {append(bytes.Clone(plain), plain...), false},
		"none":                    {nil, false},
	} {
		creator, err := offline.Creator("producer", tt.give)
		if err != nil {
			t.Fatal(err)
		}
		if member, _, err := bare(creator); (err == nil) != tt.good || tt.good && member != "producer" {
			t.Errorf("%s: %q, %v", name, member, err)
		}
	}
	creator, _ := offline.Creator("producer", plain)
	if _, _, err := bare(append(creator, 0xf8, 0x07, 0x01)); err == nil {
		t.Error("a field that nobody knows is taken")
	}
}
