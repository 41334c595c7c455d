package login_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"math/big"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gatewaytest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/login"
)

// plant is a registry of one device and its CA.
type plant struct {
	record  *waymark.Device
	ca      *gatewaytest.Authority
	revoked []string
	away    bool
	hangs   bool // when asked about certificates
}

func (p *plant) Device(context.Context, string) (*waymark.Device, error) {
	if p.away {
		return nil, errors.New("away")
	}
	d := *p.record
	return &d, nil
}

func (p *plant) Authority(_ context.Context, _, id string) (*waymark.Authority, error) {
	if p.away || id != p.ca.ID() {
		return nil, errors.New("not there")
	}
	return &waymark.Authority{ID: id, Certificate: base64.StdEncoding.EncodeToString(p.ca.Certificate.Raw)}, nil
}

func (p *plant) Revoked(ctx context.Context, _, _, serial string) (bool, error) {
	if p.hangs {
		<-ctx.Done()
		return false, ctx.Err()
	}
	if p.away {
		return false, errors.New("away")
	}
	return slices.Contains(p.revoked, serial), nil
}

func newPlant(t testing.TB, state waymark.DeviceState, change func(*x509.Certificate)) (*plant, *gatewaytest.Device, []*x509.Certificate) {
	t.Helper()
	ca, d := gatewaytest.NewAuthority(t, nil), gatewaytest.NewDevice(t, "logger-1", attest.JWS)
	chain := ca.Intermediate(t, nil).Issue(t, d, change)
	record := ca.Joined(t, d, chain, state)
	return &plant{record: &record, ca: ca}, d, chain
}

