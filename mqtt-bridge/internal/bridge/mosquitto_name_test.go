//go:build mosquitto

package bridge_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gatewaytest"
)

// TestMosquittoKnowsTheBridgeByASecretName: a certificate with a name that anybody would try takes nothing of what waits for the
// bridge, and hears nobody.
func TestMosquittoKnowsTheBridgeByASecretName(t *testing.T) {
	const before, away = 5, 50
	s := newSite(t)
	m := s.onMosquitto(t)
	m.end(t, syscall.SIGTERM)
	m.name(t, s, "wb-5f0c1e7a9b3d")
	m.start(t)
	running := s.spawn(t)
	waitFor(t, "readiness", func() bool { return s.ready(t) == 200 })
	d := gatewaytest.NewDevice(t, "logger-1", attest.COSE)
	s.gateway.Register(d.Record(t, waymark.DeviceActive))
	client, err := connect(t, s.login(t, d))
	if err != nil {
		t.Fatal(err)
	}
	publish(t, client, d, before)
	waitFor(t, "the first", func() bool { return s.inOrder(d.ID, before) })
	end(t, running, syscall.SIGTERM)
	publish(t, client, d, away)
	var heard atomic.Int64
	for _, name := range []string{"waymark-bridge", "waymark-bridge-down", "waymark-bridge-0of8"} {
		impostor := gatewaytest.NewDevice(t, name, attest.COSE)
		options := s.login(t, impostor).SetCleanSession(true).
			SetDefaultPublishHandler(func(paho.Client, paho.Message) { heard.Add(1) })
		other, err := connect(t, options)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		other.Subscribe("waymark/v1/+/up", 1, nil).WaitTimeout(10 * time.Second)
		publish(t, client, d, 1) // which it would hear
		other.Disconnect(100)
	}
	s.spawn(t)
	waitFor(t, "what waited for the bridge", func() bool { return s.inOrder(d.ID, before+away+3) })
	if heard.Load() != 0 {
		t.Errorf("%d messages were heard by another", heard.Load())
	}
}

// name gives the bridge another name than that of the settings. mosquitto does not run.
func (m *mosquitto) name(t *testing.T, s *site, name string) {
	t.Helper()
	acl := placed(t, "mosquitto.acl", "waymark-bridge", name)
	if err := os.WriteFile(filepath.Join(m.dir, "acl"), []byte(acl), 0o600); err != nil {
		t.Fatal(err)
	}
	made := exec.CommandContext(t.Context(), "mosquitto_passwd", "-b", "-c", filepath.Join(m.dir, "passwords"), name, bridgePassword)
	if text, err := made.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	s.config.MQTT.ClientID, s.config.MQTT.Username = name, name
}
