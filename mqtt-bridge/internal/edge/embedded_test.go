package edge_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/waymark-ledger/waymark/chaincode/waymark/porttest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/broker"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/config"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gatewaytest"
	"go.uber.org/zap"
)

// everybody may log in.
type everybody struct{}

func (everybody) Login(context.Context, string, string) (time.Time, error) {
	return time.Now().Add(time.Hour), nil
}

func (everybody) LoginByCertificate(context.Context, string, []*x509.Certificate) (time.Time, error) {
	return time.Now().Add(time.Hour), nil
}

// The embedded broker at both ends: the edge is at that of the loggers what a bridge is at its own, over TLS and with a password.
func TestEmbeddedBrokerAtBothEnds(t *testing.T) {
	p := newPlant(t)
	certFile, keyFile := gatewaytest.Certificate(t)
	address := porttest.Address(t)
	theirs, err := broker.Start(t.Context(), broker.Options{Listen: address, CertFile: certFile, KeyFile: keyFile, StoreDir: t.TempDir(),
		StoreBytes: 16 << 20, SyncInterval: time.Second, MaxConnections: 10, BridgeID: "waymark-edge"}, everybody{}, func(bool) {}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(theirs.Stop)
	user, password := theirs.Credential()
	passwordFile := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(passwordFile, []byte(password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.config.Local.URL, p.config.Local.CAFile, p.config.Local.Username, p.config.Local.PasswordFile = "ssl://"+address, certFile, user, passwordFile
	p.config.Sources[1] = config.Source{Name: "packs", Kind: config.SenML, Topic: "waymark/v1/{device}/up"}
	p.config.Sources = p.config.Sources[1:2]
	p.config.Devices = p.config.Devices[1:2]
	p.startBridge(t)
	p.startEdge(t)
	if err := theirs.Open(t.Context()); err != nil { // the edge is subscribed
		t.Fatal(err)
	}
	client := paho.NewClient(paho.NewClientOptions().AddBroker("ssl://" + address).SetTLSConfig(trusting(t, certFile)).
		SetClientID("logger-2").SetUsername("logger-2").SetPassword("x").SetProtocolVersion(4))
	if token := client.Connect(); !token.WaitTimeout(30*time.Second) || token.Error() != nil {
		t.Fatal(token.Error())
	}
	t.Cleanup(func() { client.Disconnect(50) })
	for i := range 20 {
		send(t, client, "waymark/v1/logger-2/up", fmt.Appendf(nil, `[{"n":"t","u":"Cel","v":%d,"t":%d}]`, i, time.Now().Unix()))
	}
	waitFor(t, "everything", func() bool { return len(p.ledger(t, "logger-2")) == 20 })
	once(t, p, "logger-2", 20)
}

func trusting(t *testing.T, certFile string) *tls.Config {
	t.Helper()
	pem, err := os.ReadFile(certFile)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	return &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
}
