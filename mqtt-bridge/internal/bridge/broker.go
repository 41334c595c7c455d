package bridge

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/broker"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/config"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/mqtt"
	"go.uber.org/zap"
)

// senderSuffix ends the client id of the bridge's client that publishes to devices at an external broker; what is before it is the id of the other.
const senderSuffix = "-down"

// admitWait is the time between two tries to let devices in.
const admitWait = 2 * time.Second

// openBroker makes the embedded broker, at which nobody is answered before Run.
func (b *Bridge) openBroker(ctx context.Context) error {
	if b.config.Broker != config.BrokerEmbedded {
		return nil
	}
	e := b.config.Embedded
	listening, err := broker.Listen(ctx, broker.Options{Listen: e.Listen, CertFile: e.CertFile, KeyFile: e.KeyFile,
		MaxConnections: e.MaxConnections, BridgeID: b.config.MQTT.ClientID},
		broker.Parts{Logins: admission{logins: b.logins, quota: b.spool}, Receiver: b.intake, Watcher: b.down, Observe: b.metrics.Login, Log: b.log})
	if err != nil {
		return err
	}
	b.broker = listening
	b.metrics.Gauge("spool_free_bytes", "Room on the disk of the spool; the embedded broker keeps devices out below embedded.min_free_bytes. -1 if it cannot be told.", b.freeBytes)
	b.metrics.Gauge("spool_min_free_bytes", "embedded.min_free_bytes.", func() float64 { return float64(e.MinFreeBytes) })
	return nil
}

// openClient makes what brings in messages, and what takes them to devices.
func (b *Bridge) openClient(context.Context) error {
	if b.broker != nil {
		b.client, b.down.publisher = b.broker, b.broker
		return nil
	}
	receiving, err := brokerOptions(b.config.MQTT)
	if err != nil {
		return err
	}
	sending := receiving
	if b.config.Fleet.ID != "" {
		sending.ClientID += "-" + b.config.Fleet.ID // each has one of its own
	}
	sending.ClientID += senderSuffix
	publisher := mqtt.NewPublisher(sending, b.log)
	b.down.publisher, b.down.publishing = publisher, publisher.Run
	if b.config.Fleet.ID != "" {
		b.openFleet(receiving, publisher.Reached())
		return nil
	}
	b.client = mqtt.New(receiving, b.intake, func() {}, b.subscribed, b.log)
	return nil
}

// brokerOptions are those of the client that receives, at an external broker.
func brokerOptions(m config.MQTT) (mqtt.Options, error) {
	options := mqtt.Options{URLs: m.URLs(), ClientID: m.ClientID, Username: m.Username, ReconnectWait: m.ReconnectWait}
	if m.TLS() {
		settings, err := mqtt.ClientTLS(m.CAFile, m.CertFile, m.KeyFile)
		if err != nil {
			return options, err
		}
		options.TLS = settings
	}
	if m.PasswordFile != "" {
		password, err := os.ReadFile(m.PasswordFile)
		if err != nil {
			return options, fmt.Errorf("read broker password: %w", err)
		}
		options.Password = strings.TrimSpace(string(password))
	}
	return options, nil
}

// subscribed tells admit that a subscription stands.
func (b *Bridge) subscribed() {
	select {
	case b.listening <- struct{}{}:
	default: // it knows
	}
}

// admit lets devices into a cluster that asks once a subscription stands, of a fleet those of all shards: from then on nothing is
// acknowledged to them that nobody gets.
func (b *Bridge) admit(ctx context.Context) {
	if b.callout == nil {
		return
	}
	var standing <-chan struct{} = b.listening
	if b.fleet != nil {
		standing = b.fleet.Stood()
	}
	select {
	case <-standing:
	case <-ctx.Done():
		return
	}
	persist(ctx, b.callout.Run, b.log)
}

// stands reports whether the broker keeps what devices publish now.
func (b *Bridge) stands() bool { return b.client.Stands() }

// persist tries to let devices in until it succeeds.
func persist(ctx context.Context, open func(context.Context) error, log *zap.Logger) {
	for {
		err := open(ctx)
		if err == nil || ctx.Err() != nil {
			return
		}
		log.Error("devices are kept out", zap.Error(err), zap.Duration("wait", admitWait))
		select {
		case <-time.After(admitWait):
		case <-ctx.Done():
			return
		}
	}
}
