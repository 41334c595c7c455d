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

// A configuration is put in force with the files as they are then. With files that cannot be read
// it is refused, and what is in force stays, as it was read last.
func TestAConfigurationComesWithTheFilesOfTheTime(t *testing.T) {
	s := newSite(t)
	c := s.configuration(t)
	set := keys.NewSet(zap.NewNop())
	d, err := newDoor(c, set, func([]auth.Change) {})
	if err != nil {
		t.Fatal(err)
	}
	defer d.callers.Close()
	write := func(certPEM, keyPEM []byte) {
		t.Helper()
		for file, data := range map[string][]byte{c.TLS.CertFile: certPEM, c.TLS.KeyFile: keyPEM} {
			if err := os.WriteFile(file, data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	follow := func(next config.Config) (err error) {
		set.Still(func() {
			var apply func()
			if apply, err = d.follow(t.Context(), next); err == nil {
				apply()
			}
		})
		return err
	}
	next := c
	next.Callers = []config.Caller{{Issuer: "none"}}
	first, firstKey := certtest.SelfSigned(t, x509.Certificate{})
	second, secondKey := certtest.SelfSigned(t, x509.Certificate{})
	for _, step := range []struct {
		name      string
		cert, key []byte
		next      config.Config
		good      bool
		want      []byte // of the certificate
		callers   int
	}{
		{name: "newer files", cert: first, key: firstKey, next: c, good: true, want: first, callers: len(c.Callers)},
		{name: "a certificate without its key", cert: second, key: firstKey, next: next, want: first, callers: len(c.Callers)},
		{name: "its key has come", cert: second, key: secondKey, next: next, good: true, want: second, callers: 1},
	} {
		write(step.cert, step.key)
		if err := follow(step.next); (err == nil) != step.good {
			t.Errorf("%s: %v", step.name, err)
		}
		want, _ := pem.Decode(step.want)
		if served := d.current.Load().Certificates[0].Certificate[0]; !bytes.Equal(served, want.Bytes) || len(d.config.Callers) != step.callers {
			t.Errorf("%s: the certificate of then %t, %d rules for callers", step.name, bytes.Equal(served, want.Bytes), len(d.config.Callers))
		}
	}
}
