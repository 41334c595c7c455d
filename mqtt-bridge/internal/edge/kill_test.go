package edge_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/config"
	"go.uber.org/goleak"
	"go.uber.org/zap"
)

// childConfig names the configuration with which the test binary is an edge.
const childConfig = "WAYMARK_TEST_EDGE_CONFIG"

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

// runChild is an edge until it is killed.
func runChild(path string) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var c config.Config
	if err := json.Unmarshal(raw, &c); err != nil {
		return err
	}
	e, err := edge.Open(c, zap.NewNop())
	if err != nil {
		return err
	}
	return e.Run(context.Background())
}

// spawn starts an edge as a process of its own.
func (p *plant) spawn(t *testing.T) *exec.Cmd {
	t.Helper()
	raw, err := json.Marshal(p.config)
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

// An edge that is killed again and again signs each logger's message once, never uses a number for two messages, and
// loses nothing that the local broker had taken.
func TestKill9(t *testing.T) {
	const total, kills = 1000, 12
	p := newPlant(t)
	p.config.Local.URL = localBroker(t, 5*time.Second) // longer than an edge on a busy machine has a message before it acknowledges it
	p.config.Pack.Linger = 2 * time.Millisecond
	p.startEdge(t)() // once, so that its session is there from the start
	p.startBridge(t)
	sent := p.publishAll(t, 0, total)
	for range kills {
		child := p.spawn(t)
		time.Sleep(50*time.Millisecond + rand.N(600*time.Millisecond)) // at any point
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = child.Wait() // killed
	}
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	p.spawn(t)
	waitFor(t, "everything", func() bool { return len(p.ledger(t, "logger-1")) >= total })
	once(t, p, "logger-1", total)
}

// publishAll publishes values of logger-1 one after another, each once the one before was acknowledged, and says when it is done.
func (p *plant) publishAll(t *testing.T, from, to int) <-chan error {
	t.Helper()
	client, done := p.logger(t, "logger"), make(chan error, 1)
	go func() {
		for i := from; i < to; i++ {
			token := client.Publish("loggers/logger-1", 1, false, fmt.Appendf(nil, `{"t":%d}`, i))
			if token.Wait(); token.Error() != nil {
				done <- token.Error()
				return
			}
		}
		done <- nil
	}()
	return done
}
