package bridge_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/bridge"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/config"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gatewaytest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/oldstore"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/oldstore/oldstoretest"
	"go.uber.org/zap"
)

// What an earlier version's broker had acknowledged and the bridge had not taken reaches the ledger, in order and before anything newer. No
// bridge starts before.
func TestAStoreOfAnEarlierVersionIsDrained(t *testing.T) {
	const before, taken = 300, 120
	for _, killed := range []bool{false, true} {
		s, dir := newSite(t), t.TempDir()
		s.config.SpoolBytes = 1 << 20 // as full as may be, already
		d := gatewaytest.NewDevice(t, "logger-1", attest.COSE)
		s.gateway.Register(d.Record(t, waymark.DeviceActive))
		var published []oldstoretest.Published
		for range before {
			published = append(published, oldstoretest.Published{Device: d.ID, QoS: 1, Payload: d.NextOf(t, 8<<10)})
		}
		oldstoretest.Make(t, dir, published, taken, killed)
		note := filepath.Join(s.config.SpoolDir, "store.opened")
		if err := errors.Join(os.MkdirAll(s.config.SpoolDir, 0o700), os.WriteFile(note, []byte("opened"), 0o600)); err != nil {
			t.Fatal(err)
		}
		for _, broker := range []config.Broker{config.BrokerEmbedded, config.BrokerExternal} {
			c := s.config
			c.Broker = broker
			if b, err := bridge.Open(t.Context(), c, zap.NewNop()); !errors.Is(err, bridge.ErrNotDrained) || !strings.Contains(err.Error(), "mqtt-bridge store drain") {
				if err == nil {
					err = b.Close()
				}
				t.Fatalf("%s: it starts: %v", broker, err)
			}
		}
		for _, wrong := range wrongStores(t, dir) {
			if _, err := bridge.Drain(t.Context(), s.config, wrong, zap.NewNop()); !errors.Is(err, oldstore.ErrNone) {
				t.Fatalf("drained nothing from %s: %v", wrong, err)
			}
			if _, err := os.Stat(note); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 { // as after a drain that was interrupted
			n, err := bridge.Drain(t.Context(), s.config, dir, zap.NewNop())
			if err != nil || n < before-taken {
				t.Fatalf("%d messages, %v", n, err)
			}
			t.Logf("%d messages, at least %d of them not on the ledger", n, before-taken)
		}
		s.start(t)
		publish(t, s.connectSoon(t, d), d, 10)
		waitFor(t, "all messages", func() bool { return len(s.gateway.Order(d.ID)) == before-taken+10 })
		for i, sequence := range s.gateway.Order(d.ID) {
			if sequence != uint64(taken+i+1) {
				t.Fatalf("message %d comes as number %d", sequence, i+1)
			}
		}
	}
}

// wrongStores are folders that an operator could name in place of a store: one that is not there, one of which nothing is left, and one
// that has lost the stream of messages.
func wrongStores(t *testing.T, store string) []string {
	t.Helper()
	empty, lost := t.TempDir(), t.TempDir()
	if err := errors.Join(os.Mkdir(filepath.Join(empty, "jetstream"), 0o700), os.CopyFS(lost, os.DirFS(store))); err != nil {
		t.Fatal(err)
	}
	streams, err := filepath.Glob(filepath.Join(lost, "jetstream", "*", "streams", "$MQTT_msgs"))
	if err != nil || len(streams) != 1 {
		t.Fatal(streams, err)
	}
	if err := os.RemoveAll(streams[0]); err != nil {
		t.Fatal(err)
	}
	return []string{filepath.Join(store, "elsewhere"), empty, lost}
}
