package registry_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

// strangers are callers who may not manage the producer's authorities.
func strangers(c *scenario.Consortium) []ledger.Caller {
	return []ledger.Caller{c.As("producer", waymark.Operator), c.As("producer", waymark.Viewer), c.As("producer", waymark.Relay), c.As("producer", "")}
}

func TestPutAuthority(t *testing.T) {
	c := scenario.New(t)
	admin := c.As("producer", waymark.Admin)
	for _, algorithm := range []attest.Algorithm{attest.ES256, attest.Ed25519} {
		a := c.NewAuthority(algorithm, nil)
		request := waymark.PutAuthorityRequest{Certificate: a.PEM(), Reason: "line 2"}
		for _, by := range strangers(c) {
			scenario.Refused(c, by, registry.PutAuthority, request, waymark.Forbidden, waymark.DefaultDeny)
		}
		record := scenario.Must(c, admin, registry.PutAuthority, request)
		if record.ID != a.ID() || record.Owner != "producer" || record.State != waymark.AuthorityTrusted || record.Certificate != a.Base64() ||
			record.ExpiresAt != a.Certificate.NotAfter || record.Activate || record.Reason != "line 2" {
			t.Errorf("authority %+v", record)
		}
		expectNothing(c, admin, registry.PutAuthority, request, record)
		expectNothing(c, admin, registry.PutAuthority, waymark.PutAuthorityRequest{Certificate: a.Base64()}, record)
		request.Activate = true
		if changed := scenario.Must(c, admin, registry.PutAuthority, request); !changed.Activate || changed.Registered != record.Registered {
			t.Errorf("authority %+v", changed)
		}
		// A maker's CA can serve two owners, each on its own.
		other := scenario.Must(c, c.As("carrier", waymark.Admin), registry.PutAuthority, waymark.PutAuthorityRequest{Certificate: a.PEM()})
		query := waymark.AuthorityQuery{Owner: "producer", Authority: a.ID()}
		if got := scenario.Must(c, c.As("carrier", waymark.Viewer), registry.Authority, query); other.Owner != "carrier" || got.Owner != "producer" || !got.Activate {
			t.Errorf("authorities %+v and %+v", other, got)
		}
		scenario.Refused(c, c.As("carrier", ""), registry.Authority, query, waymark.Forbidden, waymark.DefaultDeny)
		query.Owner = "retailer"
		scenario.Refused(c, c.As("carrier", waymark.Viewer), registry.Authority, query, waymark.NotFound, "")
	}
	scenario.Refused(c, c.As("stranger", waymark.Admin), registry.PutAuthority, waymark.PutAuthorityRequest{Certificate: c.NewAuthority(attest.ES256, nil).PEM()}, waymark.NotFound, "")
}

func TestWhatIsNoAuthority(t *testing.T) {
	c := scenario.New(t)
	good := c.NewAuthority(attest.ES256, nil)
	made := func(change func(*x509.Certificate)) string { return c.NewAuthority(attest.ES256, change).Base64() }
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, good.Certificate, good.Certificate, p384.Public(), good.Key)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"nothing":           "",
		"no base64":         "====",
		"no certificate":    "AAAA",
		"a line break":      good.Base64()[:64] + "\n" + good.Base64()[64:],
		"a tail":            base64.StdEncoding.EncodeToString(append(good.Certificate.Raw, 0)),
		"two":               good.PEM() + good.PEM(),
		"text after":        good.PEM() + "x",
		"another PEM":       string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: good.Certificate.Raw})),
		"half a PEM":        good.PEM()[:100],
		"a PEM header":      strings.Replace(good.PEM(), "CERTIFICATE-----\n", "CERTIFICATE-----\na: b\n\n", 1),
		"a device's":        good.Issue(c.NewDevice("logger-1", "producer"), nil),
		"no CA":             made(func(x *x509.Certificate) { x.IsCA = false }),
		"no right to sign":  made(func(x *x509.Certificate) { x.KeyUsage = x509.KeyUsageDigitalSignature }),
		"a key of P-384":    base64.StdEncoding.EncodeToString(der),
		"too large":         made(func(x *x509.Certificate) { x.Subject.Organization = []string{strings.Repeat("a", 4096)} }),
		"a serial too long": made(func(x *x509.Certificate) { x.SerialNumber = new(big.Int).Lsh(big.NewInt(1), 158+3) }),
	} {
		t.Run(name, func(t *testing.T) {
			scenario.Refused(c, c.As("producer", waymark.Admin), registry.PutAuthority, waymark.PutAuthorityRequest{Certificate: text}, waymark.Invalid, "")
		})
	}
}

