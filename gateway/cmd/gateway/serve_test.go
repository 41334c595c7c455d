package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
)

func TestConfigCheck(t *testing.T) {
	s := newSite(t)
	var stdout, stderr bytes.Buffer
	if err := run(t.Context(), []string{"config", "check", "--config", s.config}, &stdout, &stderr); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"key.pem", "tokens.json", "cert.pem"} {
		path := filepath.Join(filepath.Dir(s.config), name)
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := run(t.Context(), []string{"config", "check", "--config", s.config}, &stdout, &stderr); err == nil {
			t.Errorf("a broken %s is not noticed", name)
		}
	}
}

// TestServe runs the whole gateway without its peer: it serves, says that it is
// not ready, and on stop lets the request in flight end.
func TestServe(t *testing.T) {
	s := newSite(t)
	c := s.configuration(t)
	p := assembled(t, c)
	p.log = zap.NewNop()
	arrived, release := make(chan struct{}), make(chan struct{})
	inner := p.server.Handler
	p.server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			close(arrived)
			<-release
		}
		inner.ServeHTTP(w, r)
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- p.serveUntil(ctx, listener, c) }()
	base := "https://" + listener.Addr().String()
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: s.trust}, ForceAttemptHTTP2: true}}
	defer client.CloseIdleConnections()

	for path, want := range map[string]int{"/healthz": 200, "/readyz": 503, "/v1/members/x": 401} {
		if got, body, err := get(client, base+path); err != nil || got != want {
			t.Errorf("%s: %d, want %d: %v %s", path, got, want, err, body)
		}
	}
	slow := make(chan string, 1)
	go func() {
		status, _, err := get(client, base+"/slow")
		slow <- fmt.Sprint(status, err)
	}()
	<-arrived
	stop()
	awaitRefusal(t, listener.Addr().String())
	close(release)
	if got := <-slow; got != "404 <nil>" {
		t.Errorf("the request in flight ended with %s", got)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// awaitRefusal waits until nobody listens at an address any more.
func awaitRefusal(t *testing.T, address string) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			return
		}
		_ = conn.Close()
	}
	t.Fatal("it still listens")
}

func TestServeSaysThatThePortIsTaken(t *testing.T) {
	s := newSite(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	t.Setenv("WAYMARK_GATEWAY_LISTEN", listener.Addr().String())
	t.Setenv("WAYMARK_GATEWAY_LOG__LEVEL", "error")
	err = run(t.Context(), []string{"--config", s.config}, io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), listener.Addr().String()) {
		t.Errorf("got %v", err)
	}
}
