package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/porttest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/outbox"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gatewaytest"
)

// writeEdgeConfig writes a file whose brokers are not there, and makes its key.
func writeEdgeConfig(t *testing.T) (path, listen string) {
	t.Helper()
	dir, listen := t.TempDir(), porttest.Address(t)
	certFile, _ := gatewaytest.Certificate(t)
	keyFile := filepath.Join(dir, "edge.pem")
	var out bytes.Buffer
	if err := edgeKey(t.Context(), []string{"--out", keyFile, "--algorithm", "ES256"}, &out); err != nil {
		t.Fatal(err)
	}
	var public waymark.JWK
	if err := json.Unmarshal(out.Bytes(), &public); err != nil || public.Curve != "P-256" {
		t.Fatalf("%s: %v", out.String(), err)
	}
	text := strings.NewReplacer("DIR", dir, "KEY", keyFile, "CA", certFile, "LOCAL", porttest.Address(t), "UP", porttest.Address(t), "LISTEN", listen).Replace(`
consortium: waymark
id: edge-1
keys: [{id: e1, file: "KEY"}]
store_dir: "DIR/store"
local: {url: "tcp://LOCAL"}
uplink: {url: "ssl://UP", ca_file: "CA"}
sources: [{name: packs, kind: senml, topic: "packs/{device}"}]
devices: [{id: logger-1, source: packs}]
listen: "LISTEN"
log_level: error
`)
	path = filepath.Join(dir, "edge.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path, listen
}

func TestEdge(t *testing.T) {
	path, listen := writeEdgeConfig(t)
	var out bytes.Buffer
	if err := checkEdgeConfig(t.Context(), []string{"--config", path}, &out); err != nil || !strings.Contains(out.String(), "good") {
		t.Fatalf("%v, %q", err, out.String())
	}
	if err := edgeInit(t.Context(), []string{"--config", path}, &out); err != nil {
		t.Fatal(err)
	}
	if err := edgeInit(t.Context(), []string{"--config", path}, &out); err == nil {
		t.Error("made a second time")
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- run(ctx, []string{"edge", "--config", path}) }()
	for end := time.Now().Add(60 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		response, err := http.Get("http://" + listen + "/readyz")
		if err == nil {
			if _ = response.Body.Close(); response.StatusCode != http.StatusServiceUnavailable {
				t.Errorf("%d without a broker", response.StatusCode)
			}
			break
		}
		if time.Now().After(end) {
			t.Fatal("the edge does not come up")
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("stopped with %v", err)
	}
	out.Reset()
	if err := edgeRecover(t.Context(), []string{"--config", path, "logger-1", "41"}, &out); err != nil || !strings.Contains(out.String(), "leaves out number 42, which stays a gap, and goes on with the next; 0 messages") {
		t.Errorf("%v, %q", err, out.String())
	}
	out.Reset()
	if err := edgeRecover(t.Context(), []string{"--config", path, "logger-1", "41"}, &out); err != nil || !strings.Contains(out.String(), "nothing was changed; of an older copy of the outbox that holds only once nothing of the device is under way") {
		t.Errorf("%v, %q", err, out.String())
	}
}

// After its disk is lost an edge does not start before each of its devices was recovered.
func TestEdgeIsRecoveredWhole(t *testing.T) {
	path, _ := writeEdgeConfig(t)
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(raw), "{id: logger-1, source: packs}", "{id: logger-1, source: packs}, {id: logger-2, source: packs}", 1)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := edgeRecover(t.Context(), []string{"--config", path, "logger-1", "41"}, &out); err != nil || !strings.Contains(out.String(), "starts once 1 more devices were recovered, as logger-2") {
		t.Fatalf("%v, %q", err, out.String())
	}
	if err := run(t.Context(), []string{"edge", "--config", path}); !errors.Is(err, outbox.ErrUnrecovered) {
		t.Errorf("started: %v", err)
	}
	if err := edgeInit(t.Context(), []string{"--config", path}, &out); err == nil {
		t.Error("and another outbox is made")
	}
	out.Reset()
	if err := edgeRecover(t.Context(), []string{"--config", path, "logger-2", "0"}, &out); err != nil || strings.Contains(out.String(), "starts once") {
		t.Fatalf("%v, %q", err, out.String())
	}
	out.Reset()
	if err := edgeDrop(t.Context(), []string{"--config", path, "logger-9"}, &out); err != nil || !strings.Contains(out.String(), "0 messages of device logger-9 are dropped") {
		t.Errorf("%v, %q", err, out.String())
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if err := run(ended, []string{"edge", "--config", path}); err != nil {
		t.Errorf("all are recovered, and it does not start: %v", err)
	}
}

func TestWrongCallsOfEdge(t *testing.T) {
	path, _ := writeEdgeConfig(t)
	for _, args := range [][]string{
		{"edge"},
		{"edge", "--config", path}, // before its init
		{"edge", "--config", path, "more"},
		{"edge", "config", "check"},
		{"edge", "config", "check", "--config", path, "more"},
		{"edge", "key"},
		{"edge", "key", "--out", path}, // it exists
		{"edge", "key", "--out", filepath.Join(t.TempDir(), "k"), "--algorithm", "RS256"},
		{"edge", "registrations", "--config", path},
		{"edge", "registrations", "--config", path, "--owner", "producer", "more"},
		{"edge", "recover", "--config", path, "logger-1"},
		{"edge", "recover", "--config", path, "logger-1", "many"},
		{"edge", "recover", "--config", path, "logger-2", "1"}, // it has no such device
		{"edge", "recover", "--config", path, "logger-1", "9007199254740990"},
		{"edge", "init", "--config", path, "more"},
		{"edge", "drop", "--config", path, "logger-1"}, // before its init
		{"edge", "drop", "--config", path},
	} {
		if err := run(t.Context(), args); err == nil {
			t.Errorf("%v was accepted", args)
		}
	}
}
