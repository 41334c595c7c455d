package edge_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/config"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gatewaytest"
)

// The loggers' broker is reached over TLS and with a password.
func TestALocalBrokerWithAPassword(t *testing.T) {
	p := newPlant(t)
	certFile, keyFile := gatewaytest.Certificate(t)
	certificate, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		t.Fatal(err)
	}
	const user, password = "edge", "secret"
	address := serveLocal(t, &server.Options{Username: user, Password: password, MQTT: server.MQTTOpts{
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}, AckWait: time.Second}})
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
	client := paho.NewClient(paho.NewClientOptions().AddBroker("ssl://" + address).SetTLSConfig(trusting(t, certFile)).
		SetClientID("logger-2").SetUsername(user).SetPassword(password).SetProtocolVersion(4))
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
