package auth

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// TestAConnectionOutlivesItsCertificate: a certificate that was good in the handshake is
// refused once it has expired or its authority is believed no more (ASVS 5.0: 12.1.3).
func TestAConnectionOutlivesItsCertificate(t *testing.T) {
	ca, other := newTestCA(t), newTestCA(t)
	leaf := ca.issue(t, x509.Certificate{DNSNames: []string{"mes example"}, NotAfter: time.Now().Add(time.Hour)})
	connection := tls.ConnectionState{
		PeerCertificates: []*x509.Certificate{leaf}, VerifiedChains: [][]*x509.Certificate{{leaf, ca.certificate}},
	}
	unverified := connection
	unverified.VerifiedChains = nil
	clock := newClock()
	a := &Authenticator{now: clock.now}
	a.current.Store(&state{})
	use := func(authorities *Authorities) {
		apply, err := a.Prepare(Settings{Authorities: authorities, Rules: []Rule{{DNSName: "mes example", Identity: "operator"}}})
		if err != nil {
			t.Fatal(err)
		}
		apply()
	}
	ask := func(c tls.ConnectionState) (Caller, error) {
		r := httptest.NewRequest(http.MethodGet, "/v1/members/x", http.NoBody)
		r.TLS = &c
		return a.Authenticate(r)
	}
	use(ca.authorities(t))
	if got, err := ask(connection); err != nil || got != (Caller{ID: "cert:mes%20example", Identity: "operator"}) {
		t.Errorf("good: %+v, %v", got, err)
	}
	if _, err := ask(unverified); waymark.CodeOf(err) != waymark.Unauthenticated {
		t.Errorf("not verified: %v", err)
	}
	for name, authorities := range map[string]*Authorities{"another authority": other.authorities(t), "none": nil} {
		use(authorities)
		if _, err := ask(connection); waymark.CodeOf(err) != waymark.Unauthenticated {
			t.Errorf("%s: %v", name, err)
		}
	}
	use(ca.authorities(t))
	clock.pass(time.Hour + time.Second)
	if _, err := ask(connection); waymark.CodeOf(err) != waymark.Unauthenticated {
		t.Errorf("expired: %v", err)
	}
}

func TestACertificateWithoutAName(t *testing.T) {
	for _, c := range []x509.Certificate{{}, {DNSNames: []string{"", strings.Repeat("a", 256)}}} {
		if id, err := certificateID(&c); waymark.CodeOf(err) != waymark.Unauthenticated {
			t.Errorf("%q, %v", id, err)
		}
	}
}

func TestLoadAuthoritiesRefuses(t *testing.T) {
	for name, content := range map[string]string{
		"nothing": "", "no certificate": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
	} {
		if _, err := LoadAuthorities(writeTemp(t, []byte(content))); err == nil {
			t.Errorf("%s: loaded", name)
		}
	}
}
