package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/config"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/presence"
)

const good = `
consortium: waymark
broker: embedded
embedded: {listen: "127.0.0.1:8883", cert_file: c.pem, key_file: k.pem}
mqtt: {url: "ssl://127.0.0.1:8883", ca_file: ca.pem}
gateway: {url: "https://127.0.0.1:7000", ca_file: ca.pem, token_file: token}
relay: {linger: 5ms}
spool_dir: spool
listen: 127.0.0.1:9090
`

func load(t *testing.T, text string, environ ...string) (config.Config, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bridge.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return config.Load(path, environ)
}

func TestLoad(t *testing.T) {
	c, err := load(t, good, "HOME=/", "WAYMARK_BRIDGE_GATEWAY__TOKEN_FILE=other", "WAYMARK_BRIDGE_RELAY__BATCH_MESSAGES=7")
	if err != nil {
		t.Fatal(err)
	}
	if c.Gateway.TokenFile != "other" || c.Relay.BatchMessages != 7 || c.Relay.Linger != 5*time.Millisecond ||
		c.Relay.UndisclosedRetry != time.Minute || c.MQTT.ClientID != "waymark-bridge" || c.Embedded.MinFreeBytes != 256<<20 || c.Broker != config.BrokerEmbedded {
		t.Errorf("%+v", c)
	}
	if got := c.AdminToken(); got != filepath.Join("spool", "admin.token") {
		t.Errorf("admin token %s", got)
	}
}

// Of every device that may be connected the bridge knows that it is there.
func TestConnectionsAreNoMoreThanAreRemembered(t *testing.T) {
	for more, refused := range []bool{false, true} {
		text := strings.Replace(good, "key_file: k.pem}", fmt.Sprint("key_file: k.pem, max_connections: ", presence.MaxDevices+more, "}"), 1)
		if _, err := load(t, text); (err != nil) != refused || refused && !strings.Contains(err.Error(), "embedded.max_connections") {
			t.Errorf("%d more: %v", more, err)
		}
	}
}

func TestRefused(t *testing.T) {
	for _, test := range []struct{ name, old, replacement, want string }{
		{"unknown member", "spool_dir:", "spol_dir:", "spol_dir"},
		{"unknown broker", "broker: embedded", "broker: redis", "broker must be"},
		{"no consortium", "consortium: waymark", "", "consortium"},
		{"gateway in the clear", "https://", "http://", "gateway.url"},
		{"broker in the clear", "ssl://127.0.0.1", "tcp://192.0.2.1", "mqtt.url"},
		{"a store of the broker", "key_file: k.pem}", "key_file: k.pem, store_dir: /old}", "mqtt-bridge store drain --config FILE /old"},
		{"what belonged to it", "key_file: k.pem}", "key_file: k.pem, sync_always: false}", "embedded.sync_always: the embedded broker has no store"},
		{"no broker certificate", "cert_file: c.pem, ", "", "embedded.cert_file"},
		{"admin endpoint for all", "listen: 127.0.0.1:9090", "listen: 0.0.0.0:9090", "loopback"},
		{"too small a spool", "spool_dir:", "spool_bytes: 1\nspool_dir:", "spool_bytes"},
		{"too long a linger", "linger: 5ms", "linger: 5m", "relay.linger"},
		{"no wait to disclose", "linger: 5ms", "undisclosed_retry: 1ms", "relay.undisclosed_retry"},
		{"a fleet at the embedded broker", "broker: embedded", "fleet: {id: a}\nbroker: embedded", "fleet.id goes with an external broker"},
		{"a fleet of one shard", "broker: embedded", "fleet: {shards: 1}\nbroker: embedded", "fleet.shards"},
		{"no id of a bridge", "broker: embedded", "fleet: {id: a.b}\nbroker: embedded", "fleet.id"},
		{"too long an id of a bridge", "broker: embedded", "fleet: {id: " + strings.Repeat("a", 17) + "}\nbroker: embedded", "fleet.id"},
		{"too short a lease", "broker: embedded", "fleet: {lease: 4s}\nbroker: embedded", "fleet.lease"},
		{"half a second of a lease", "broker: embedded", "fleet: {lease: 5500ms}\nbroker: embedded", "fleet.lease must be whole"},
		{"too long a client id for a fleet", "mqtt: {", "fleet: {id: a}\nmqtt: {client_id: " + strings.Repeat("a", 33) + ", ", "mqtt.client_id of a fleet"},
		{"not a duration", "linger: 5ms", "linger: soon", "linger"},
		{"a callout of the embedded broker", "spool_dir:", "callout: {url: \"tls://a:4222\"}\nspool_dir:", "external broker"},
		{"a callout in the clear", "spool_dir:", "callout: {url: \"nats://a:4222\"}\nspool_dir:", "callout.url"},
		{"no YAML", "broker: embedded", "broker: [", "parse"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := load(t, strings.Replace(good, test.old, test.replacement, 1))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error about %q", err, test.want)
			}
		})
	}
	if _, err := load(t, good, "WAYMARK_BRIDGE_GATEWAY__TOKN_FILE=x"); err == nil {
		t.Error("a misspelt variable is accepted")
	}
	if _, err := config.Load(filepath.Join(t.TempDir(), "absent.yaml"), nil); err == nil {
		t.Error("an absent file is accepted")
	}
}

