package main

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestMisshapenRequests are refused by the server before anything of ours sees them, or end
// with the connection (ASVS 5.0: 4.2.1, 4.2.2).
func TestMisshapenRequests(t *testing.T) {
	s := newSite(t)
	base := s.up(t)
	const get, post, chunked = "GET /healthz HTTP/1.1\r\nHost: g\r\n", "POST /v1/messages HTTP/1.1\r\nHost: g\r\n", "Transfer-Encoding: chunked\r\n"
	tests := []struct {
		name, give string
		want       int
	}{
		{name: "two lengths", give: post + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}", want: 400},
		{name: "a list of lengths", give: post + "Content-Length: 1, 2\r\n\r\n{}", want: 400},
		{name: "negative length", give: post + "Content-Length: -1\r\n\r\n", want: 400},
		{name: "signed length", give: post + "Content-Length: +2\r\n\r\n{}", want: 400},
		{name: "other coding", give: post + "Transfer-Encoding: xchunked\r\n\r\n", want: 501},
		{name: "two codings", give: post + chunked + "Transfer-Encoding: identity\r\n\r\n", want: 501},
		{name: "coding of HTTP/1.0", give: "POST /v1/messages HTTP/1.0\r\n" + chunked + "\r\n0\r\n\r\n", want: 401},
		{name: "space before the colon", give: post + "Content-Length : 2\r\n\r\n{}", want: 400},
		{name: "NUL in a header", give: get + "X: \x00\r\n\r\n", want: 400},
		{name: "CR in a header", give: get + "X: a\rb\r\n\r\n", want: 400},
		{name: "no host", give: "GET /healthz HTTP/1.1\r\n\r\n", want: 400},
		{name: "two hosts", give: get + "Host: h\r\n\r\n", want: 400},
		{name: "10,000 headers", give: get + strings.Repeat("X: y\r\n", 10_000) + "\r\n", want: 431},
		{name: "long path", give: "GET /" + strings.Repeat("a", 100_000) + " HTTP/1.1\r\nHost: g\r\n\r\n", want: 431},
		{name: "absolute form", give: "GET http://other/healthz HTTP/1.1\r\nHost: g\r\n\r\n", want: 200},
		{name: "CONNECT", give: "CONNECT other:443 HTTP/1.1\r\nHost: other:443\r\n\r\n", want: 404},
		{name: "TRACE", give: "TRACE /healthz HTTP/1.1\r\nHost: g\r\n\r\n", want: 405},
		{name: "HTTP/3.0", give: "GET /healthz HTTP/3.0\r\nHost: g\r\n\r\n", want: 505},
		{name: "not HTTP", give: "\x16\x03\x01\r\n\r\n", want: 400},
	}
	for _, tt := range tests {
		if got := s.raw(t, base, tt.give); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
}

// TestSmuggledRequests come after a request whose end is told in two ways. They have the
// credentials that they bring and no others, so that nobody gains by them.
func TestSmuggledRequests(t *testing.T) {
	s := newSite(t)
	base := s.up(t)
	token := s.token(t)
	first := "POST /v1/messages HTTP/1.1\r\nHost: g\r\nContent-Type: application/json\r\nAuthorization: Bearer " + token + "\r\n"
	second := "GET /v1/members/x HTTP/1.1\r\nHost: g\r\n\r\n"
	for name, give := range map[string]string{
		"length, then chunks": first + fmt.Sprintf("Content-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", len(second)+5) + second,
		"chunks, then length": first + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n" + second,
		"garbage as chunks":   first + "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n" + second,
		"huge chunk":          first + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n" + second,
	} {
		conn, err := s.dial(base, new(tls.Config))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, give); err != nil {
			t.Fatal(err)
		}
		reader := bufio.NewReader(conn)
		if got := statusOf(t, reader); got != http.StatusBadRequest { // no messages, or no body
			t.Errorf("%s: first %d", name, got)
		}
		if got := statusOf(t, reader); got != 0 && got != http.StatusUnauthorized && got != http.StatusBadRequest {
			t.Errorf("%s: second %d", name, got)
		}
		_ = conn.Close()
	}
}

// statusOf reads an answer; 0 if there is none any more.
func statusOf(t *testing.T, from *bufio.Reader) int {
	t.Helper()
	response, err := http.ReadResponse(from, nil)
	if err != nil {
		return 0
	}
	_, _ = io.Copy(io.Discard, response.Body)
	_ = response.Body.Close()
	return response.StatusCode
}

// TestOldTLSIsRefused (ASVS 5.0: 12.1.1).
func TestOldTLSIsRefused(t *testing.T) {
	s := newSite(t)
	base := s.up(t)
	for version, want := range map[uint16]bool{tls.VersionTLS10: false, tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
		conn, err := s.dial(base, &tls.Config{MinVersion: version, MaxVersion: version})
		if (err == nil) != want {
			t.Errorf("%s: %v", tls.VersionName(version), err)
		}
		if err == nil {
			_ = conn.Close()
		}
	}
	if status, _, err := get(s.client(t), strings.Replace(base, "https:", "http:", 1)+"/healthz"); err != nil || status != http.StatusBadRequest {
		t.Errorf("without TLS: %d %v", status, err)
	}
}

// TestRapidReset asks and takes it back, 100,000 times on one connection, while another
// client is served.
func TestRapidReset(t *testing.T) {
	s := newSite(t)
	base, client := s.up(t), s.client(t)
	conn, err := s.dial(base, &tls.Config{NextProtos: []string{"h2"}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		go func() { _, _ = io.Copy(io.Discard, conn) }()
		out := bufio.NewWriterSize(conn, 64<<10)
		_, _ = io.WriteString(out, preface)
		for stream := uint32(1); stream < 200_000; stream += 2 {
			if _, err := io.WriteString(out, ask(stream, "/openapi.json")+reset(stream)); err != nil {
				return // the server has had enough
			}
		}
		_ = out.Flush()
	}()
	for {
		asked := time.Now()
		// The two come from one address, so that there may be too many of them.
		if status, _, err := get(client, base+"/healthz"); status != http.StatusOK && status != http.StatusTooManyRequests || time.Since(asked) > 5*time.Second {
			t.Fatalf("another client: %d after %s: %v", status, time.Since(asked), err)
		}
		select {
		case <-sent:
			return
		default:
		}
	}
}

// TestBodiesThatNobodyReads: 200 connections send bodies that no handler reads and take no answer,
// without a credential, and yet have little of them held (ASVS 5.0: 15.2.2).
func TestBodiesThatNobodyReads(t *testing.T) {
	s := newSite(t)
	t.Setenv("WAYMARK_GATEWAY_TIMEOUTS__RECEIVE", "60s") // or it could be over before it is measured
	base := s.up(t)
	const connections, most = 200, 80 << 20
	before := live()
	for range connections {
		conn, err := s.dial(base, &tls.Config{NextProtos: []string{"h2"}})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		if err := fill(conn, "/openapi.json"); err != nil {
			t.Fatal(err)
		}
	}
	if held := live() - before; held > most {
		t.Errorf("%d connections have %d MiB held", connections, held>>20)
	} else {
		t.Logf("%d MiB, with the clients' own", held>>20)
	}
}

// live is how many bytes are in use.
func live() int64 {
	runtime.GC()
	runtime.GC() // what is pooled outlives one
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}
