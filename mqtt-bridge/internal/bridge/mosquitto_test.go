//go:build mosquitto

package bridge_test

import (
	"context"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/porttest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/config"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gatewaytest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
)

const bridgePassword = "bridge-password"

// TestMosquitto plays the suite over mosquitto, with the settings that operators are given.
func TestMosquitto(t *testing.T) {
	testBroker(t, func(t *testing.T) *stage {
		s := newSite(t)
		m := s.onMosquitto(t)
		return &stage{site: s, broker: m, habits: habits{grantsAll: true, qos1: true, forgets: true, open: true}, wipe: func(t *testing.T) {
			if err := os.Remove(filepath.Join(m.dir, "mosquitto.db")); err != nil {
				t.Fatal(err)
			}
		}}
	})
}

// TestExternalBrokerHeldBack holds the bridge to its memory while mosquitto has the backlog.
func TestExternalBrokerHeldBack(t *testing.T) {
	s := newSite(t)
	s.onMosquitto(t)
	s.heldBack(t, 225)
}

// TestMosquittoStrangers: ids that anybody can make up, at a broker that asks no registry, do not keep the quarantine for longer than it takes
// to be sure of them, however many they are and whatever they publish: a device of the registry goes on, and all of its messages are kept, bad ones too.
func TestMosquittoStrangers(t *testing.T) {
	const strangers, each, shared, good, bad = 100, 15, 20, 200, 10
	s := newSite(t)
	s.onMosquitto(t)
	s.config.QuarantineBytes, s.config.QuarantineUnregisteredMessages = 4<<20, shared // which has all of theirs until the registry has said twice that it does not know them
	s.start(t)
	d, client := s.device(t, "logger-1", attest.JWS)
	for n := range strangers {
		made := gatewaytest.NewDevice(t, fmt.Sprintf("made-up-%d", n), attest.JWS)
		stranger, err := connect(t, s.login(t, made))
		if err != nil {
			t.Fatal(err)
		}
		for i := range each {
			payload := made.NextOf(t, 1000) // the ledger is asked
			if i%2 == 0 {
				payload = fmt.Appendf(nil, "nonsense %d %s", i, strings.Repeat("x", 1000))
			}
			if token := stranger.Publish("waymark/v1/"+made.ID+"/up", 1, false, payload); !token.WaitTimeout(time.Minute) || token.Error() != nil {
				t.Fatalf("%s: %v", made.ID, token.Error())
			}
		}
		stranger.Disconnect(0)
		publish(t, client, d, good/strangers)
	}
	for n := range bad {
		if token := client.Publish("waymark/v1/logger-1/up", 1, false, fmt.Appendf(nil, "nonsense %d", n)); !token.WaitTimeout(time.Minute) || token.Error() != nil {
			t.Fatal(token.Error())
		}
	}
	waitFor(t, "the device's messages", func() bool { return s.inOrder(d.ID, good) })
	c := s.admin(t)
	want := []spool.Account{{Device: d.ID, Messages: bad}, {Unregistered: true, Messages: shared, Full: true}}
	sorted := func() bool {
		accounts, err := c.Devices(t.Context())
		for i := range accounts {
			accounts[i].Bytes = 0
		}
		return err == nil && slices.Equal(accounts, want)
	}
	recorded := time.Now()
	waitFor(t, "the accounts, or some time", func() bool { return sorted() || time.Since(recorded) > time.Minute }) // it is two minutes and a half at most
	waitFor(t, "the accounts", sorted)
}

// onMosquitto puts a site onto a mosquitto of its own, where devices are known by their certificates.
func (s *site) onMosquitto(t *testing.T) *mosquitto {
	t.Helper()
	ca := gatewaytest.NewAuthority(t, nil)
	m := newMosquitto(t, s, ca)
	s.config.Broker = config.BrokerExternal
	s.config.MQTT.URL, s.devices = "ssl://"+m.bridges, []string{"ssl://" + m.devices}
	s.config.MQTT.Username, s.config.MQTT.PasswordFile = "waymark-bridge", filepath.Join(m.dir, "password")
	s.login = func(t testing.TB, d *gatewaytest.Device) *paho.ClientOptions {
		return s.withChain(t, d, d.ID, "", ca.Issue(t, d, nil))
	}
	m.start(t)
	return m
}

// mosquitto is a process that runs with docs/operations/mosquitto.conf.
type mosquitto struct {
	dir, devices, bridges string
	log                   *os.File // in dir
	process               *exec.Cmd
}

func newMosquitto(t *testing.T, s *site, ca *gatewaytest.Authority) *mosquitto {
	t.Helper()
	m := &mosquitto{dir: t.TempDir(), devices: porttest.Address(t), bridges: porttest.Address(t)}
	settings := placed(t, "mosquitto.conf",
		"/etc/mosquitto/waymark/broker.pem", s.config.Embedded.CertFile, "/etc/mosquitto/waymark/broker.key", s.config.Embedded.KeyFile,
		"/etc/mosquitto/waymark", m.dir, "/var/lib/mosquitto", m.dir,
		"8883 0.0.0.0", listener(t, m.devices), "8884 127.0.0.1", listener(t, m.bridges))
	for name, content := range map[string]string{
		"mosquitto.conf": "user root\n" + settings, // the test may be run by root, whose files mosquitto's own user cannot read
		"acl":            placed(t, "mosquitto.acl"),
		"password":       bridgePassword,
		"device-cas.pem": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.Certificate.Raw})),
	} {
		if err := os.WriteFile(filepath.Join(m.dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var err error
	if m.log, err = os.Create(filepath.Join(m.dir, "log")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.log.Close() })
	made := exec.CommandContext(t.Context(), "mosquitto_passwd", "-b", "-c", filepath.Join(m.dir, "passwords"), "waymark-bridge", bridgePassword)
	if text, err := made.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return m
}

// listener is an address as mosquitto has it.
func listener(t *testing.T, address string) string {
	t.Helper()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	return port + " " + host
}

func (m *mosquitto) start(t *testing.T) {
	t.Helper()
	m.process = exec.CommandContext(context.Background(), "mosquitto", "-c", filepath.Join(m.dir, "mosquitto.conf"))
	m.process.Stderr = m.log
	if err := m.process.Start(); err != nil {
		t.Fatal(err)
	}
	started := m.process
	t.Cleanup(func() { _ = started.Process.Kill(); _ = started.Wait() })
	waitFor(t, "mosquitto", func() bool {
		conn, err := net.DialTimeout("tcp", m.devices, time.Second)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
}

func (m *mosquitto) end(t *testing.T, how syscall.Signal) {
	t.Helper()
	end(t, m.process, how)
}
