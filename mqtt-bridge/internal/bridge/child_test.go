package bridge_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/bridge"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/config"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gatewaytest"
	"go.uber.org/goleak"
	"go.uber.org/zap"
)

// childConfig names the configuration with which the test binary is a bridge.
const childConfig = "WAYMARK_TEST_BRIDGE_CONFIG"

func TestMain(m *testing.M) {
	if path := os.Getenv(childConfig); path != "" {
		if err := runChild(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m,
		// nats-server's clock runs as long as the process.
		goleak.IgnoreAnyFunction("github.com/nats-io/nats-server/v2/server/ats.init.0.func1"))
}

// runChild is a bridge until it is killed.
func runChild(path string) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var c config.Config
	if err := json.Unmarshal(raw, &c); err != nil {
		return err
	}
	return bridge.Serve(context.Background(), c, zap.NewNop())
}

// spawn starts a bridge as a process of its own.
func (s *site) spawn(t *testing.T) *exec.Cmd {
	t.Helper()
	raw, err := json.Marshal(s.config)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "config.json")
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), childConfig+"="+path)
	child.Stderr = os.Stderr
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = child.Process.Kill(); _ = child.Wait() })
	return child
}

func TestNoAcknowledgedMessageIsLostByKill9(t *testing.T) {
	const total, window = 2000, 40
	s := newSite(t)
	d := gatewaytest.NewDevice(t, "logger-1", attest.COSE)
	s.gateway.Register(d.Record(t, waymark.DeviceActive))
	messages := make([][]byte, total)
	for i := range messages {
		messages[i] = d.Next(t)
	}
	kills := []int{150, 500, 501, 900, 1400, 1950} // acknowledged before the kill
	child := s.spawn(t)
	client := s.connectSoon(t, d)
	acknowledged := 0
	for acknowledged < total {
		end := min(acknowledged+window, total)
		tokens := make([]paho.Token, 0, window)
		for _, m := range messages[acknowledged:end] {
			tokens = append(tokens, client.Publish("waymark/v1/logger-1/up", 1, false, m))
		}
		if len(kills) > 0 && end > kills[0] { // in the middle of the stream
			kills = kills[1:]
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = child.Wait() // killed
			child = s.spawn(t)
		}
		acknowledged += leading(tokens)
		if !client.IsConnectionOpen() {
			client = s.connectSoon(t, d)
		}
	}
	waitFor(t, "every acknowledged message", func() bool { return len(s.gateway.Order("logger-1")) == total })
	if !slices.IsSorted(s.gateway.Order("logger-1")) {
		t.Error("messages reached the ledger out of order")
	}
}

// leading counts the acknowledged messages before the first that is not.
func leading(tokens []paho.Token) int {
	for i, token := range tokens {
		if !token.WaitTimeout(2*time.Second) || token.Error() != nil {
			return i
		}
	}
	return len(tokens)
}

func (s *site) connectSoon(t *testing.T, d *gatewaytest.Device) paho.Client {
	t.Helper()
	var client paho.Client
	waitFor(t, "a connection", func() bool {
		if s.ready(t) != http.StatusOK {
			return false
		}
		var err error
		client, err = s.connect(t, d.ID, d.ID, d.Password(t, time.Now()))
		return err == nil
	})
	return client
}
