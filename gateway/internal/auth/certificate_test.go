package auth

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/certtest"
)

// TestAConnectionOutlivesItsCertificate: a certificate that was good in the handshake is
// refused once it has expired or its authority is believed no more (ASVS 5.0: 12.1.3).
func TestAConnectionOutlivesItsCertificate(t *testing.T) {
	ca, other := certtest.NewAuthority(t), certtest.NewAuthority(t)
	leaf := ca.Issue(t, x509.Certificate{DNSNames: []string{"mes example"}}).Leaf
	connection := tls.ConnectionState{
		PeerCertificates: []*x509.Certificate{leaf}, VerifiedChains: [][]*x509.Certificate{{leaf, ca.Certificate}},
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
	use(believing(t, ca))
	if got, err := ask(connection); err != nil || !strings.HasSuffix(got.ID, ";dns=mes%20example") || got.Identity != "operator" {
		t.Errorf("good: %+v, %v", got, err)
	}
	if _, err := ask(unverified); waymark.CodeOf(err) != waymark.Unauthenticated {
		t.Errorf("not verified: %v", err)
	}
	for name, authorities := range map[string]*Authorities{"another authority": believing(t, other), "none": nil} {
		use(authorities)
		if _, err := ask(connection); waymark.CodeOf(err) != waymark.Unauthenticated {
			t.Errorf("%s: %v", name, err)
		}
	}
	use(believing(t, ca))
	clock.pass(time.Hour + time.Second)
	if _, err := ask(connection); waymark.CodeOf(err) != waymark.Unauthenticated {
		t.Errorf("expired: %v", err)
	}
}

// TestACallerIsNamedByWhatVouchesForIt: by the names that the fitting rule asks for, and the
// authority that vouches for these; never by another name that it had put into its certificate
// (ASVS 5.0: 6.8.1).
func TestACallerIsNamedByWhatVouchesForIt(t *testing.T) {
	ca, other := certtest.NewAuthority(t), certtest.NewAuthority(t)
	uri := func(text string) []*url.URL {
		u, err := url.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return []*url.URL{u}
	}
	erp := pkix.Name{CommonName: "erp"}
	long := strings.Repeat("a", 300)
	a, err := New(Settings{Authorities: believing(t, ca, other), Rules: []Rule{
		{URI: "spiffe://x/erp", Identity: "admin"}, {URI: "spiffe://x/mallory", Identity: "viewer"},
		{DNSName: "erp", Identity: "viewer"}, {CommonName: "erp", URI: "spiffe://x/two", Identity: "viewer"},
		{DNSName: long + "1", Identity: "viewer"}, {DNSName: long + "2", Identity: "viewer"},
		{DNSName: "a;uri=b", Identity: "viewer"}, {DNSName: "a", URI: "b", Identity: "viewer"}, {CommonName: "erp", Identity: "viewer"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	ask := func(by certtest.Authority, template x509.Certificate) string {
		leaf := by.Issue(t, template).Leaf
		r := httptest.NewRequest(http.MethodGet, "/v1/members/x", http.NoBody)
		r.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{leaf}, VerifiedChains: [][]*x509.Certificate{{leaf, by.Certificate}}}
		caller, err := a.Authenticate(r)
		if ruled := caller.Identity != ""; ruled != (err == nil) || !ruled && waymark.CodeOf(err) != waymark.Forbidden {
			t.Errorf("%+v: %+v, %v", template, caller, err)
		}
		if !strings.HasPrefix(caller.ID, "cert:") || len(caller.ID) > 255 {
			t.Errorf("known as %s", caller.ID)
		}
		return caller.ID
	}
	first := ask(ca, x509.Certificate{Subject: erp, URIs: uri("spiffe://x/erp")})
	if !strings.HasSuffix(first, ";uri=spiffe:%2F%2Fx%2Ferp") {
		t.Errorf("known as %s", first)
	}
	if again := ask(ca, x509.Certificate{Subject: pkix.Name{CommonName: "pod-2"}, DNSNames: []string{"erp"}, URIs: uri("spiffe://x/erp")}); again != first {
		t.Errorf("its next certificate is %s, after %s", again, first)
	}
	ids := map[string]bool{first: true}
	for name, id := range map[string]string{
		"another, with the same common name": ask(ca, x509.Certificate{Subject: erp, URIs: uri("spiffe://x/mallory")}),
		"of another authority":               ask(other, x509.Certificate{Subject: erp, URIs: uri("spiffe://x/erp")}),
		"by DNS name":                        ask(ca, x509.Certificate{Subject: erp, DNSNames: []string{"erp"}}),
		"by two names":                       ask(ca, x509.Certificate{Subject: erp, URIs: uri("spiffe://x/two")}),
		"by common name":                     ask(ca, x509.Certificate{Subject: erp}),
		"by a long name":                     ask(ca, x509.Certificate{DNSNames: []string{long + "1"}}),
		"by another long name":               ask(ca, x509.Certificate{DNSNames: []string{long + "2"}}),
		"by a name like two":                 ask(ca, x509.Certificate{DNSNames: []string{"a;uri=b"}}),
		"by two like one":                    ask(ca, x509.Certificate{DNSNames: []string{"a"}, URIs: uri("b")}),
		"by no rule":                         ask(ca, x509.Certificate{Subject: pkix.Name{CommonName: "x"}}),
		"by no rule, likewise":               ask(ca, x509.Certificate{Subject: pkix.Name{CommonName: "x"}}),
		"by no name":                         ask(ca, x509.Certificate{}),
	} {
		if ids[id] {
			t.Errorf("%s: %s is another's", name, id)
		}
		ids[id] = true
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