func TestWithdrawAuthority(t *testing.T) {
	c := scenario.New(t)
	a, admin, relay := c.Authority("producer", true), c.As("producer", waymark.Admin), c.As("carrier", waymark.Relay)
	joined, late := c.NewDevice("logger-1", "producer"), c.NewDevice("logger-2", "producer")
	first := a.Join(joined, a.Issue(joined, nil))
	device := scenario.Must(c, relay, registry.Join, first)
	request := waymark.WithdrawAuthorityRequest{Authority: a.ID(), Reason: "line closed"}
	for _, by := range strangers(c) {
		scenario.Refused(c, by, registry.WithdrawAuthority, request, waymark.Forbidden, waymark.DefaultDeny)
	}
	scenario.Refused(c, c.As("carrier", waymark.Admin), registry.WithdrawAuthority, request, waymark.NotFound, "")
	record := scenario.Must(c, admin, registry.WithdrawAuthority, request)
	if record.State != waymark.AuthorityWithdrawn || record.Reason != "line closed" {
		t.Errorf("authority %+v", record)
	}
	expectNothing(c, admin, registry.WithdrawAuthority, request, record)
	scenario.Refused(c, admin, registry.PutAuthority, waymark.PutAuthorityRequest{Certificate: a.PEM()}, waymark.FailedPrecondition, "authority-withdrawn")
	scenario.Refused(c, relay, registry.Join, a.Join(late, a.Issue(late, nil)), waymark.FailedPrecondition, "authority-withdrawn")
	expectNothing(c, relay, registry.Join, first, device)
	if got := c.Record(joined.Pack(400)); got[0].Outcome != waymark.Recorded {
		t.Errorf("a device that joined before: %+v", got)
	}
}

