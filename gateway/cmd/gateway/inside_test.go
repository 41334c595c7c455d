package main

import (
	"crypto/tls"
	"io"
	"net"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// inside is what no answer may hold: where files are, what the gateway is made of and talks
// to, and what its parts say to one another.
var inside = regexp.MustCompile(`(?i)\bserver: |x-powered-by|go1\.|golang|gin-gonic|net/http|\.go:|goroutine|runtime error|github\.com|google\.golang|` +
	`rpc error|desc =|grpc|fabric-gateway|dial tcp|no such file|permission denied|\.pem|\.json\b|/tmp/|/etc/|encoding/|strconv|unmarshal|\*[a-z]+\.[A-Z]`)

// TestNothingOfTheInsideIsTold: whatever is asked of a gateway that runs, with its peer away,
// and then with its tokens broken too, the answer says nothing of the inside (ASVS 5.0:
// 13.4.2, 13.4.4, 13.4.6, 14.3.2, 16.5.1).
func TestNothingOfTheInsideIsTold(t *testing.T) {
	s := newSite(t)
	base := s.up(t)
	token := s.token(t)
	bearer := "Authorization: Bearer " + token + "\r\n"
	requests := map[string]string{
		"no request":            "\x16\x03\x01\x02\r\n\r\n",
		"no version":            "GET /\r\n\r\n",
		"HTTP/3":                "GET / HTTP/3.0\r\n\r\n",
		"no host":               "GET /healthz HTTP/1.1\r\n\r\n",
		"two hosts":             "GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
		"a header of two lines": "GET /healthz HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n",
		"two lengths":           "POST /v1/messages HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
		"length and chunks":     "POST /v1/messages HTTP/1.1\r\nHost: a\r\n" + bearer + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"unknown coding":        "POST /v1/messages HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n",
		"expectation":           "POST /v1/messages HTTP/1.1\r\nHost: a\r\nExpect: 1\r\n\r\n",
		"TRACE":                 "TRACE /v1/members/x HTTP/1.1\r\nHost: a\r\n" + bearer + "\r\n",
		"CONNECT":               "CONNECT peer:7051 HTTP/1.1\r\nHost: peer:7051\r\n\r\n",
		"another's URL":         "GET http://127.0.0.1:1/ HTTP/1.1\r\nHost: a\r\n\r\n",
		"a path upwards":        "GET /../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n",
		"profiles":              "GET /debug/pprof/ HTTP/1.1\r\nHost: a\r\n" + bearer + "\r\n",
		"a repository":          "GET /.git/HEAD HTTP/1.1\r\nHost: a\r\n\r\n",
		"nobody":                "GET /v1/members/x HTTP/1.1\r\nHost: a\r\n\r\n",
		"a stranger's token":    "GET /v1/members/x HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer wmk_x\r\n\r\n",
		"a JWT":                 "GET /v1/members/x HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer e30.e30.AA\r\n\r\n",
		"a read":                "GET /v1/members/x HTTP/1.1\r\nHost: a\r\n" + bearer + "\r\n",
		"a transaction":         "GET /v1/transactions/" + strings.Repeat("a", 64) + " HTTP/1.1\r\nHost: a\r\n" + bearer + "\r\n",
		"a write":               "PUT /v1/members/x HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 12\r\n" + bearer + "\r\n{\"name\":\"X\"}",
		"no JSON":               "PUT /v1/members/x HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 12\r\n" + bearer + "\r\n{\"name\": {{}",
		"another type":          "PUT /v1/members/x HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 10\r\n" + bearer + "\r\n{\"name\":1}",
		"a body that ends":      "PUT /v1/members/x HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 99\r\n" + bearer + "\r\n{",
		"readiness":             "GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n",
	}
	ask := func(when string) {
		for name, request := range requests {
			answer := s.told(t, base, request)
			if found := inside.FindString(strings.ReplaceAll(answer, "/openapi.json", "")); found != "" || answer == "" {
				t.Errorf("%s, %s: told %q in\n%s", when, name, found, answer)
			}
			if problem := strings.Contains(answer, "problem+json"); problem && !strings.Contains(answer, "Cache-Control: no-store") {
				t.Errorf("%s, %s: may be kept:\n%s", when, name, answer)
			}
		}
	}
	ask("with the peer away")
	if err := os.Remove(s.path("tokens.json")); err != nil {
		t.Fatal(err)
	}
	ask("without the tokens")
	if got := plain(t, base); inside.MatchString(got) || !strings.HasPrefix(got, "HTTP/1.0 400") {
		t.Errorf("without TLS: told\n%s", got)
	}
}

// plain speaks HTTP without TLS: there is no redirect, which would let a client go on so
// (ASVS 5.0: 4.1.2, 12.2.1).
func plain(t *testing.T, base string) string {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(base, "https://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	answer, _ := io.ReadAll(conn)
	return string(answer)
}

// TestWeakSuitesAreRefused: those of TLS 1.2 without forward secrecy or authenticated
// encryption (ASVS 5.0: 12.1.2).
func TestWeakSuitesAreRefused(t *testing.T) {
	s := newSite(t)
	base := s.up(t)
	dial := func(offered ...uint16) error {
		conn, err := s.dial(base, &tls.Config{
			MaxVersion: tls.VersionTLS12, CipherSuites: offered,
		})
		if err != nil {
			return err
		}
		return conn.Close()
	}
	var weak []uint16
	for _, suite := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
		if slices.Contains(suite.SupportedVersions, tls.VersionTLS12) && !slices.Contains(suites(), suite.ID) {
			weak = append(weak, suite.ID)
		}
	}
	if err := dial(weak...); len(weak) == 0 || err == nil {
		t.Errorf("%d weak suites: %v", len(weak), err)
	}
	if err := dial(append(weak, tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256)...); err != nil {
		t.Errorf("with a good one: %v", err)
	}
}
