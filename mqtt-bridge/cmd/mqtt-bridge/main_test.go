package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/porttest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/bridge"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gatewaytest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/oldstore/oldstoretest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
)

// writeConfig writes a file as `network up` does and returns its path, with one
// message in quarantine.
func writeConfig(t *testing.T) (path, listen string) {
	t.Helper()
	certFile, keyFile := gatewaytest.Certificate(t)
	g := gatewaytest.New(t)
	dir, broker, listen := t.TempDir(), porttest.Address(t), porttest.Address(t)
	store, err := spool.Open(dir, spool.Limits{Bytes: 1 << 20, QuarantineBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	_, err = store.Append([]spool.Message{{Device: "logger-1", Payload: []byte("x"), Verdict: &spool.Verdict{Code: spool.Unreadable, Detail: "no"}}})
	if err := errors.Join(err, store.Close()); err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer("BROKER", broker, "LISTEN", listen, "CERT", certFile, "KEY", keyFile, "DIR", dir,
		"URL", g.URL, "GWCA", g.CAFile, "TOKEN", g.TokenFile).Replace(`
consortium: waymark
broker: embedded
embedded: {listen: "BROKER", cert_file: "CERT", key_file: "KEY"}
gateway: {url: "URL", ca_file: "GWCA", token_file: "TOKEN"}
spool_dir: "DIR"
listen: "LISTEN"
log_level: error
`)
	path = filepath.Join(dir, "bridge.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path, listen
}

func TestConfigCheck(t *testing.T) {
	path, _ := writeConfig(t)
	var out bytes.Buffer
	if err := checkConfig([]string{"--config", path}, &out); err != nil || !strings.Contains(out.String(), "good") {
		t.Fatalf("%v, %q", err, out.String())
	}
	config, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	broken := filepath.Join(t.TempDir(), "broken")
	if err := os.WriteFile(broken, []byte("\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	keys := regexp.MustCompile(`(cert_file|ca_file|token_file|spool_dir): "[^"]*"`)
	if err := os.WriteFile(path, keys.ReplaceAll(config, []byte(`$1: "`+broken+`"`)), 0o600); err != nil {
		t.Fatal(err)
	}
	err = run(t.Context(), []string{"config", "check", "--config", path})
	for _, key := range []string{"embedded.cert_file", "gateway.ca_file", "gateway.token_file", "spool_dir"} {
		if err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("%v does not name %s", err, key)
		}
	}
}

func TestSpoolCommands(t *testing.T) {
	path, _ := writeConfig(t)
	command := func(name string) (string, error) {
		var out bytes.Buffer
		err := spoolFile([]string{name, "--config", path}, &out)
		return out.String(), err
	}
	if got, err := command("check"); err != nil || !strings.Contains(got, "1 are in quarantine") {
		t.Errorf("check: %v, %s", err, got)
	}
	file := filepath.Join(filepath.Dir(path), "spool.db")
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	clear(raw[:2*os.Getpagesize()])
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := command("check"); !errors.Is(err, spool.ErrDamaged) {
		t.Errorf("check of a damaged one: %v", err)
	}
	if err := run(t.Context(), []string{"--config", path}); !errors.Is(err, spool.ErrDamaged) {
		t.Errorf("served: %v", err)
	}
	if got, err := command("salvage"); err != nil || !strings.Contains(got, "1 are in quarantine") || !strings.Contains(got, "spool.db.damaged-") {
		t.Errorf("salvage: %v, %s", err, got)
	}
	if _, err := command("check"); err != nil {
		t.Errorf("check of the new one: %v", err)
	}
}

// A configuration of an earlier version is refused with what to do, which then works.
func TestStoreDrain(t *testing.T) {
	path, _ := writeConfig(t)
	old := filepath.Join(t.TempDir(), "store")
	payload := gatewaytest.NewDevice(t, "logger-2", attest.JWS).Next(t)
	oldstoretest.Make(t, old, []oldstoretest.Published{{Device: "logger-2", QoS: 1, Payload: payload}}, 0, false)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	former := filepath.Join(t.TempDir(), "former.yaml")
	if err := os.WriteFile(former, bytes.Replace(text, []byte("embedded: {"), []byte("embedded: {store_dir: "+old+", "), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), []string{"--config", former}); err == nil || !strings.Contains(err.Error(), "mqtt-bridge store drain --config FILE "+old) {
		t.Errorf("with the former configuration: %v", err)
	}
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), "store.opened"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), []string{"--config", path}); !errors.Is(err, bridge.ErrNotDrained) {
		t.Errorf("before it is drained: %v", err)
	}
	var out bytes.Buffer
	if err := drainStore(t.Context(), []string{"--config", path, old}, &out); err != nil || !strings.HasPrefix(out.String(), "1 messages of "+old) {
		t.Fatalf("drain: %v, %s", err, out.String())
	}
	out.Reset()
	if err := spoolFile([]string{"check", "--config", path}, &out); err != nil || !strings.HasPrefix(out.String(), "1 messages wait") {
		t.Errorf("the spool: %v, %s", err, out.String())
	}
	for _, args := range [][]string{{}, {"--config", path}, {"--config", path, old, old}, {"--config", path, t.TempDir()}} {
		if err := drainStore(t.Context(), args, &out); err == nil {
			t.Errorf("drain %v was accepted", args)
		}
	}
}

func TestServeAndQuarantine(t *testing.T) {
	path, listen := writeConfig(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- run(ctx, []string{"--config", path, "--broker", "embedded"}) }()
	waitReady(t, listen)
	command := func(args ...string) string {
		t.Helper()
		var out bytes.Buffer
		if err := quarantine(t.Context(), append(args[:1:1], append([]string{"--config", path}, args[1:]...)...), &out); err != nil {
			t.Fatalf("quarantine %v: %v", args, err)
		}
		return out.String()
	}
	if got := command("list"); !strings.Contains(got, "logger-1\tunreadable\t\"no\"") {
		t.Errorf("list: %s", got)
	}
	var exported spool.Quarantined
	if err := json.Unmarshal([]byte(command("export")), &exported); err != nil || string(exported.Payload) != "x" {
		t.Errorf("export: %+v, %v", exported, err)
	}
	if got := command("devices"); !strings.Contains(got, "logger-1\t1 messages") || !strings.HasSuffix(got, "\troom\n") {
		t.Errorf("devices: %s", got)
	}
	if got := command("show", "1"); !strings.Contains(got, `"code": "unreadable"`) {
		t.Errorf("show: %s", got)
	}
	command("replay", "1") // the fake ledger rejects it again
	deadline := time.Now().Add(60 * time.Second)
	for !strings.Contains(command("list"), "\tinvalid\t") {
		if time.Now().After(deadline) {
			t.Fatal("what was replayed did not come back")
		}
		time.Sleep(10 * time.Millisecond)
	}
	number, _, _ := strings.Cut(command("list"), "\t")
	command("drop", number)
	if got := command("list"); got != "" {
		t.Errorf("after drop: %s", got)
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("stopped with %v", err)
	}
}

func TestWrongCalls(t *testing.T) {
	path, _ := writeConfig(t)
	for _, args := range [][]string{
		{},
		{"--config", filepath.Join(t.TempDir(), "absent.yaml")},
		{"--config", path, "--broker", "redis"},
		{"--frobnicate"},
		{"quarantine"},
		{"spool"},
		{"store"},
		{"store", "salvage", "--config", path},
		{"spool", "burn", "--config", path},
		{"quarantine", "list", "--config", path}, // no bridge runs
		{"quarantine", "withdraw", "--config", path},
		{"quarantine", "burn", "--config", path},
		{"quarantine", "drop", "--config", path},
	} {
		if err := run(t.Context(), args); err == nil {
			t.Errorf("%v was accepted", args)
		}
	}
}

func waitReady(t *testing.T, listen string) {
	t.Helper()
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		response, err := http.Get("http://" + listen + "/readyz")
		if err != nil {
			continue
		}
		_ = response.Body.Close()
		if response.StatusCode == http.StatusOK {
			return
		}
	}
	t.Fatal("the bridge does not come up")
}
