package main

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"

	"github.com/waymark-ledger/waymark/gateway/internal/auth"
	"github.com/waymark-ledger/waymark/gateway/internal/certtest"
	"github.com/waymark-ledger/waymark/gateway/internal/config"
	"github.com/waymark-ledger/waymark/gateway/internal/keys"
	"go.uber.org/zap"
)

// The server's certificate is followed: a new pair is served once both of its files are
// there, and the old one until then (ASVS 5.0: 13.3.4).
func TestServerCertificateIsFollowed(t *testing.T) {
	s := newSite(t)
	c := s.configuration(t)
	p := assembled(t, c)
	served := func() []byte {
		current, err := p.server.TLSConfig.GetConfigForClient(nil)
		if err != nil {
			t.Fatal(err)
		}
		return current.Certificates[0].Certificate[0]
	}
	look := func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		p.keys.Run(ctx)
	}
	before := served()
	certPEM, keyPEM := certtest.SelfSigned(t, x509.Certificate{})
	fresh, _ := pem.Decode(certPEM)
	for _, step := range []struct {
		file string
		data []byte
		want []byte
		good bool
	}{{"cert.pem", certPEM, before, false}, {"key.pem", keyPEM, fresh.Bytes, true}} {
		if err := os.WriteFile(filepath.Join(filepath.Dir(s.config), step.file), step.data, 0o600); err != nil {
			t.Fatal(err)
		}
		look()
		if !bytes.Equal(served(), step.want) || (p.keys.Check(t.Context()) == nil) != step.good {
			t.Errorf("after %s: the wrong certificate is served, or said to be: %v", step.file, p.keys.Check(t.Context()))
		}
	}
	for _, name := range []string{"server", "peer_ca/127.0.0.1:1", "identity/viewer"} {
		if _, ok := p.keys.Expires()[name]; !ok {
			t.Errorf("the end of %s is not told", name)
		}
	}
}

// TestEveryAuthorityHasItsEnd: whatever the gateway trusts is told ahead.
func TestEveryAuthorityHasItsEnd(t *testing.T) {
	s := newSite(t)
	s.say(t, "issuers: {corp: {url: 'https://id.example.com', audience: a, ca_file: cert.pem}}\ncallers: [{issuer: corp, identity: viewer}]\n"+
		"traces: {endpoint: 'https://127.0.0.1:1/v1/traces', ca_file: cert.pem}\n")
	p := assembled(t, s.configuration(t))
	for _, name := range []string{"server", "issuer_ca/corp", "traces_ca", "peer_ca/127.0.0.1:1", "identity/viewer"} {
		if _, ok := p.keys.Expires()[name]; !ok {
			t.Errorf("the end of %s is not told", name)
		}
	}
}

// The configuration and the files of certificates are followed side by side: what the one has
// read before the other put something in force undoes nothing.
func TestWhatIsInForceIsNotUndone(t *testing.T) {
	s := newSite(t)
	c := s.configuration(t)
	d, err := newDoor(c, keys.NewSet(zap.NewNop()), func([]auth.Change) {})
	if err != nil {
		t.Fatal(err)
	}
	defer d.callers.Close()
	next := c
	next.Callers = []config.Caller{{Issuer: "none"}}
	followed, err := d.follow(t.Context(), next)
	if err != nil {
		t.Fatal(err)
	}
	stale, err := d.load()
	if err != nil {
		t.Fatal(err)
	}
	certPEM, keyPEM := certtest.SelfSigned(t, x509.Certificate{})
	for file, data := range map[string][]byte{c.TLS.CertFile: certPEM, c.TLS.KeyFile: keyPEM} {
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	fresh, err := d.load()
	if err != nil {
		t.Fatal(err)
	}
	want, _ := pem.Decode(certPEM)
	for _, step := range []struct {
		name    string
		apply   func()
		callers int
	}{
		{"newer files", fresh.Apply, len(c.Callers)},
		{"a configuration that was read before them", followed, 1},
		{"files that were read before both", stale.Apply, 1},
	} {
		step.apply()
		in, _ := d.inForce()
		if served := d.current.Load().Certificates[0].Certificate[0]; !bytes.Equal(served, want.Bytes) || len(in.Callers) != step.callers {
			t.Errorf("after %s: the newer certificate %t, %d rules for callers", step.name, bytes.Equal(served, want.Bytes), len(in.Callers))
		}
	}
}
