package main

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestClientCertificates calls a gateway that runs by certificates of several kinds
// (ASVS 5.0: 12.1.1, 12.1.3). Its peer is nowhere: who is let in is answered 503.
func TestClientCertificates(t *testing.T) {
	s, ours, others := newSite(t), newClientCA(t), newClientCA(t)
	s.replace(t, "key_file: key.pem}\npeer", "key_file: key.pem, client_ca_file: clients.pem}\npeer")
	s.write(t, "clients.pem", ours.pem())
	s.say(t, `callers: [{common_name: mes, identity: viewer}]`)
	base, stop := s.serve(t)
	defer stop()
	await(t, s.client(t), base+"/healthz", "ok")
	token, err := command(t, "token", "create", "--file", s.path("tokens.json"), "--name", "erp", "--identity", "viewer")
	if err != nil {
		t.Fatal(err)
	}
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
		{name: "good", certificate: ours.issue(t, client), want: http.StatusServiceUnavailable},
		{name: "no rule fits", certificate: ours.issue(t, stranger), want: http.StatusForbidden},
		{name: "a token as well", certificate: ours.issue(t, client), token: token, want: http.StatusUnauthorized},
		{name: "a token alone", token: token, want: http.StatusServiceUnavailable},
		{name: "neither", want: http.StatusUnauthorized},
		{name: "of another authority", certificate: others.issue(t, client)},
		{name: "expired", certificate: ours.issue(t, expired)},
		{name: "for servers", certificate: ours.issue(t, server)},
	}
	for _, tt := range tests {
		if got := askAs(t, s.as(t, tt.certificate), base, tt.token); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}

	// The authority is exchanged: the connection that is open is not believed any more.
	kept := s.as(t, ours.issue(t, client))
	if got := askAs(t, kept, base, ""); got != http.StatusServiceUnavailable {
		t.Fatalf("before: %d", got)
	}
	s.write(t, "clients.pem", others.pem())
	if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	await(t, s.as(t, others.issue(t, client)), base+"/v1/members/x", `"unavailable"`)
	if got := askAs(t, kept, base, ""); got != http.StatusUnauthorized {
		t.Errorf("afterwards: %d", got)
	}
}

// TestHugeAndDoubledHeaders are refused before anything reads them (ASVS 5.0: 14.2.1).
func TestHugeAndDoubledHeaders(t *testing.T) {
	s := newSite(t)
	base, stop := s.serve(t)
	defer stop()
	await(t, s.client(t), base+"/healthz", "ok")
	token, err := command(t, "token", "create", "--file", s.path("tokens.json"), "--name", "erp", "--identity", "viewer")
	if err != nil {
		t.Fatal(err)
	}
	bearer := "Authorization: Bearer " + strings.TrimSpace(token) + "\r\n"
	tests := []struct {
		name, target, headers string
		want                  int
	}{
		{name: "one", headers: bearer, want: http.StatusServiceUnavailable},
		{name: "two", headers: bearer + bearer, want: http.StatusUnauthorized},
		{name: "two, one empty", headers: bearer + "Authorization:\r\n", want: http.StatusUnauthorized},
		{name: "1 MB", headers: "Authorization: Bearer " + strings.Repeat("a", 1<<20) + "\r\n", want: http.StatusRequestHeaderFieldsTooLarge},
		{name: "in the query", target: "?access_token=" + strings.TrimSpace(token), want: http.StatusUnauthorized},
		{name: "in the path", target: "/" + strings.TrimSpace(token), want: http.StatusNotFound},
	}
	for _, tt := range tests {
		if got := s.raw(t, base, "GET /v1/members/x"+tt.target+" HTTP/1.1\r\nHost: gateway\r\n"+tt.headers+"\r\n"); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
}

// raw sends a request as it is, and returns the status of the answer.
func (s site) raw(t *testing.T, base, request string) int {
	t.Helper()
	conn, err := tls.Dial("tcp", strings.TrimPrefix(base, "https://"), &tls.Config{RootCAs: s.trust})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	go func() { _, _ = fmt.Fprint(conn, request) }() // which may not be taken whole
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	return response.StatusCode
}

// as returns a client with a certificate, or none.
func (s site) as(t *testing.T, certificate *tls.Certificate) *http.Client {
	t.Helper()
	client := s.client(t)
	if transport, ok := client.Transport.(*http.Transport); ok && certificate != nil {
		transport.TLSClientConfig.Certificates = []tls.Certificate{*certificate}
	}
	return client
}

// askAs asks for a member and returns the status; 0 when the handshake was refused.
func askAs(t *testing.T, client *http.Client, base, token string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/v1/members/x", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+strings.TrimSpace(token))
	}
	response, err := client.Do(r)
	if err != nil {
		return 0
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body) // so that the connection is kept
	return response.StatusCode
}

func (s site) path(name string) string { return filepath.Join(filepath.Dir(s.config), name) }

func (s site) write(t *testing.T, name string, content []byte) {
	t.Helper()
	if err := os.WriteFile(s.path(name), content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// replace changes the configuration file.
func (s site) replace(t *testing.T, before, after string) {
	t.Helper()
	data, err := os.ReadFile(s.config)
	if err != nil || !strings.Contains(string(data), before) {
		t.Fatalf("no %q in the configuration: %v", before, err)
	}
	s.write(t, filepath.Base(s.config), []byte(strings.Replace(string(data), before, after, 1)))
}

// clientCA issues client certificates.
type clientCA struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newClientCA(t *testing.T) clientCA {
	t.Helper()
	ca := clientCA{key: newKey(t)}
	ca.certificate = certify(t, x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "clients"}, IsCA: true, BasicConstraintsValid: true,
	}, nil, ca.key, ca.key)
	return ca
}

func (ca clientCA) pem() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.certificate.Raw})
}

func (ca clientCA) issue(t *testing.T, template x509.Certificate) *tls.Certificate {
	t.Helper()
	key := newKey(t)
	c := certify(t, template, ca.certificate, key, ca.key)
	return &tls.Certificate{Certificate: [][]byte{c.Raw}, PrivateKey: key}
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func certify(t *testing.T, template x509.Certificate, parent *x509.Certificate, key, by *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	template.SerialNumber, template.NotBefore = big.NewInt(time.Now().UnixNano()), time.Now().Add(-time.Hour)
	if template.NotAfter.IsZero() {
		template.NotAfter = time.Now().Add(time.Hour)
	}
	if parent == nil {
		parent = &template
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, parent, key.Public(), by)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