func TestEveryFaultIsTold(t *testing.T) {
	_, err := load(t, good+"queue_messages: 0\nqueue_byte: 1\nspool_bytes: many\n")
	for _, want := range []string{"queue_messages", "queue_byte", "spool_bytes"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %s", err, want)
		}
	}
}

func TestAFleetAtAnExternalBroker(t *testing.T) {
	text := strings.Replace(good, "broker: embedded", "broker: external\nfleet: {id: a, shards: 4, lease: 5s}", 1)
	if c, err := load(t, text); err != nil || c.Fleet != (config.Fleet{ID: "a", Shards: 4, Lease: 5 * time.Second}) {
		t.Errorf("%+v, %v", c.Fleet, err)
	}
}

func TestExternalBrokerOnThisMachineMayBeClear(t *testing.T) {
	text := strings.NewReplacer("broker: embedded", "broker: external", "ssl://", "tcp://").Replace(good)
	if _, err := load(t, text); err != nil {
		t.Error(err)
	}
}

func TestAnExternalBrokerIsNamed(t *testing.T) {
	none := strings.Replace(good, `mqtt: {url: "ssl://127.0.0.1:8883", ca_file: ca.pem}`, "", 1)
	if _, err := load(t, none); err != nil {
		t.Errorf("the embedded one: %v", err)
	}
	if _, err := load(t, strings.Replace(none, "broker: embedded", "broker: external", 1)); err == nil || !strings.Contains(err.Error(), "mqtt.url") {
		t.Errorf("one that is not named: %v", err)
	}
}

func TestNodesOfACluster(t *testing.T) {
	for _, test := range []struct {
		urls string
		want int // 0: it is refused
	}{
		{"ssl://a:8883,ssl://b:8883,ssl://c:8883", 3},
		{"ssl://a:8883,tcp://127.0.0.1:1883", 0},
		{"ssl://a:8883, ssl://b:8883", 0},
		{"ssl://a:8883,", 0},
		{strings.Repeat("ssl://a:8883,", 16) + "ssl://b:8883", 0},
	} {
		c, err := load(t, strings.NewReplacer("broker: embedded", "broker: external", "ssl://127.0.0.1:8883", test.urls).Replace(good))
		if (err == nil) != (test.want > 0) || err == nil && len(c.MQTT.URLs()) != test.want {
			t.Errorf("%s: %d URLs, %v", test.urls, len(c.MQTT.URLs()), err)
		}
	}
}
