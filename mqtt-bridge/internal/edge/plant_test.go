package edge_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/porttest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/bridge"
	bridgeconfig "github.com/waymark-ledger/waymark/mqtt-bridge/internal/config"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/config"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gatewaytest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/key"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest"
)

// plant is an edge with everything around it: the broker of its loggers, and a consortium's bridge before a fake gateway.
type plant struct {
	config  config.Config
	bridge  bridgeconfig.Config
	gateway *gatewaytest.Gateway
	keys    []waymark.DeviceKey // of all its devices
}

func newPlant(t testing.TB) *plant {
	t.Helper()
	dir, p := t.TempDir(), &plant{gateway: gatewaytest.New(t)}
	keyFile := filepath.Join(dir, "edge.pem")
	private, err := key.Make(keyFile, attest.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	p.bridge = bridgeConfig(t, dir, p.gateway)
	c := config.Default()
	c.Consortium, c.ID, c.Keys = gatewaytest.Consortium, "edge-1", []config.Key{{ID: "e1", File: keyFile}}
	c.StoreDir, c.Listen = filepath.Join(dir, "edge"), porttest.Address(t)
	c.Local.URL, c.Local.RebirthWait = localBroker(t, time.Second), time.Second
	c.Uplink.URL, c.Uplink.CAFile, c.Uplink.ConnectRate, c.Uplink.MaxBackoff = "ssl://"+p.bridge.Embedded.Listen, p.bridge.Embedded.CertFile, 1000, time.Second
	c.Pack.Linger = 10 * time.Millisecond
	c.Sources = []config.Source{
		{Name: "loggers", Kind: config.JSON, Topic: "loggers/{device}", Fields: []config.Field{{From: "/t", Name: "temperature", Unit: "Cel"}}},
		{Name: "packs", Kind: config.SenML, Topic: "packs/{device}"},
		{Name: "plant", Kind: config.Sparkplug, Group: "Plant", Fields: []config.Field{{From: "Temp", Name: "temperature", Unit: "Cel"}}},
	}
	c.Devices = []config.Device{{ID: "logger-1", Source: "loggers"}, {ID: "logger-2", Source: "packs"}, {ID: "oven-1", Source: "plant", Address: "press/oven"}}
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	jwk, err := attest.PublicJWK(private)
	if err != nil {
		t.Fatal(err)
	}
	p.keys = []waymark.DeviceKey{{ID: "e1", JWK: jwk}}
	for _, id := range append(c.DeviceIDs(), c.ID) {
		p.gateway.Register(waymark.Device{ID: id, Owner: "producer", State: waymark.DeviceActive, Keys: p.keys})
	}
	p.config = c
	return p
}

func bridgeConfig(t testing.TB, dir string, g *gatewaytest.Gateway) bridgeconfig.Config {
	t.Helper()
	certFile, keyFile := gatewaytest.Certificate(t)
	b := bridgeconfig.Default()
	b.Consortium = gatewaytest.Consortium
	b.Embedded.Listen, b.Listen = porttest.Address(t), porttest.Address(t)
	b.Embedded.CertFile, b.Embedded.KeyFile = certFile, keyFile
	b.Gateway.URL, b.Gateway.CAFile, b.Gateway.TokenFile = g.URL, g.CAFile, g.TokenFile
	b.SpoolDir = filepath.Join(dir, "spool")
	return b
}

// localBroker is a broker that lets everybody in, and sends again what is not acknowledged for so long. What is acknowledged just then it
// sends by another packet id.
func localBroker(t testing.TB, ackWait time.Duration) string {
	t.Helper()
	return "tcp://" + serveLocal(t, &server.Options{MQTT: server.MQTTOpts{AckWait: ackWait, MaxAckPending: 1024}})
}

// serveLocal runs a broker with some options, and returns its address.
func serveLocal(t testing.TB, o *server.Options) string {
	t.Helper()
	o.ServerName, o.DontListen, o.NoSigs, o.NoLog, o.JetStream, o.StoreDir, o.MaxPayload = "local", true, true, true, true, t.TempDir(), 4<<20
	o.MQTT.Host, o.MQTT.Port = "127.0.0.1", server.RANDOM_PORT
	s, err := server.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(30 * time.Second) {
		t.Fatal("the local broker does not come up")
	}
	v, err := s.Varz(nil)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("127.0.0.1:%d", v.MQTT.Port)
}

// startBridge runs the consortium's bridge until the test ends.
func (p *plant) startBridge(t testing.TB) {
	t.Helper()
	b, err := bridge.Open(t.Context(), p.bridge, zaptest.NewLogger(t, zaptest.Level(zap.ErrorLevel)))
	if err != nil {
		t.Fatal(err)
	}
	run(t, b.Run, b.Close)
	waitFor(t, "the bridge", func() bool { return ready(t, p.bridge.Listen) == http.StatusOK })
}

// startEdge runs the edge until the returned function is called, or the test ends.
func (p *plant) startEdge(t testing.TB) (stop func()) {
	t.Helper()
	return p.startEdgeAt(t, time.Now)
}

func (p *plant) startEdgeAt(t testing.TB, now func() time.Time) (stop func()) {
	t.Helper()
	e, err := edge.OpenAt(p.config, zaptest.NewLogger(t, zaptest.Level(zap.ErrorLevel)), now)
	if err != nil {
		t.Fatal(err)
	}
	stop = run(t, e.Run, e.Close)
	waitFor(t, "the edge", func() bool { return ready(t, p.config.Listen) == http.StatusOK })
	return stop
}

func run(t testing.TB, work func(context.Context) error, end func() error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- work(ctx) }()
	ended := false
	stop = func() {
		if ended {
			return
		}
		ended = true
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := end(); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(stop)
	return stop
}

func ready(t testing.TB, address string) int {
	t.Helper()
	status, _ := readiness(t, address)
	return status
}

// readiness returns what /readyz says, 0 if nothing answers.
func readiness(t testing.TB, address string) (status int, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+"/readyz", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, ""
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, ""
	}
	return response.StatusCode, string(text)
}

