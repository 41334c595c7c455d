package main

import (
	"bytes"
	"crypto/x509"
	"io"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/gateway/internal/certtest"
)

// TestTheAuthoritiesOfTargets are read at the start, and their ends are told.
func TestTheAuthoritiesOfTargets(t *testing.T) {
	s := newSite(t)
	s.say(t, "webhooks: {ca_file: target.pem}")
	for content, want := range map[string]string{"": "webhooks", "no certificate": "webhooks"} {
		s.write(t, "target.pem", []byte(content))
		var stderr bytes.Buffer
		if err := run(t.Context(), []string{"config", "check", "--config", s.config}, io.Discard, &stderr); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", content, err)
		}
	}
	certificate, _ := certtest.SelfSigned(t, x509.Certificate{})
	s.write(t, "target.pem", certificate)
	p := assembled(t, s.configuration(t))
	all, err := p.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range all {
		if family.GetName() != "waymark_gateway_certificate_expiry_seconds" {
			continue
		}
		for _, m := range family.GetMetric() {
			if m.GetLabel()[0].GetValue() == "webhooks_ca" {
				return
			}
		}
	}
	t.Error("nobody is told when the authority ends")
}
