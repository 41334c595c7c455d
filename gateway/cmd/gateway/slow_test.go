package main

import (
	"cmp"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// closedWithin is in what time a slow connection must end.
const closedWithin = 15 * time.Second

// TestSlowConnectionsEnd opens 200 connections that send or receive as good as nothing, and
// wants them closed while a client that behaves is served (ASVS 5.0: 13.1.3, 15.2.2).
func TestSlowConnectionsEnd(t *testing.T) {
	s := newSite(t)
	t.Setenv("WAYMARK_GATEWAY_LIMITS__RATES__ANONYMOUS__PER_SECOND", "100000") // all come from one address
	base := s.up(t)
	token := s.token(t)
	post := "POST /v1/messages HTTP/1.1\r\nHost: g\r\nContent-Type: application/json\r\nAuthorization: Bearer " + token + "\r\n"
	many := strings.Repeat("GET /openapi.json HTTP/1.1\r\nHost: g\r\n\r\n", 40) // more than kernels buffer
	kinds := []slow{
		{name: "nothing after the handshake"},
		{name: "header", first: "GET /healthz HTTP/1.1\r\nHost: g\r\nX-Slow: ", drip: "x"},
		{name: "body", first: post + "Content-Length: 4000\r\n\r\n{", drip: " "},
		{name: "chunked body", first: post + "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n", drip: "1\r\n \r\n"},
		{name: "body of a stranger", first: "POST /v1/messages HTTP/1.1\r\nHost: g\r\nContent-Length: 4000\r\n\r\n{", drip: " "},
		{name: "reading", first: many},
		{name: "half a frame of HTTP/2", protocol: "h2", first: preface + frame(frameHeaders, 4, 1, 100, "")},
		{name: "reading of HTTP/2", protocol: "h2", first: preface + ask(1, "/openapi.json")}, // its window is never enlarged
	}
	var attacks sync.WaitGroup
	began := time.Now()
	for i := range 200 { // one after another: a hundred handshakes at once take longer than one may
		kind := kinds[i%len(kinds)]
		conn, err := s.dial(base, &tls.Config{NextProtos: []string{cmp.Or(kind.protocol, "http/1.1")}})
		if err != nil {
			t.Fatal(err)
		}
		attacks.Go(func() {
			defer conn.Close()
			if err := kind.attack(conn); err != nil {
				t.Errorf("%s: %v", kind.name, err)
			}
		})
	}
	over := make(chan struct{})
	go func() { attacks.Wait(); close(over) }()
	client := s.client(t)
	for served := 0; ; served++ {
		asked := time.Now()
		if status, _, err := get(client, base+"/healthz"); status != 200 || time.Since(asked) > 5*time.Second {
			t.Errorf("a client that behaves was answered %d after %s: %v", status, time.Since(asked), err)
		}
		select {
		case <-over:
			t.Logf("%d requests served in %s", served, time.Since(began))
			return
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// slow is a way to keep a connection open.
type slow struct {
	name        string
	protocol    string // of TLS; http/1.1 if empty
	first, drip string // what is sent at once, and again every second
}

// attack returns nil once the server has closed the connection, in time.
func (k slow) attack(conn net.Conn) error {
	began := time.Now()
	if err := conn.SetDeadline(began.Add(2 * closedWithin)); err != nil {
		return err
	}
	takes := func(text string) bool { _, err := io.WriteString(conn, text); return err == nil }
	if !takes(k.first) {
		return nil // it was closed before that
	}
	for time.Since(began) < closedWithin {
		time.Sleep(time.Second) // what makes the client slow
		if k.drip != "" && !takes(k.drip) {
			return nil
		}
	}
	return ended(conn)
}

// ended reads what there still is, up to the end that the server made.
func ended(conn net.Conn) error {
	began := time.Now()
	if _, err := io.Copy(io.Discard, conn); err != nil && strings.Contains(err.Error(), "timeout") {
		return fmt.Errorf("still open %s after its time", time.Since(began))
	}
	if waited := time.Since(began); waited > 2*time.Second {
		return fmt.Errorf("closed %s late", waited)
	}
	return nil
}
