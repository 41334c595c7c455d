package bridge

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/broker"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/config"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/mqtt"
	"go.uber.org/zap"
)

// openedNote is the file in the spool's folder by which the embedded broker's store is missed.
const openedNote = "store.opened"

// admitWait is the time between two tries to let devices in.
const admitWait = 2 * time.Second

func (b *Bridge) openBroker(ctx context.Context) error {
	if b.config.Broker != config.BrokerEmbedded {
		return nil
	}
	e := b.config.Embedded
	started, err := broker.Start(ctx, broker.Options{
		Listen: e.Listen, CertFile: e.CertFile, KeyFile: e.KeyFile, StoreDir: e.StoreDir, StoreBytes: e.StoreBytes,
		OpenedNote: filepath.Join(b.config.SpoolDir, openedNote), SyncAlways: e.SyncAlways, SyncInterval: e.SyncInterval, MaxConnections: e.MaxConnections, BridgeID: b.config.MQTT.ClientID,
		HoldsMessages: b.config.QueueMessages, HoldsBytes: b.config.QueueBytes,
	}, admission{logins: b.logins, quota: b.spool}, b.metrics.Login, b.log)
	if err != nil {
		return err
	}
	b.broker = started
	b.metrics.Gauge("store_free_bytes", "Room on the disk of the embedded broker's store; devices are kept out below embedded.min_free_bytes. -1 if it cannot be told.", b.freeBytes)
	b.metrics.Gauge("store_min_free_bytes", "embedded.min_free_bytes.", func() float64 { return float64(e.MinFreeBytes) })
	return nil
}

func (b *Bridge) openClient(context.Context) error {
	receiving, err := brokerOptions(b.config.MQTT)
	if err != nil {
		return err
	}
	sending := receiving
	if b.config.Fleet.ID != "" {
		sending.ClientID += "-" + b.config.Fleet.ID // each has one of its own
	}
	sending.ClientID += broker.SenderSuffix
	if b.broker != nil {
		receiving.Username, receiving.Password = b.broker.Credential()
		receiving.Prepare = b.broker.Rewind
		sending.Username, sending.Password = b.broker.SenderCredential()
	}
	b.down.publisher = mqtt.NewPublisher(sending, b.log)
	if b.config.Fleet.ID != "" {
		b.openFleet(receiving)
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

// admit lets devices in once a subscription stands, of a fleet those of all shards: from then on nothing is
// acknowledged to them that nobody gets.
func (b *Bridge) admit(ctx context.Context) {
	var standing <-chan struct{} = b.listening
	if b.fleet != nil {
		standing = b.fleet.Stood()
	}
	select {
	case <-standing:
	case <-ctx.Done():
		return
	}
	switch {
	case b.callout != nil:
		persist(ctx, b.callout.Run, b.log)
	case b.broker != nil:
		persist(ctx, b.broker.Open, b.log)
	}
}

// stands reports whether the broker keeps what devices publish now. The embedded one lets nobody in
// whose store is gone.
func (b *Bridge) stands() bool { return b.broker != nil || b.client.Stands() }

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
