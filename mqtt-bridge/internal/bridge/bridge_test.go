package bridge_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/porttest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/bridge"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/config"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gatewaytest"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest"
)

// site is a bridge with everything around it.
type site struct {
	config  config.Config
	gateway *gatewaytest.Gateway
	devices []string                                                      // URLs for devices
	login   func(t testing.TB, d *gatewaytest.Device) *paho.ClientOptions // of a device, at this site's broker
}

func newSite(t testing.TB) *site {
	t.Helper()
	certFile, keyFile := gatewaytest.Certificate(t)
	g := gatewaytest.New(t)
	dir := t.TempDir()
	c := config.Default()
	c.Consortium = gatewaytest.Consortium
	c.Embedded.Listen, c.Listen = porttest.Address(t), porttest.Address(t)
	c.Embedded.CertFile, c.Embedded.KeyFile = certFile, keyFile
	c.MQTT.CAFile = certFile // of a broker outside, if the test has one
	c.Gateway.URL, c.Gateway.CAFile, c.Gateway.TokenFile = g.URL, g.CAFile, g.TokenFile
	c.SpoolDir = filepath.Join(dir, "spool")
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	s := &site{config: c, gateway: g, devices: []string{"ssl://" + c.Embedded.Listen}}
	s.login = func(t testing.TB, d *gatewaytest.Device) *paho.ClientOptions {
		return s.options(t, d.ID, d.ID, d.Password(t, time.Now()))
	}
	return s
}

// start runs a bridge until the returned function is called, which waits for it.
func (s *site) start(t testing.TB) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	b, err := bridge.Open(ctx, s.config, zaptest.NewLogger(t, zaptest.Level(zap.WarnLevel)))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	waitFor(t, "readiness", func() bool { return s.ready(t) == http.StatusOK })
	var once atomic.Bool
	stop = func() {
		if once.Swap(true) {
			return
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(stop)
	return stop
}

func (s *site) ready(t testing.TB) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.config.Listen+"/readyz", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0
	}
	_ = response.Body.Close()
	return response.StatusCode
}

// options are those of a client written without any help of the bridge.
func (s *site) options(t testing.TB, clientID, user, password string) *paho.ClientOptions {
	t.Helper()
	pem, err := os.ReadFile(s.config.Embedded.CertFile)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	options := paho.NewClientOptions()
	for _, url := range s.devices {
		options.AddBroker(url)
	}
	return options.
		SetTLSConfig(&tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}).
		SetClientID(clientID).SetUsername(user).SetPassword(password).
		SetProtocolVersion(4).SetAutoReconnect(false).SetConnectTimeout(30 * time.Second)
}

func (s *site) connect(t testing.TB, clientID, user, password string) (paho.Client, error) {
	t.Helper()
	return connect(t, s.options(t, clientID, user, password))
}

func connect(t testing.TB, options *paho.ClientOptions) (paho.Client, error) {
	t.Helper()
	client := paho.NewClient(options)
	token := client.Connect()
	token.WaitTimeout(30 * time.Second)
	if token.Error() == nil {
		t.Cleanup(func() { client.Disconnect(50) })
	}
	return client, token.Error()
}

func (s *site) device(t testing.TB, id string, format attest.Format) (*gatewaytest.Device, paho.Client) {
	t.Helper()
	d := gatewaytest.NewDevice(t, id, format)
	s.gateway.Register(d.Record(t, waymark.DeviceActive))
	client, err := connect(t, s.login(t, d))
	if err != nil {
		t.Fatalf("connect %s: %v", id, err)
	}
	return d, client
}

// publish publishes n messages and waits for their acknowledgements.
func publish(t testing.TB, client paho.Client, d *gatewaytest.Device, n int) {
	t.Helper()
	tokens := make([]paho.Token, n)
	for i := range n + window {
		if i < n {
			tokens[i] = client.Publish("waymark/v1/"+d.ID+"/up", 1, false, d.Next(t))
		}
		acknowledged := i - window
		if acknowledged < 0 || acknowledged >= n {
			continue
		}
		if token := tokens[acknowledged]; !token.WaitTimeout(40*time.Second) || token.Error() != nil {
			t.Fatalf("publish %d of %s: %v", acknowledged, d.ID, token.Error())
		}
	}
}

// window is how many messages a device of a test has under way: with thousands, a
// slow disk makes the broker break the connection, and a device sends them again.
const window = 100

// inOrder reports whether the ledger has 1 to n of the device, in order.
func (s *site) inOrder(device string, n int) bool {
	want := make([]uint64, n)
	for i := range want {
		want[i] = uint64(i + 1)
	}
	return slices.Equal(s.gateway.Order(device), want)
}

func TestMessagesReachTheLedgerInOrder(t *testing.T) {
	s := newSite(t)
	s.start(t)
	for i, format := range []attest.Format{attest.JWS, attest.COSE} {
		d, client := s.device(t, fmt.Sprintf("logger-%d", i), format)
		publish(t, client, d, 200)
		waitFor(t, "all of "+d.ID, func() bool { return s.inOrder(d.ID, 200) })
	}
}

func TestNothingIsLostInAnOutageWithARestart(t *testing.T) {
	s := newSite(t)
	stop := s.start(t)
	d, client := s.device(t, "logger-1", attest.JWS)
	publish(t, client, d, 50)
	s.gateway.Fail(func([]string) *gatewaytest.Failure {
		return &gatewaytest.Failure{Status: http.StatusServiceUnavailable}
	})
	publish(t, client, d, 100)
	stop()
	s.gateway.Fail(func(texts []string) *gatewaytest.Failure {
		if texts == nil { // the registry answers, the ledger does not
			return nil
		}
		return &gatewaytest.Failure{} // connection dropped
	})
	s.start(t)
	client, err := s.connect(t, d.ID, d.ID, d.Password(t, time.Now()))
	if err != nil {
		t.Fatal(err)
	}
	publish(t, client, d, 100)
	s.gateway.Fail(nil)
	waitFor(t, "all messages", func() bool { return s.inOrder(d.ID, 250) })
}

func TestFullSpoolHoldsDevicesBack(t *testing.T) {
	const devices, each = 10, 500 // about 2 MB: twice the spool, and none has a quarter of that
	s := newSite(t)
	s.config.SpoolBytes, s.config.QueueMessages = 1<<20, 64
	s.start(t)
	acknowledged := fillSpool(t, s, devices, each)
	time.Sleep(5 * time.Second) // nothing more is acknowledged meanwhile
	s.gateway.Fail(nil)
	acknowledged()
	for n := range devices {
		waitFor(t, "all messages, in order", func() bool { return s.inOrder(fmt.Sprint("logger-", n), each) })
	}
	waitFor(t, "readiness", func() bool { return s.ready(t) == http.StatusOK })
}

func waitFor(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("waited too long for %s", what)
}