func TestLoginByCertificate(t *testing.T) {
	const day = 24 * time.Hour
	for _, test := range []struct {
		name   string
		state  waymark.DeviceState
		leaf   func(*x509.Certificate)                                                              // of the certificate with which it joined
		change func(p *plant, d *gatewaytest.Device, chain []*x509.Certificate) []*x509.Certificate // what it shows
		device string
		want   waymark.Code
	}{
		{name: "right"},
		{name: "for client authentication", leaf: func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }},
		{name: "with the authority", change: func(p *plant, _ *gatewaytest.Device, chain []*x509.Certificate) []*x509.Certificate {
			return append(chain, p.ca.Certificate)
		}},
		{name: "for servers only", leaf: func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }, want: waymark.Unauthenticated},
		{name: "for an unknown usage only", leaf: func(c *x509.Certificate) { c.UnknownExtKeyUsage = []asn1.ObjectIdentifier{{1, 2, 3}} }, want: waymark.Unauthenticated},
		{name: "two common names", leaf: func(c *x509.Certificate) {
			c.Subject.ExtraNames = []pkix.AttributeTypeAndValue{{Type: asn1.ObjectIdentifier{2, 5, 4, 3}, Value: "logger-1"}, {Type: asn1.ObjectIdentifier{2, 5, 4, 3}, Value: "logger-1"}}
		}, want: waymark.Unauthenticated},
		{name: "an authority's", leaf: func(c *x509.Certificate) { c.IsCA, c.BasicConstraintsValid = true, true }, want: waymark.Unauthenticated},
		{name: "not for signatures", leaf: func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyEncipherment }, want: waymark.Unauthenticated},
		{name: "ended", leaf: func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }, want: waymark.Unauthenticated},
		{name: "not yet begun", leaf: func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Hour) }, want: waymark.Unauthenticated},
		{name: "suspended", state: waymark.DeviceSuspended, want: waymark.Forbidden},
		{name: "another client id", device: "logger-2", want: waymark.Unauthenticated},
		{name: "none", change: func(*plant, *gatewaytest.Device, []*x509.Certificate) []*x509.Certificate { return nil }, want: waymark.Unauthenticated},
		{name: "without the intermediate", change: func(_ *plant, _ *gatewaytest.Device, chain []*x509.Certificate) []*x509.Certificate { return chain[:1] }, want: waymark.Unauthenticated},
		{name: "the intermediate as its own", change: func(_ *plant, _ *gatewaytest.Device, chain []*x509.Certificate) []*x509.Certificate { return chain[1:] }, want: waymark.Unauthenticated},
		{name: "one too many", change: func(p *plant, _ *gatewaytest.Device, chain []*x509.Certificate) []*x509.Certificate {
			return append(chain, chain[1], p.ca.Certificate)
		}, want: waymark.Unauthenticated},
		{name: "another of the same key", change: func(p *plant, d *gatewaytest.Device, _ []*x509.Certificate) []*x509.Certificate {
			return p.ca.Issue(t, d, nil)
		}, want: waymark.Unauthenticated},
		{name: "of another key", change: func(p *plant, _ *gatewaytest.Device, _ []*x509.Certificate) []*x509.Certificate {
			return p.ca.Issue(t, gatewaytest.NewDevice(t, "logger-1", attest.JWS), nil)
		}, want: waymark.Unauthenticated},
		{name: "of another authority, the same in all it says", change: func(_ *plant, d *gatewaytest.Device, chain []*x509.Certificate) []*x509.Certificate {
			forged := gatewaytest.NewAuthority(t, nil).Intermediate(t, func(c *x509.Certificate) { c.SerialNumber = chain[1].SerialNumber })
			return forged.Issue(t, d, func(c *x509.Certificate) { c.SerialNumber = chain[0].SerialNumber })
		}, want: waymark.Unauthenticated},
		{name: "an RSA key", change: func(_ *plant, _ *gatewaytest.Device, _ []*x509.Certificate) []*x509.Certificate {
			return []*x509.Certificate{withRSA(t)}
		}, want: waymark.Unauthenticated},
		{name: "the key has ended", change: func(p *plant, _ *gatewaytest.Device, chain []*x509.Certificate) []*x509.Certificate {
			p.record.Keys[0].NotAfter = time.Now()
			return chain
		}, want: waymark.Unauthenticated},
		{name: "the key is revoked", change: func(p *plant, _ *gatewaytest.Device, chain []*x509.Certificate) []*x509.Certificate {
			p.record.Keys[0].Revoked = &waymark.KeyRevocation{From: time.Now()}
			return chain
		}, want: waymark.Unauthenticated},
		{name: "the key came without", change: func(p *plant, _ *gatewaytest.Device, chain []*x509.Certificate) []*x509.Certificate {
			p.record.Keys[0].Certificate = nil
			return chain
		}, want: waymark.Unauthenticated},
		{name: "revoked", change: func(p *plant, _ *gatewaytest.Device, chain []*x509.Certificate) []*x509.Certificate {
			p.revoked = []string{attest.SerialOf(chain[0])}
			return chain
		}, want: waymark.Unauthenticated},
		{name: "its intermediate is revoked", change: func(p *plant, _ *gatewaytest.Device, chain []*x509.Certificate) []*x509.Certificate {
			p.revoked = []string{attest.SerialOf(chain[1])}
			return chain
		}, want: waymark.Unauthenticated},
		{name: "the registry has another authority", change: func(p *plant, _ *gatewaytest.Device, chain []*x509.Certificate) []*x509.Certificate {
			p.ca = gatewaytest.NewAuthority(t, nil)
			return chain
		}, want: waymark.Unavailable},
	} {
		t.Run(test.name, func(t *testing.T) {
			state, device := test.state, test.device
			if state == "" {
				state = waymark.DeviceActive
			}
			if device == "" {
				device = "logger-1"
			}
			p, d, chain := newPlant(t, state, test.leaf)
			if test.change != nil {
				chain = test.change(p, d, chain)
			}
			expires, err := login.New("waymark", p).LoginByCertificate(t.Context(), device, chain)
			if got := waymark.CodeOf(err); got != test.want {
				t.Errorf("got %q, want %q: %v", got, test.want, err)
			}
			if err == nil && time.Until(expires) > day {
				t.Errorf("expires %s", expires)
			}
		})
	}
}