func TestRevokeCertificate(t *testing.T) {
	c := scenario.New(t)
	a, admin, relay := c.Authority("producer", true), c.As("producer", waymark.Admin), c.As("carrier", waymark.Relay)
	i := a.Intermediate(nil)
	own, below, apart := c.NewDevice("logger-1", "producer"), c.NewDevice("logger-2", "producer"), c.NewDevice("logger-3", "producer")
	ownChain := a.Join(own, a.Issue(own, nil)) // serial 0x11
	scenario.Must(c, relay, registry.Join, ownChain)
	scenario.Must(c, relay, registry.Join, a.Join(below, i.Issue(below, func(x *x509.Certificate) { x.SerialNumber = big.NewInt(0xabc) }), i.Base64()))
	scenario.Must(c, relay, registry.Join, a.Join(apart, a.Issue(apart, nil)))
	query := waymark.CertificateQuery{Owner: "producer", Authority: a.ID(), Serial: "11"}
	if s := scenario.Must(c, relay, registry.Certificate, query); s.Revoked || s.Revocation != nil {
		t.Errorf("status %+v", s)
	}
	request := waymark.RevokeCertificateRequest{Authority: a.ID(), Serial: "11", Reason: "stolen"}
	for _, by := range strangers(c) {
		scenario.Refused(c, by, registry.RevokeCertificate, request, waymark.Forbidden, waymark.DefaultDeny)
	}
	scenario.Refused(c, c.As("carrier", waymark.Admin), registry.RevokeCertificate, request, waymark.NotFound, "")
	first, firstDigest := own.PackDigest(400)
	second := own.Pack(410)
	c.Record(first)
	status := scenario.Must(c, admin, registry.RevokeCertificate, request)
	expectNothing(c, admin, registry.RevokeCertificate, request, status)
	if got := scenario.Must(c, relay, registry.Certificate, query); !got.Revoked || got.Revocation.Reason != "stolen" || got.Revocation.By.Member != "producer" {
		t.Errorf("status %+v", got)
	}
	results := c.Record(second, first, below.Pack(400), apart.Pack(400))
	if results[0].Code != waymark.Unauthenticated || results[0].Reasons[0] != "certificate-revoked" || results[1].Outcome != waymark.Duplicate ||
		results[2].Outcome != waymark.Recorded || results[3].Outcome != waymark.Recorded {
		t.Errorf("results %+v", results)
	}
	late := c.NewDevice("logger-4", "producer")
	scenario.Refused(c, relay, registry.Join, a.Join(late, a.Issue(late, func(x *x509.Certificate) { x.SerialNumber = big.NewInt(0x11) })), waymark.Unauthenticated, "certificate-revoked")
	// An intermediate takes all with it that came by it.
	scenario.Must(c, admin, registry.RevokeCertificate, waymark.RevokeCertificateRequest{Authority: a.ID(), Serial: "10", Reason: "leaked"})
	if results := c.Record(below.Pack(410)); len(results[0].Reasons) == 0 || results[0].Reasons[0] != "certificate-revoked" {
		t.Errorf("results %+v", results)
	}
	scenario.Refused(c, relay, registry.Join, a.Join(late, i.Issue(late, nil), i.Base64()), waymark.Unauthenticated, "certificate-revoked")
	// Who holds the key does not rotate it clean; an admin's replacement leaves the certificate behind.
	thief := *own
	scenario.Refused(c, admin, registry.RotateKey, waymark.RotateKeyRequest{Device: own.ID, Rotation: thief.Rotation("k2")}, waymark.Unauthenticated, "certificate-revoked")
	scenario.Must(c, admin, registry.ReplaceKey, waymark.ReplaceKeyRequest{Device: own.ID, Registration: own.Replacement("k2"), Reason: "stolen"})
	own.Next, own.Previous = 2, firstDigest[:]
	if results := c.Record(own.Pack(420)); results[0].Outcome != waymark.Recorded {
		t.Errorf("results %+v", results)
	}
}

// A renewed certificate of an authority brings back nothing that was revoked under the
// old one, and what is revoked under it counts for devices that joined before.
func TestARenewedAuthorityKeepsItsRevocations(t *testing.T) {
	c := scenario.New(t)
	a, admin, relay := c.Authority("producer", true), c.As("producer", waymark.Admin), c.As("carrier", waymark.Relay)
	joined, revoked := c.NewDevice("logger-1", "producer"), c.NewDevice("logger-2", "producer")
	leaf := a.Issue(revoked, nil)                                                // serial 0x10
	scenario.Must(c, relay, registry.Join, a.Join(joined, a.Issue(joined, nil))) // serial 0x11
	revoke := func(a *scenario.Authority, serial string) {
		scenario.Must(c, admin, registry.RevokeCertificate, waymark.RevokeCertificateRequest{Authority: a.ID(), Serial: serial, Reason: "stolen"})
	}
	revoke(a, "10")
	renewed := a.Renewed()
	scenario.Must(c, admin, registry.PutAuthority, waymark.PutAuthorityRequest{Certificate: renewed.PEM(), Activate: true})
	scenario.Must(c, admin, registry.WithdrawAuthority, waymark.WithdrawAuthorityRequest{Authority: a.ID(), Reason: "renewed"})
	scenario.Refused(c, relay, registry.Join, renewed.Join(revoked, leaf), waymark.Unauthenticated, "certificate-revoked")
	revoke(renewed, "11")
	if r := c.Record(joined.Pack(400)); len(r[0].Reasons) == 0 || r[0].Reasons[0] != "certificate-revoked" {
		t.Errorf("result %+v", r)
	}
}
