package broker

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gatewaytest"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
)

// nobody refuses every device.
type nobody struct{}

func (nobody) Login(context.Context, string, string) (time.Time, error) {
	return time.Time{}, errors.New("refused")
}

// LoginByCertificate refuses, too.
func (nobody) LoginByCertificate(context.Context, string, []*x509.Certificate) (time.Time, error) {
	return time.Time{}, errors.New("refused")
}

func start(t testing.TB, o Options) *Broker {
	t.Helper()
	return startAs(t, o, nobody{})
}

// startFor starts a broker for devices, at which the bridge has subscribed.
func startFor(t testing.TB, o Options, logins Logins) *Broker {
	t.Helper()
	b := startAs(t, o, logins)
	subscribe(t, b, o.CertFile)
	return b
}

func startAs(t testing.TB, o Options, logins Logins) *Broker {
	t.Helper()
	b, err := Start(t.Context(), o, logins, func(bool) {}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Stop)
	return b
}

func options(t testing.TB) Options {
	t.Helper()
	certFile, keyFile := gatewaytest.Certificate(t)
	return Options{Listen: "127.0.0.1:0", CertFile: certFile, KeyFile: keyFile, StoreDir: t.TempDir(),
		StoreBytes: 16 << 20, SyncInterval: time.Second, MaxConnections: 10, BridgeID: "waymark-bridge", HoldsMessages: 4096, HoldsBytes: 32 << 20}
}

// subscribe subscribes as the bridge does, and leaves.
func subscribe(t testing.TB, b *Broker, caFile string) {
	t.Helper()
	receiver(t, b, caFile, func(paho.Message) {}).Disconnect(100)
}

// receiver connects as the bridge does. It acknowledges nothing by itself.
func receiver(t testing.TB, b *Broker, caFile string, take func(paho.Message)) paho.Client {
	t.Helper()
	client, err := receive(b, caFile, take)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func receive(b *Broker, caFile string, take func(paho.Message)) (paho.Client, error) {
	pem, err := os.ReadFile(caFile)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	name, password := b.Credential()
	client := paho.NewClient(paho.NewClientOptions().AddBroker("ssl://" + b.Address()).SetAutoAckDisabled(true).SetAutoReconnect(false).
		SetTLSConfig(&tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}).SetDefaultPublishHandler(func(_ paho.Client, m paho.Message) { take(m) }).
		SetClientID(name).SetUsername(name).SetPassword(password).SetCleanSession(false).SetProtocolVersion(4))
	for _, token := range []func() paho.Token{
		client.Connect,
		func() paho.Token { return client.Subscribe("waymark/v1/+/up", 1, nil) },
	} {
		if t1 := token(); !t1.WaitTimeout(10*time.Second) || t1.Error() != nil {
			return nil, errors.Join(errors.New("the bridge does not get in"), t1.Error())
		}
	}
	return client, nil
}

func consumers(t *testing.T, b *Broker) int {
	t.Helper()
	stream, err := b.js.Stream(t.Context(), messagesStream)
	if err != nil {
		t.Fatal(err)
	}
	return stream.CachedInfo().State.Consumers
}

// unacknowledged is the bound of the one subscription.
func unacknowledged(t *testing.T, b *Broker) int {
	t.Helper()
	stream, err := b.js.Stream(t.Context(), messagesStream)
	if err != nil {
		t.Fatal(err)
	}
	bound := 0
	for info := range stream.ListConsumers(t.Context()).Info() {
		bound += info.Config.MaxAckPending
	}
	return bound
}

