package registry_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

func TestJoin(t *testing.T) {
	c := scenario.New(t)
	a := c.Authority("producer", false)
	d := c.NewDevice("logger-1", "producer")
	i := a.Intermediate(nil)
	j := i.Intermediate(nil)
	request := a.Join(d, j.Issue(d, nil), j.Base64(), i.Base64())
	for _, role := range []waymark.Role{waymark.Admin, waymark.Viewer, ""} {
		scenario.Refused(c, c.As("producer", role), registry.Join, request, waymark.Forbidden, waymark.DefaultDeny)
	}
	record := scenario.Must(c, c.As("carrier", waymark.Relay), registry.Join, request)
	key := record.Keys[0]
	if record.State != waymark.DeviceRegistered || record.Owner != "producer" || record.Registered.Member != "carrier" || key.Origin != waymark.KeyByCertificate ||
		key.Certificate.Authority != a.ID() || key.Certificate.Owner != "producer" || key.Certificate.Serial != "10" ||
		!slices.Equal(key.Certificate.Issuers, []string{"10", "10"}) || key.NotAfter != c.Now.AddDate(1, 0, 0) {
		t.Errorf("device %+v", record)
	}
	expectNothing(c, c.As("carrier", waymark.Relay), registry.Join, request, record)
	expectNothing(c, c.As("auditor", waymark.Operator), registry.Join, request, record)
	expectNothing(c, c.As("producer", waymark.Operator), registry.RegisterDevice, waymark.RegisterDeviceRequest{Registration: request.Registration, Activate: true}, record)
	scenario.Must(c, c.As("producer", waymark.Operator), registry.ActivateDevice, waymark.DeviceStateRequest{Device: d.ID, Reason: "mounted"})
	twin := c.NewDevice("logger-1", "producer")
	scenario.Refused(c, c.As("carrier", waymark.Relay), registry.Join, a.Join(twin, a.Issue(twin, nil)), waymark.AlreadyExists, "")

	active := c.Authority("producer", true)
	ready := c.NewDevice("logger-2", "producer")
	if record := scenario.Must(c, c.As("carrier", waymark.Operator), registry.Join, active.Join(ready, active.Issue(ready, nil))); record.State != waymark.DeviceActive {
		t.Errorf("device %+v", record)
	}
	if got := c.Record(ready.Pack(400)); got[0].Outcome != waymark.Recorded {
		t.Errorf("results %+v", got)
	}
	c.Now = c.Now.AddDate(1, 0, 0) // the certificate expires, and its key with it
	if got := c.Record(ready.Pack(400)); got[0].Outcome != waymark.Rejected || got[0].Reasons[0] != "key-in-force" {
		t.Errorf("results %+v", got)
	}
}