func withRSA(t *testing.T) *x509.Certificate {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(16), Subject: pkix.Name{CommonName: "logger-1"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A connection ends with whatever of its certificates and its key ends first.
func TestLoginUntilACertificateEnds(t *testing.T) {
	p, _, chain := newPlant(t, waymark.DeviceActive, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(time.Hour) })
	expires, err := login.New("waymark", p).LoginByCertificate(t.Context(), "logger-1", chain)
	if err != nil || !expires.Equal(chain[0].NotAfter) {
		t.Errorf("expires %s, want %s: %v", expires, chain[0].NotAfter, err)
	}
	p.record.Keys[0].NotAfter = time.Now().Add(time.Minute)
	expires, err = login.New("waymark", p).LoginByCertificate(t.Context(), "logger-1", chain)
	if err != nil || !expires.Equal(p.record.Keys[0].NotAfter) {
		t.Errorf("expires %s, want %s: %v", expires, p.record.Keys[0].NotAfter, err)
	}
}

// A key whose certificate is revoked logs nobody in, by a password neither.
func TestRevocationEndsPasswordsToo(t *testing.T) {
	p, d, chain := newPlant(t, waymark.DeviceActive, nil)
	checker := login.New("waymark", p)
	if _, err := checker.Login(t.Context(), d.ID, d.Password(t, time.Now())); err != nil || !checker.Active(t.Context(), d.ID) {
		t.Fatalf("before: %v", err)
	}
	p.revoked = []string{attest.SerialOf(chain[1])}
	checker = login.New("waymark", p)
	if _, err := checker.Login(t.Context(), d.ID, d.Password(t, time.Now())); waymark.CodeOf(err) != waymark.Unauthenticated {
		t.Errorf("after: %v", err)
	}
	if checker.Active(t.Context(), d.ID) {
		t.Error("it is active")
	}
}

// What the registry said serves while it is away, as long as for devices; a revocation for ever.
func TestCertificatesWhileTheRegistryIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _, chain := newPlant(t, waymark.DeviceActive, nil)
		checker := login.New("waymark", p)
		for _, step := range []struct {
			name  string
			after time.Duration
			away  bool
			want  waymark.Code
		}{
			{"away before anything is known", 0, true, waymark.Unavailable},
			{"there", 0, false, ""},
			{"away", time.Minute, true, ""},
			{"away for too long", time.Hour, true, waymark.Unavailable},
			{"there again", 0, false, ""},
		} {
			time.Sleep(step.after)
			p.away = step.away
			if _, err := checker.LoginByCertificate(t.Context(), "logger-1", chain); waymark.CodeOf(err) != step.want {
				t.Errorf("%s: %v, want %q", step.name, err, step.want)
			}
		}
		p.revoked = []string{attest.SerialOf(chain[0])}
		time.Sleep(time.Minute)
		for _, away := range []bool{false, true} {
			p.away = away
			if _, err := checker.LoginByCertificate(t.Context(), "logger-1", chain); waymark.CodeOf(err) != waymark.Unauthenticated {
				t.Errorf("revoked, away %t: %v", away, err)
			}
		}
	})
}

// While nobody answers about certificates what is remembered of them serves within a moment each.
func TestCertificatesOfARegistryThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _, chain := newPlant(t, waymark.DeviceActive, nil)
		checker := login.New("waymark", p)
		for _, hangs := range []bool{false, true} {
			p.hangs = hangs
			began := time.Now()
			if _, err := checker.LoginByCertificate(t.Context(), "logger-1", chain); err != nil || time.Since(began) > 2*time.Second {
				t.Errorf("hangs %t: %v after %v", hangs, err, time.Since(began))
			}
			time.Sleep(time.Minute)
		}
	})
}

// FuzzCertificate: whatever certificate comes first in a chain, only the device's own is let in.
func FuzzCertificate(f *testing.F) {
	p, d, chain := newPlant(f, waymark.DeviceActive, nil)
	f.Add(chain[0].Raw)
	f.Add(chain[1].Raw)
	f.Add(p.ca.Certificate.Raw)
	f.Add(p.ca.Issue(f, d, nil)[0].Raw)
	f.Add([]byte{0x30, 0x80})
	checker := login.New("waymark", p)
	f.Fuzz(func(t *testing.T, der []byte) {
		leaf, err := x509.ParseCertificate(der)
		if err != nil {
			return // the handshake ends there
		}
		_, err = checker.LoginByCertificate(t.Context(), "logger-1", []*x509.Certificate{leaf, chain[1]})
		if (err == nil) != leaf.Equal(chain[0]) || err != nil && waymark.CodeOf(err) != waymark.Unauthenticated {
			t.Errorf("%x: %v", der, err)
		}
	})
}
