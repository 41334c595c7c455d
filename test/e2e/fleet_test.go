//go:build e2e && mosquitto

package e2e

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/porttest"
	"github.com/waymark-ledger/waymark/test/internal/device"
	"github.com/waymark-ledger/waymark/test/internal/localnet"
	"github.com/waymark-ledger/waymark/test/internal/mosquitto"
)

// fleetShards is how many parts the devices have.
const fleetShards = 8

// fleetInterval is the time between two messages of a device. mosquitto holds no device back, gives each message to the session of every shard,
// and writes all that it has to its disk with each of them: what comes faster than sessions drain grows without end.
const fleetInterval = 100 * time.Millisecond

// member is a bridge of a fleet at one mosquitto. It can be killed, and started again with its spool.
type member struct {
	config, address string
	cmd             *exec.Cmd
}

// newMember writes the configuration of one.
func newMember(t *testing.T, id string, broker *mosquitto.Broker) *member {
	t.Helper()
	m, dir, listen := local.at.Members["producer"], t.TempDir(), porttest.Address(t)
	token := filepath.Join(dir, "relay.token")
	text := fmt.Sprintf("consortium: %s\nbroker: external\nfleet: {id: %s, shards: %d, lease: 5s}\n", local.at.Consortium, id, fleetShards) +
		fmt.Sprintf("mqtt: {url: %q, ca_file: %q, username: %q, password_file: %q}\n", broker.Bridges, local.at.MQTT.CAFile, mosquitto.Username, broker.PasswordFile) +
		fmt.Sprintf("gateway: {url: %q, ca_file: %q, token_file: %q}\n", m.GatewayURL, m.CAFile, token) +
		fmt.Sprintf("spool_dir: %q\nlisten: %q\n", filepath.Join(dir, "spool"), listen)
	b := &member{config: filepath.Join(dir, "mqtt-bridge.yaml"), address: listen}
	for file, content := range map[string]string{token: m.Tokens[string(waymark.Relay)], b.config: text} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

func (b *member) start(t *testing.T) {
	t.Helper()
	root, err := localnet.Root()
	if err != nil {
		t.Fatal(err)
	}
	b.cmd = exec.Command(filepath.Join(root, ".waymark", "bin", "mqtt-bridge"), "--config", b.config)
	b.cmd.Stderr = t.Output()
	if err := b.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.kill)
}

func (b *member) kill() {
	_ = b.cmd.Process.Kill() // fails if it was killed before
	_ = b.cmd.Wait()
}

var heldShards = regexp.MustCompile(`(?m)^waymark_bridge_fleet_shards_held ([0-9]+)$`)

// held is how many shards it has whose sessions stand; 0 while it does not say.
func (b *member) held(ctx context.Context) int {
	if status, _ := ask(ctx, "http://"+b.address+"/readyz"); status != http.StatusOK {
		return 0
	}
	_, text := ask(ctx, "http://"+b.address+"/metrics")
	found := heldShards.FindStringSubmatch(text)
	if found == nil {
		return 0
	}
	n, _ := strconv.Atoi(found[1]) // these are digits
	return n
}

// ask reads what an address answers; 0 if nobody does.
func ask(ctx context.Context, url string) (status int, body string) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return 0, ""
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, ""
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, ""
	}
	return response.StatusCode, string(text)
}

// newMosquitto starts a broker with the certificate of the network's own.
func newMosquitto(ctx context.Context, t *testing.T) *mosquitto.Broker {
	t.Helper()
	first, err := os.ReadFile(filepath.Join(local.Dir(), "bridge", "mqtt-bridge.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, found := range regexp.MustCompile(`(?m)^ +(cert|key)_file: "?([^"\n]+)"?$`).FindAllStringSubmatch(string(first), -1) {
		files[found[1]] = found[2]
	}
	root, err := localnet.Root()
	if err != nil {
		t.Fatal(err)
	}
	b, err := mosquitto.New(mosquitto.Options{Root: root, Dir: t.TempDir(), CertFile: files["cert"], KeyFile: files["key"], LogFile: filepath.Join(local.Dir(), "logs", "mosquitto.log"), Devices: porttest.Address(t), Bridges: porttest.Address(t)})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Start(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Kill)
	return b
}

// TestMosquittoFleet: of two bridges that share the devices at one broker one is killed under load. The other takes its shards, and gives
// them back when it is there again; then every peer has each message that was acknowledged, once.
func TestMosquittoFleet(t *testing.T) {
	ctx := limit(t, 4*time.Minute)
	broker := newMosquitto(ctx, t)
	one, other := newMember(t, "a", broker), newMember(t, "b", broker)
	one.start(t)
	other.start(t)
	shared := func() bool {
		first, second := one.held(ctx), other.held(ctx)
		return first > 0 && second > 0 && first+second == fleetShards
	}
	until(ctx, t, "for both to have shards", shared)

	const devices = 6
	end, ended, all := make(chan struct{}), make(chan error, devices), make([]*device.Device, devices)
	for n := range all {
		d := logger(ctx, t, attest.Ed25519)
		shown, err := broker.Certificate(d.ID())
		if err != nil {
			t.Fatal(err)
		}
		s, err := d.Connect(ctx, device.Broker{URL: broker.Devices, CAFile: local.at.MQTT.CAFile, Certificate: shown})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		all[n] = d
		go func() { ended <- streamUntil(ctx, d, s, fleetInterval, end) }()
	}
	time.Sleep(faultAfter)
	one.kill()
	killed := time.Now()
	until(ctx, t, "for the other to have all shards", func() bool { return other.held(ctx) == fleetShards })
	t.Logf("all shards were at the other bridge %s after the kill", time.Since(killed).Round(100*time.Millisecond))
	one.start(t)
	until(ctx, t, "for both to have shards again", shared)
	time.Sleep(faultAfter)
	close(end)
	last := make(map[string]uint64)
	for range all {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	for _, d := range all {
		last[d.ID()], _ = d.Last()
		awaitStream(ctx, t, d.ID(), last[d.ID()])
	}
	awaitSameHeight(ctx, t)
	everyPeerHas(t, last)
	t.Logf("acknowledged, and on every peer once: %v", last)
}
