//go:build cluster

package bridge_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"
	"github.com/waymark-ledger/waymark/chaincode/waymark/porttest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/config"
)

const nodes = 3

// TestCluster plays the suite over three nats-servers, with the settings that operators are
// given, and then kills one of them after another under load.
func TestCluster(t *testing.T) {
	set := func(t *testing.T) *stage {
		s := newSite(t)
		c := newCluster(t, s)
		s.config.Broker = config.BrokerExternal
		s.config.MQTT.URL, s.devices = strings.Join(c.urls("ssl://", c.mqtt), ","), c.urls("ssl://", c.mqtt)
		s.config.MQTT.Username, s.config.MQTT.PasswordFile = "waymark-bridge", filepath.Join(c.dir, "password")
		s.config.Callout = config.Callout{URL: strings.Join(c.urls("tls://", c.nats), ","), CAFile: s.config.MQTT.CAFile, Username: "callout",
			PasswordFile: s.config.MQTT.PasswordFile, SeedFile: filepath.Join(c.dir, "seed"), Account: "WAYMARK"}
		if err := s.config.Validate(); err != nil {
			t.Fatal(err)
		}
		c.start(t)
		return &stage{site: s, broker: c, wipe: func(t *testing.T) {
			for i := range nodes {
				if err := os.RemoveAll(c.store(i)); err != nil {
					t.Fatal(err)
				}
			}
		}}
	}
	testBroker(t, set)
	t.Run("one node after another is killed", func(t *testing.T) { testNodesKilled(t, set(t)) })
	t.Run("the store is full", func(t *testing.T) { testStoreFull(t, set(t)) })
}

// testNodesKilled kills each node under load: at one of them are bridge and device, and one leads.
func testNodesKilled(t *testing.T, s *stage) {
	const total = 3000
	s.raise(t)
	c, d, steps := clusterOf(t, s), s.enrol(t, "logger-1"), map[int]func(){}
	for i := range nodes {
		steps[400+800*i] = func() { end(t, c.processes[i], syscall.SIGKILL) }
		steps[800+800*i] = func() { c.startNode(t, i) }
	}
	s.flow(t, d, upcoming(t, d, total), steps)
	s.settled(t, d, total, nil)
}

// testStoreFull fills the store while the bridge is away: the device gets no acknowledgement
// any more, and when the bridge is back all that was acknowledged is there, and it goes on.
func testStoreFull(t *testing.T, s *stage) {
	const room = 128 << 10
	s.raise(t)
	clusterOf(t, s).bound(t, room)
	d := s.enrol(t, "logger-1")
	client, messages := s.reach(t, d), upcoming(t, d, 1000)
	s.endBridge(t, syscall.SIGKILL)
	var tokens []paho.Token
	for _, m := range messages {
		tokens = append(tokens, client.Publish("waymark/v1/"+d.ID+"/up", 1, false, m))
	}
	acknowledged := leading(tokens)
	if size := len(messages[0]); acknowledged == 0 || acknowledged*size > room {
		t.Fatalf("%d messages of %d bytes are acknowledged, into %d bytes", acknowledged, size, room)
	}
	client.Disconnect(0)
	s.bridge = s.spawn(t)
	s.flow(t, d, messages[acknowledged:], nil)
	s.settled(t, d, len(messages), nil)
	t.Logf("%d acknowledged until the store was full", acknowledged)
}

func clusterOf(t *testing.T, s *stage) *cluster {
	t.Helper()
	c, ok := s.broker.(*cluster)
	if !ok {
		t.Fatal("no cluster")
	}
	return c
}

// cluster are three processes that run with docs/operations/nats-cluster.conf.
type cluster struct {
	dir, issuer         string
	certFile, keyFile   string
	mqtt, nats, cluster [nodes]string // addresses
	processes           [nodes]*exec.Cmd
}

func newCluster(t *testing.T, s *site) *cluster {
	t.Helper()
	c := &cluster{dir: t.TempDir(), certFile: s.config.Embedded.CertFile, keyFile: s.config.Embedded.KeyFile}
	for i := range nodes {
		c.mqtt[i], c.nats[i], c.cluster[i] = porttest.Address(t), porttest.Address(t), porttest.Address(t)
	}
	key, err := nkeys.CreateAccount()
	if err != nil {
		t.Fatal(err)
	}
	if c.issuer, err = key.PublicKey(); err != nil {
		t.Fatal(err)
	}
	seed, err := key.Seed()
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"seed": seed, "password": []byte("bridge-password")} {
		if err := os.WriteFile(filepath.Join(c.dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func (c *cluster) urls(scheme string, addresses [nodes]string) []string {
	urls := make([]string, nodes)
	for i, address := range addresses {
		urls[i] = scheme + address
	}
	return urls
}

func (c *cluster) store(node int) string { return filepath.Join(c.dir, "store-"+strconv.Itoa(node)) }

func (c *cluster) start(t *testing.T) {
	t.Helper()
	for i := range nodes {
		c.startNode(t, i)
	}
	c.bound(t, 0)
}

// bound makes the stream of messages as docs/operations/nats-messages.json has it, with
// another bound if that is not 0.
func (c *cluster) bound(t *testing.T, bytes int64) {
	t.Helper()
	var messages jetstream.StreamConfig
	if err := json.Unmarshal([]byte(placed(t, "nats-messages.json")), &messages); err != nil {
		t.Fatal(err)
	}
	if bytes > 0 {
		messages.MaxBytes = bytes
	}
	waitFor(t, "the cluster", func() bool {
		conn, err := nats.Connect(strings.Join(c.urls("tls://", c.nats), ","), nats.RootCAs(c.certFile), nats.UserInfo("operator", "password"))
		if err != nil {
			return false
		}
		defer conn.Close()
		js, err := jetstream.New(conn)
		if err != nil {
			t.Fatal(err)
		}
		_, err = js.CreateOrUpdateStream(t.Context(), messages)
		return err == nil
	})
}

func (c *cluster) end(t *testing.T, how syscall.Signal) {
	t.Helper()
	for i := range nodes {
		end(t, c.processes[i], how)
	}
}

func (c *cluster) startNode(t *testing.T, i int) {
	t.Helper()
	node := exec.CommandContext(context.Background(), os.Args[0])
	settings, err := filepath.Abs("../../../docs/operations/nats-cluster.conf")
	if err != nil {
		t.Fatal(err)
	}
	node.Env = append(os.Environ(), childNode+"="+settings, "LOG_FILE="+filepath.Join(c.dir, fmt.Sprintf("log-%d", i)))
	for name, value := range map[string]string{
		"NODE": "node-" + strconv.Itoa(i), "MQTT_LISTEN": c.mqtt[i], "NATS_LISTEN": c.nats[i], "CLUSTER_LISTEN": c.cluster[i],
		"ROUTE_1": "nats-route://" + c.cluster[0], "ROUTE_2": "nats-route://" + c.cluster[1], "ROUTE_3": "nats-route://" + c.cluster[2],
		"STORE_DIR": c.store(i), "CERT_FILE": c.certFile, "KEY_FILE": c.keyFile, "CA_FILE": c.certFile,
		"BRIDGE_PASSWORD": "bridge-password", "CALLOUT_PASSWORD": "bridge-password", "OPERATOR_PASSWORD": "password", "ISSUER": c.issuer,
	} {
		node.Env = append(node.Env, name+"="+strconv.Quote(value))
	}
	node.Stderr = os.Stderr
	if err := node.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = node.Process.Kill(); _ = node.Wait() })
	c.processes[i] = node
}
