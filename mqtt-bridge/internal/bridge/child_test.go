package bridge_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/bridge"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/config"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gatewaytest"
	"go.uber.org/goleak"
	"go.uber.org/zap"
)

const (
	// childConfig names the configuration with which the test binary is a bridge, and
	// childNode the one with which it is a nats-server.
	childConfig = "WAYMARK_TEST_BRIDGE_CONFIG"
	childNode   = "WAYMARK_TEST_NATS_CONFIG"
)

func TestMain(m *testing.M) {
	for variable, run := range map[string]func(path string) error{childConfig: runChild, childNode: runNode} {
		if path := os.Getenv(variable); path != "" {
			if err := run(path); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			return
		}
	}
	goleak.VerifyTestMain(m,
		// nats-server's clock runs as long as the process.
		goleak.IgnoreAnyFunction("github.com/nats-io/nats-server/v2/server/ats.init.0.func1"))
}

// runChild is a bridge until it is killed or told to stop.
func runChild(path string) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var c config.Config
	if err := json.Unmarshal(raw, &c); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	return bridge.Serve(ctx, c, zap.NewNop())
}

// runNode is a nats-server until it is killed or told to stop.
func runNode(path string) error {
	options, err := server.ProcessConfigFile(path)
	if err != nil {
		return err
	}
	options.LogFile = os.Getenv("LOG_FILE")
	s, err := server.NewServer(options)
	if err != nil {
		return err
	}
	s.ConfigureLogger()
	s.Start()
	s.WaitForShutdown()
	return nil
}

// spawn starts a bridge as a process of its own.
func (s *site) spawn(t testing.TB) *exec.Cmd {
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

func (s *site) connectSoon(t *testing.T, d *gatewaytest.Device) paho.Client {
	t.Helper()
	var client paho.Client
	waitFor(t, "a connection", func() bool {
		if s.ready(t) != http.StatusOK {
			return false
		}
		var err error
		client, err = connect(t, s.login(t, d))
		return err == nil
	})
	return client
}