func TestSubscriptionSurvivesARestartOnceOpen(t *testing.T) {
	o := options(t)
	for _, step := range []struct {
		name string
		open bool // at the end of the step
		want int  // subscriptions at its start
	}{
		{"new", false, 0},
		{"died before it was open: starts afresh", true, 0},
		{"was open: keeps its session", true, 1},
		{"another bound", true, 1},
	} {
		o.StoreBytes += 1 << 20
		o.HoldsMessages /= 4 // down to 16
		b := start(t, o)
		if got := consumers(t, b); got != step.want {
			t.Errorf("%s: %d subscriptions, want %d", step.name, got, step.want)
		}
		subscribe(t, b, o.CertFile)
		if step.open {
			if err := b.Open(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := unacknowledged(t, b); got != o.unacknowledged() {
				t.Errorf("%s: %d messages are sent without being acknowledged, want %d", step.name, got, o.unacknowledged())
			}
		}
		stream, err := b.js.Stream(t.Context(), messagesStream)
		if err != nil || stream.CachedInfo().Config.MaxBytes != o.StoreBytes {
			t.Errorf("%s: bound %d, %v", step.name, stream.CachedInfo().Config.MaxBytes, err)
		}
		b.Stop()
	}
}

// Devices are not let in while what they publish would be kept for nobody: the server says of a subscription that was lost that it exists.
func TestNobodyIsLetInWithoutASubscription(t *testing.T) {
	o := options(t)
	b := start(t, o)
	subscribe(t, b, o.CertFile)
	stream, err := b.js.Stream(t.Context(), messagesStream)
	if err != nil {
		t.Fatal(err)
	}
	for name := range stream.ConsumerNames(t.Context()).Name() {
		if err := stream.DeleteConsumer(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	subscribe(t, b, o.CertFile)
	if err := b.Open(t.Context()); !errors.Is(err, ErrDamaged) || b.Opened() {
		t.Errorf("open: %v, %t", err, b.Opened())
	}
}

func TestPortInUse(t *testing.T) {
	o := options(t)
	o.Listen = start(t, o).Address()
	o.StoreDir = t.TempDir()
	if b, err := Start(t.Context(), o, nobody{}, func(bool) {}, zap.NewNop()); err == nil {
		b.Stop()
		t.Error("two brokers on one port")
	}
}

// named is a connection as the server names it.
type named struct {
	server.ClientAuthentication
	name string
}

func (n named) String() string { return n.name }

func FuzzClientID(f *testing.F) {
	for _, id := range []string{"logger-1", "", `x" - mid:1 - "waymark-bridge`, "a\nb", `\`, "\xff", ` - mid:1 - "y"`} {
		f.Add(id)
	}
	f.Fuzz(func(t *testing.T, id string) {
		number, got, ok := mqttClient(named{name: fmt.Sprintf("127.0.0.1:5 - mid:7 - %q", id)})
		if !ok || got != id || number != 7 {
			t.Errorf("read %q of %d, %t; want %q of 7", got, number, ok, id)
		}
	})
}

func TestStoreWithMessagesIsKeptWithoutItsMark(t *testing.T) {
	o := options(t)
	b := start(t, o)
	subscribe(t, b, o.CertFile)
	if err := b.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := b.js.Publish(t.Context(), "$MQTT.msgs.waymark.v1.logger-1.up", []byte("acknowledged")); err != nil {
		t.Fatal(err)
	}
	b.Stop()
	mark := filepath.Join(o.StoreDir, openedFile)
	if err := os.Remove(mark); err != nil {
		t.Fatal(err)
	}
	b = start(t, o)
	if held, err := b.heldMessages(t.Context()); held != 1 || err != nil || consumers(t, b) != 1 {
		t.Errorf("%d messages and %d subscriptions are left, %v", held, consumers(t, b), err)
	}
	if err := b.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(mark); err != nil {
		t.Error(err)
	}
}

func TestDevicesAreKeptOutWithoutAMark(t *testing.T) {
	o := options(t)
	b := start(t, o)
	subscribe(t, b, o.CertFile)
	mark := filepath.Join(o.StoreDir, openedFile)
	if err := os.Mkdir(mark, 0o700); err != nil { // where the file is to be
		t.Fatal(err)
	}
	if err := b.Open(t.Context()); err == nil || b.Opened() {
		t.Errorf("opened %t, %v", b.Opened(), err)
	}
	if err := os.Remove(mark); err != nil {
		t.Fatal(err)
	}
	if err := b.Open(t.Context()); err != nil || !b.Opened() {
		t.Errorf("opened %t, %v", b.Opened(), err)
	}
}

// Whoever is refused again and again does not fill the sample of lines that the broker has for itself.
func TestRefusedLoginsHideNoWarning(t *testing.T) {
	const first = 20 // lines of a message
	core, lines := observer.New(zap.WarnLevel)
	b, err := Start(t.Context(), options(t), nobody{}, func(bool) {}, zap.New(zapcore.NewSamplerWithOptions(core, time.Hour, first, 0)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Stop)
	for range 2 * first {
		say(t, b, false, hello(b.auth.bridgeID, 0)) // with another password
	}
	b.server.Warnf("the store cannot be written")
	has := func(message, text string) int {
		return lines.FilterMessage(message).Filter(func(e observer.LoggedEntry) bool {
			said, _ := e.ContextMap()["text"].(string)
			return strings.Contains(said, text)
		}).Len()
	}
	if has(aboutItself, "the store cannot be written") != 1 || has(aboutConnection, "authentication error") == 0 {
		t.Errorf("said: %v", lines.All())
	}
}