// logger is a client of the local broker.
func (p *plant) logger(t testing.TB, id string) paho.Client {
	t.Helper()
	client := paho.NewClient(paho.NewClientOptions().AddBroker(p.config.Local.URL).SetClientID(id).SetProtocolVersion(4).SetAutoReconnect(false))
	waitFor(t, "the local broker", func() bool {
		token := client.Connect()
		return token.WaitTimeout(30*time.Second) && token.Error() == nil
	})
	t.Cleanup(func() { client.Disconnect(50) })
	return client
}

func send(t testing.TB, client paho.Client, topic string, payload []byte) {
	t.Helper()
	if token := client.Publish(topic, 1, false, payload); !token.WaitTimeout(30*time.Second) || token.Error() != nil {
		t.Fatal(token.Error())
	}
}

// ledger returns the readings that the fake ledger has of a device, in the order of the device's chain. It checks that no number
// came with two digests, that none is missing and that the messages chain.
func (p *plant) ledger(t testing.TB, device string) (all []senml.Reading) {
	t.Helper()
	messages := make(map[uint64]*attest.Message)
	for _, batch := range p.gateway.Batches() {
		for _, text := range batch {
			m, err := attest.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			if m.Device != device {
				continue
			}
			if before := messages[m.Sequence]; before != nil && digest(t, before) != digest(t, m) {
				t.Fatalf("number %d of %s was used twice", m.Sequence, device)
			}
			messages[m.Sequence] = m
		}
	}
	for n := uint64(1); messages[n] != nil; n++ {
		if previous := messages[n-1]; previous != nil {
			if d := digest(t, previous); !bytes.Equal(messages[n].Previous, d[:]) {
				t.Fatalf("message %d of %s does not chain", n, device)
			}
		}
		readings, err := senml.Parse(messages[n])
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, readings...)
	}
	return all
}

func digest(t testing.TB, m *attest.Message) attest.Digest {
	t.Helper()
	d, err := m.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func waitFor(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("waited too long for %s", what)
}
