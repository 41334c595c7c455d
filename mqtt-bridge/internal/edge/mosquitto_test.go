//go:build mosquitto

package edge_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark/porttest"
)

// mosquittoSettings are those of docs/operations/edge.md, and what a test needs besides.
func mosquittoSettings(t *testing.T, address string) string {
	t.Helper()
	page, err := os.ReadFile("../../../docs/operations/edge.md")
	if err != nil {
		t.Fatal(err)
	}
	_, settings, found := strings.Cut(string(page), "```\npersistence true\n")
	settings, _, end := strings.Cut(settings, "```")
	if !found || !end {
		t.Fatal("docs/operations/edge.md has no settings")
	}
	dir := t.TempDir()
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "mosquitto.conf")
	text := fmt.Sprintf("persistence true\n%spersistence_location %s/\nlog_type error\nuser root\nallow_anonymous true\nlistener %s 127.0.0.1\n", settings, dir, port)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func startMosquitto(t *testing.T, settings string) *exec.Cmd {
	t.Helper()
	broker := exec.CommandContext(context.Background(), "mosquitto", "-c", settings)
	broker.Stderr = os.Stderr
	if err := broker.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { kill(broker) })
	return broker
}

// kill ends a process as kill -9 does.
func kill(process *exec.Cmd) {
	_ = process.Process.Kill() // it may be dead already
	_ = process.Wait()
}

// TestLocalMosquitto kills the edge while a logger publishes to mosquitto, and then mosquitto after its autosave: what the logger was
// acknowledged is on the ledger, once and in order.
func TestLocalMosquitto(t *testing.T) {
	const part, kills = 1000, 8
	p := newPlant(t)
	address := porttest.Address(t)
	p.config.Local.URL, p.config.Pack.Linger = "tcp://"+address, 2*time.Millisecond
	settings := mosquittoSettings(t, address)
	broker := startMosquitto(t, settings)
	p.startEdge(t)() // once, so that its session is there
	p.startBridge(t)
	sent := p.publishAll(t, 0, part)
	for range kills {
		child := p.spawn(t)
		time.Sleep(50*time.Millisecond + rand.N(500*time.Millisecond)) // at any point
		kill(child)
	}
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	if err := <-p.publishAll(t, part, 2*part); err != nil { // while the edge is away
		t.Fatal(err)
	}
	time.Sleep(3 * time.Second) // past the autosave
	kill(broker)
	startMosquitto(t, settings)
	p.spawn(t)
	waitFor(t, "everything", func() bool { return len(p.ledger(t, "logger-1")) >= 2*part })
	once(t, p, "logger-1", 2*part)
	for i, r := range p.ledger(t, "logger-1") {
		if string(r.Decimal()) != fmt.Sprint(i) {
			t.Fatalf("reading %d is %s", i, r.Decimal())
		}
	}
}
