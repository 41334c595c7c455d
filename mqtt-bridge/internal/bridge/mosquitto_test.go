//go:build mosquitto

package bridge_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/config"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gatewaytest"
)

// The settings of the README. The test takes anybody's word for a user name, which
// nobody should: how mosquitto knows its devices is its operator's choice.
const mosquittoSettings = `user root
allow_anonymous true
acl_file %[1]s/acl
listener %[2]s 127.0.0.1
certfile %[3]s
keyfile %[4]s
persistence true
persistence_location %[1]s/
autosave_on_changes true
autosave_interval 1
max_queued_messages 1000000
max_inflight_messages 1024
max_queued_bytes 0
`

const mosquittoACL = `user waymark-bridge
topic read waymark/v1/+/up
topic write waymark/v1/+/down
pattern write waymark/v1/%u/up
pattern read waymark/v1/%u/down
`

// TestExternalBroker kills the bridge, and then mosquitto after its autosave: what
// was acknowledged arrives, in order.
func TestExternalBroker(t *testing.T) {
	s := newSite(t)
	settings := s.mosquittoSettings(t)
	broker := startMosquitto(t, settings)
	s.config.Broker = config.BrokerExternal
	s.config.MQTT.Username = "waymark-bridge"
	first := s.spawn(t)
	d := gatewaytest.NewDevice(t, "logger-1", attest.COSE)
	client := s.connectSoon(t, d)
	publish(t, client, d, 500)
	kill(first)
	publish(t, client, d, 2000) // while the bridge is away
	second := s.spawn(t)
	waitFor(t, "what was published before and after the bridge's death", func() bool { return len(s.gateway.Order(d.ID)) == 2500 })
	kill(second)
	publish(t, client, d, 500)
	time.Sleep(3 * time.Second) // past the autosave
	kill(broker)
	startMosquitto(t, settings)
	s.spawn(t)
	waitFor(t, "what was published before mosquitto's death", func() bool { return len(s.gateway.Order(d.ID)) == 3000 })
	if !s.inOrder(d.ID, 3000) {
		t.Error("the messages are not in order")
	}
}

// TestExternalBrokerHeldBack holds the bridge to its memory while mosquitto has the backlog.
func TestExternalBrokerHeldBack(t *testing.T) {
	s := newSite(t)
	startMosquitto(t, s.mosquittoSettings(t))
	s.config.Broker = config.BrokerExternal
	s.config.MQTT.Username = "waymark-bridge"
	s.heldBack(t)
}

func (s *site) mosquittoSettings(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	_, port, err := net.SplitHostPort(s.config.Embedded.Listen)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{
		"acl":            mosquittoACL,
		"mosquitto.conf": fmt.Sprintf(mosquittoSettings, dir, port, s.config.Embedded.CertFile, s.config.Embedded.KeyFile),
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "mosquitto.conf")
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