// TestJoinRefuses: what a device can bring that does not prove it.
func TestJoinRefuses(t *testing.T) {
	c := scenario.New(t)
	a, foreign := c.Authority("producer", true), c.Authority("carrier", true)
	d, other := c.NewDevice("logger-1", "producer"), c.NewDevice("logger-2", "producer")
	unknown := c.NewAuthority(attest.ES256, nil)
	i, late := a.Intermediate(nil), a.Intermediate(func(x *x509.Certificate) { x.NotBefore = c.Now.Add(time.Second) })
	noCA := a.Intermediate(func(x *x509.Certificate) { x.IsCA, x.KeyUsage = false, x509.KeyUsageDigitalSignature })
	short := a.Intermediate(func(x *x509.Certificate) { x.MaxPathLenZero = true })
	below := short.Intermediate(nil)
	over := c.NewAuthority(attest.ES256, func(x *x509.Certificate) { x.NotAfter = c.Now.Add(time.Minute) })
	scenario.Must(c, c.As("producer", waymark.Admin), registry.PutAuthority, waymark.PutAuthorityRequest{Certificate: over.PEM()})
	leaf := func(change func(*x509.Certificate)) []string { return []string{a.Issue(d, change)} }
	named := func(names ...string) []string {
		return leaf(func(x *x509.Certificate) {
			x.Subject = pkix.Name{}
			for _, name := range names {
				x.Subject.ExtraNames = append(x.Subject.ExtraNames, pkix.AttributeTypeAndValue{Type: asn1.ObjectIdentifier{2, 5, 4, 3}, Value: name})
			}
		})
	}
	critical := pkix.Extension{Id: asn1.ObjectIdentifier{1, 2, 3}, Critical: true, Value: []byte{5, 0}}
	tests := map[string]struct {
		authority *scenario.Authority
		chain     []string
		code      waymark.Code
		reason    string
	}{
		"no certificate":                {a, []string{"AAAA"}, waymark.Invalid, ""},
		"no base64":                     {a, []string{"%"}, waymark.Invalid, ""},
		"no chain":                      {a, nil, waymark.Invalid, ""},
		"too long a chain":              {a, []string{"AAAA", "AAAA", "AAAA", "AAAA"}, waymark.Invalid, ""},
		"too large a certificate":       {a, leaf(func(x *x509.Certificate) { x.Subject.Organization = []string{strings.Repeat("a", 4096)} }), waymark.Invalid, ""},
		"an authority nobody put":       {unknown, []string{unknown.Issue(d, nil)}, waymark.NotFound, ""},
		"another owner's authority":     {foreign, []string{foreign.Issue(d, nil)}, waymark.NotFound, ""},
		"another authority's device":    {a, []string{unknown.Issue(d, nil)}, waymark.Unauthenticated, "certificate"},
		"its own CA in the chain":       {a, []string{unknown.Issue(d, nil), unknown.Base64()}, waymark.Unauthenticated, "certificate"},
		"the authority in the chain":    {a, []string{a.Issue(d, nil), a.Base64()}, waymark.Unauthenticated, "certificate"},
		"the authority itself":          {a, []string{a.Base64()}, waymark.Unauthenticated, "certificate"},
		"a missing intermediate":        {a, []string{i.Issue(d, nil)}, waymark.Unauthenticated, "certificate"},
		"an idle intermediate":          {a, []string{a.Issue(d, nil), i.Base64()}, waymark.Unauthenticated, "certificate"},
		"the order of the chain":        {a, []string{i.Base64(), i.Issue(d, nil)}, waymark.Unauthenticated, "certificate"},
		"an intermediate twice":         {a, []string{i.Issue(d, nil), i.Base64(), i.Base64()}, waymark.Unauthenticated, "certificate"},
		"an intermediate of the future": {a, []string{late.Issue(d, nil), late.Base64()}, waymark.Unauthenticated, "certificate"},
		"an intermediate that is no CA": {a, []string{noCA.Issue(d, nil), noCA.Base64()}, waymark.Unauthenticated, "certificate"},
		"a path too long":               {a, []string{below.Issue(d, nil), below.Base64(), short.Base64()}, waymark.Unauthenticated, "certificate"},
		"an expired certificate":        {a, leaf(func(x *x509.Certificate) { x.NotAfter = c.Now.Add(-time.Second) }), waymark.Unauthenticated, "certificate"},
		"a certificate of the future":   {a, leaf(func(x *x509.Certificate) { x.NotBefore = c.Now.Add(time.Second) }), waymark.Unauthenticated, "certificate"},
		"another device's certificate":  {a, named("logger-2"), waymark.Unauthenticated, "certificate"},
		"no name":                       {a, named(), waymark.Unauthenticated, "certificate"},
		"two names":                     {a, named("logger-2", "logger-1"), waymark.Unauthenticated, "certificate"},
		"another key":                   {a, []string{a.Issue(other, func(x *x509.Certificate) { x.Subject.CommonName = d.ID })}, waymark.Unauthenticated, "certificate"},
		"a CA as device":                {a, leaf(func(x *x509.Certificate) { x.IsCA, x.BasicConstraintsValid = true, true }), waymark.Unauthenticated, "certificate"},
		"a key not for signatures":      {a, leaf(func(x *x509.Certificate) { x.KeyUsage = x509.KeyUsageKeyAgreement }), waymark.Unauthenticated, "certificate"},
		"a critical extension":          {a, leaf(func(x *x509.Certificate) { x.ExtraExtensions = []pkix.Extension{critical} }), waymark.Unauthenticated, "certificate"},
		"a serial too long":             {a, leaf(func(x *x509.Certificate) { x.SerialNumber = new(big.Int).Lsh(big.NewInt(1), 161) }), waymark.Invalid, ""},
	}
	relay := c.As("auditor", waymark.Relay)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			scenario.Refused(c, relay, registry.Join, test.authority.Join(d, test.chain...), test.code, test.reason)
		})
	}
	request := over.Join(d, over.Issue(d, nil))
	c.Now = c.Now.Add(2 * time.Minute)
	scenario.Refused(c, relay, registry.Join, request, waymark.Unauthenticated, "certificate") // the authority has expired
	request = a.Join(d, a.Issue(d, nil))
	request.Registration = other.Registration()
	scenario.Refused(c, relay, registry.Join, request, waymark.Unauthenticated, "certificate")
	request.Registration = "nonsense"
	scenario.Refused(c, relay, registry.Join, request, waymark.Invalid, "")
	stolen := *d
	stolen.Key = other.Key // the certificate is public, the key is not
	request.Registration = forge(t, &stolen, func(_ *attest.Header, s *waymark.Registration) { s.JWK = d.Statement().JWK })
	scenario.Refused(c, relay, registry.Join, request, waymark.Unauthenticated, "signature")
}

// TestAnyUseOfTheKeyIsGood: extended key usages bind TLS, not devices.
func TestAnyUseOfTheKeyIsGood(t *testing.T) {
	c := scenario.New(t)
	a, d := c.Authority("producer", true), c.NewDevice("logger-1", "producer")
	leaf := a.Issue(d, func(x *x509.Certificate) {
		x.ExtKeyUsage, x.KeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, 0
	})
	scenario.Must(c, c.As("carrier", waymark.Relay), registry.Join, a.Join(d, leaf))
}

// BenchmarkJoin is the dearest chain that is allowed.
func BenchmarkJoin(b *testing.B) {
	c := scenario.New(b)
	a, d := c.Authority("producer", true), c.NewDevice("logger-1", "producer")
	i := a.Intermediate(nil)
	j := i.Intermediate(nil)
	request, relay := a.Join(d, j.Issue(d, nil), j.Base64(), i.Base64()), c.As("carrier", waymark.Relay)
	for b.Loop() {
		if _, err := registry.Join(c.World.Begin(c.Tx(relay)), request); err != nil {
			b.Fatal(err)
		}
	}
}
