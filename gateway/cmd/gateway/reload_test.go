package main

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestSIGHUPReadsTheConfigurationAgain sends the signal to the whole gateway.
func TestSIGHUPReadsTheConfigurationAgain(t *testing.T) {
	s := newSite(t)
	base, stop := s.serve(t)
	defer stop()
	client := s.client(t)
	await(t, client, base+"/metrics", `waymark_gateway_config_good 1`)
	s.say(t, "log: {level: error, format: console}")
	if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	await(t, client, base+"/metrics", `waymark_gateway_config_waiting_keys 1`)
	s.say(t, "no_such_key: 1")
	if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	await(t, client, base+"/metrics", `waymark_gateway_config_good 0`)
}

// freeAddress was free a moment ago.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// serve runs the gateway on a free port until stop is called.
func (s site) serve(t *testing.T) (base string, stop func()) {
	t.Helper()
	address := freeAddress(t)
	t.Setenv("WAYMARK_GATEWAY_LISTEN", address)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- run(ctx, []string{"--config", s.config}, io.Discard, io.Discard) }()
	return "https://" + address, func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// client trusts the site's certificate.
func (s site) client(t *testing.T) *http.Client {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: s.trust}}}
	t.Cleanup(client.CloseIdleConnections)
	return client
}

// say adds a line to the configuration file.
func (s site) say(t *testing.T, line string) {
	t.Helper()
	data, err := os.ReadFile(s.config)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.config, append(data, line+"\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
}

// await asks url until the answer contains want.
func await(t *testing.T, client *http.Client, url, want string) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		_, body, err := get(client, url)
		if err == nil && strings.Contains(body, want) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s did not say %q: %v", url, want, err)
		}
	}
}
