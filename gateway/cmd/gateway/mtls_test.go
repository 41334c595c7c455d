package main

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/gateway/internal/certtest"
)

// TestClientCertificates calls a gateway that runs by certificates of several kinds
// (ASVS 5.0: 12.1.1, 12.1.3). Its peer is nowhere: who is let in is answered 503.
func TestClientCertificates(t *testing.T) {
	s, ours, others := newSite(t), certtest.NewAuthority(t), certtest.NewAuthority(t)
	s.replace(t, "key_file: key.pem}\npeer", "key_file: key.pem, client_ca_file: clients.pem}\npeer")
	s.write(t, "clients.pem", ours.PEM())
	s.say(t, `callers: [{common_name: mes, identity: viewer}]`)
	base := s.up(t)
	token := s.token(t)
	client := x509.Certificate{Subject: pkix.Name{CommonName: "mes"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	server, stranger, expired := client, client, client
	server.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	stranger.Subject.CommonName = "mes.example.com"
	expired.NotAfter = time.Now().Add(-time.Minute)
	tests := []struct {
		name        string
		certificate *tls.Certificate
		token       string
		want        int // 0 if no connection is made
	}{
		{name: "good", certificate: ours.Issue(t, client), want: http.StatusServiceUnavailable},
		{name: "no rule fits", certificate: ours.Issue(t, stranger), want: http.StatusForbidden},
		{name: "a token as well", certificate: ours.Issue(t, client), token: token, want: http.StatusUnauthorized},
		{name: "a token alone", token: token, want: http.StatusServiceUnavailable},
		{name: "neither", want: http.StatusUnauthorized},
		{name: "of another authority", certificate: others.Issue(t, client)},
		{name: "expired", certificate: ours.Issue(t, expired)},
		{name: "for servers", certificate: ours.Issue(t, server)},
	}
	for _, tt := range tests {
		if got := askAs(t, s.as(t, tt.certificate), base, tt.token); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}

	// The authority is exchanged: the connection that is open is not believed any more.
	kept := s.as(t, ours.Issue(t, client))
	if got := askAs(t, kept, base, ""); got != http.StatusServiceUnavailable {
		t.Fatalf("before: %d", got)
	}
	s.write(t, "clients.pem", others.PEM())
	if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	await(t, s.as(t, others.Issue(t, client)), base+"/v1/members/x", `"unavailable"`)
	if got := askAs(t, kept, base, ""); got != http.StatusUnauthorized {
		t.Errorf("afterwards: %d", got)
	}
}

// TestHugeAndDoubledHeaders are refused before anything reads them (ASVS 5.0: 14.2.1).
func TestHugeAndDoubledHeaders(t *testing.T) {
	s := newSite(t)
	base := s.up(t)
	token := s.token(t)
	bearer := "Authorization: Bearer " + token + "\r\n"
	tests := []struct {
		name, target, headers string
		want                  int
	}{
		{name: "one", headers: bearer, want: http.StatusServiceUnavailable},
		{name: "two", headers: bearer + bearer, want: http.StatusUnauthorized},
		{name: "two, one empty", headers: bearer + "Authorization:\r\n", want: http.StatusUnauthorized},
		{name: "1 MB", headers: "Authorization: Bearer " + strings.Repeat("a", 1<<20) + "\r\n", want: http.StatusRequestHeaderFieldsTooLarge},
		{name: "in the query", target: "?access_token=" + token, want: http.StatusUnauthorized},
		{name: "in the path", target: "/" + token, want: http.StatusNotFound},
	}
	for _, tt := range tests {
		if got := s.raw(t, base, "GET /v1/members/x"+tt.target+" HTTP/1.1\r\nHost: gateway\r\n"+tt.headers+"\r\n"); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
}
