package bridge

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/admin"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/broker"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/callout"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/config"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/fleet"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gateway"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/intake"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/login"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/metrics"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/pause"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/relay"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/sign"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/tracing"
	"go.uber.org/zap"
)

// flushTimeout bounds the writing and acknowledging of what is queued when the
// bridge stops. What it does not reach comes again from the broker.
const flushTimeout = 5 * time.Second

// Bridge is the assembled program.
type Bridge struct {
	config   config.Config
	log      *zap.Logger
	metrics  *metrics.Metrics
	spool    *spool.Spool
	gateway  *gateway.Client
	traces   *tracing.Provider
	logins   *login.Checker
	broker   *broker.Broker   // nil with an external broker
	callout  *callout.Callout // nil if no cluster asks
	intake   *intake.Intake
	relay    *relay.Relay
	client   source
	fleet    *fleet.Fleet // nil for a bridge that has all devices
	admin    *admin.Server
	suspects *suspects
	sieve    *sieve
	down     *down

	listening chan struct{} // holds a token once a subscription stands
}

// Open opens the spool and the listener of the embedded broker, if there is one. Close
// undoes it.
func Open(ctx context.Context, c config.Config, log *zap.Logger) (*Bridge, error) {
	b := &Bridge{config: c, log: log, metrics: metrics.New(), suspects: newSuspects(), sieve: newSieve(log), listening: make(chan struct{}, 1)}
	b.down = &down{Bridge: b}
	for _, step := range []func(context.Context) error{b.openSpool, b.openTraces, b.openGateway, b.openKey, b.openBroker, b.openCallout, b.openClient, b.openDown, b.openAdmin} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, b.Close())
		}
	}
	return b, nil
}

// Close closes what Open has opened. To be called after Run.
func (b *Bridge) Close() error {
	if b.broker != nil {
		b.broker.Close()
	}
	if b.gateway != nil {
		b.gateway.Close()
	}
	if b.traces != nil {
		b.traces.Close()
	}
	if b.down.presences != nil {
		b.down.presences.Flush()
	}
	if b.spool != nil {
		return b.spool.Close()
	}
	return nil
}

// Run works until ctx ends or the admin endpoint fails. Then it stops in order:
// take nothing more, write and acknowledge what is queued, disconnect, let the
// batches in flight end.
func (b *Bridge) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	receiving, disconnect := context.WithCancel(context.WithoutCancel(ctx))
	defer disconnect()
	var parts sync.WaitGroup
	var adminErr error
	parts.Go(func() { adminErr = b.admin.Run(ctx); cancel() })
	parts.Go(func() { b.tend(ctx) })
	parts.Go(func() { b.relay.Run(ctx) })
	parts.Go(func() { b.down.run(ctx) })
	parts.Go(func() { b.recheck(ctx) })
	if b.broker == nil { // whom the embedded broker lets in is registered
		parts.Go(func() { b.sieve.run(ctx, b.spool, b.logins) })
	}
	parts.Go(func() { b.admit(ctx) })
	parts.Go(func() { b.settleBroker(ctx); b.client.Run(receiving) })
	parts.Go(func() {
		defer disconnect()
		b.write(ctx)
	})
	b.log.Info("bridge runs", zap.String("admin", b.admin.Address()), zap.Int64("waiting", b.spool.Usage().Messages))
	parts.Wait()
	return adminErr
}

// write runs the intake until ctx ends and then for what is queued.
func (b *Bridge) write(ctx context.Context) {
	writing, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() {
		b.intake.Close()
		time.AfterFunc(flushTimeout, cancel)
	})()
	b.intake.Run(writing)
}

// settleBroker waits, after a bridge that died, until a broker outside sends again first what was not acknowledged: nobody knows whether
// there is any. A fleet waits for each of its sessions.
func (b *Bridge) settleBroker(ctx context.Context) {
	if b.fleet == nil && b.broker == nil {
		pause.For(ctx.Done(), b.config.MQTT.ReconnectWait)
	}
}

func (b *Bridge) openSpool(context.Context) error {
	if err := os.MkdirAll(b.config.SpoolDir, 0o700); err != nil {
		return fmt.Errorf("make spool folder: %w", err)
	}
	if err := drained(b.config.SpoolDir); err != nil {
		return err
	}
	store, err := spool.Open(b.config.SpoolDir, spoolLimits(b.config, 0))
	if err != nil {
		return err
	}
	b.spool = store
	b.tellFound(store.Found())
	b.metrics.Gauge("spool_messages", "Messages that wait in the spool.", func() float64 { return float64(store.Usage().Messages) })
	b.metrics.Gauge("spool_bytes", "Bytes of the messages that wait.", func() float64 { return float64(store.Usage().Bytes) })
	b.metrics.Gauge("quarantine_messages", "Messages in quarantine.", func() float64 { return float64(store.Usage().QuarantineMessages) })
	b.metrics.Gauge("quarantine_bytes", "Bytes in quarantine.", func() float64 { return float64(store.Usage().QuarantineBytes) })
	b.metrics.Gauge("held_messages", "Messages beyond their device's quota of the quarantine.", func() float64 { return float64(store.Usage().Held) })
	b.metrics.Gauge("held_bytes", "Bytes of the messages held; they count against the spool.", func() float64 { return float64(store.Usage().HeldBytes) })
	b.metrics.Gauge("spool_devices_crowding", "Devices of which more than a quarter of spool_bytes waits, while more than half of that is taken.",
		func() float64 { return float64(store.Crowding()) })
	b.metrics.Counter("unregistered_dropped_total", "Messages of ids that the registry does not know that were dropped, beyond their quota of the quarantine.",
		func() float64 { return float64(store.Dropped()) })
	b.intake = intake.New(store, b.config.QueueMessages, b.config.QueueBytes, b.down, b.observer(), b.log)
	return nil
}

// spoolLimits are those of a configuration, and room for so many bytes more.
func spoolLimits(c config.Config, more int64) spool.Limits {
	return spool.Limits{Bytes: c.SpoolBytes + more, QuarantineBytes: c.QuarantineBytes + more,
		DeviceMessages: int64(c.QuarantineDeviceMessages), DeviceBytes: c.QuarantineDeviceBytes,
		UnregisteredMessages: int64(c.QuarantineUnregisteredMessages), UnregisteredBytes: c.QuarantineUnregisteredBytes}
}

func (b *Bridge) openKey(context.Context) (err error) {
	b.down.key, err = sign.Open(b.config.SpoolDir, sign.FileName, b.config.ID, b.config.Consortium)
	return err
}

func (b *Bridge) openTraces(context.Context) error {
	t := b.config.Traces
	traces, err := tracing.New(tracing.Options{Endpoint: t.Endpoint, CAFile: t.CAFile, TokenFile: t.TokenFile, //nolint:contextcheck // what is left is sent after the stop
		Ratio: t.SampleRatio, Consortium: b.config.Consortium}, b.log, b.metrics.ExportFailed)
	if err != nil {
		return err
	}
	b.traces = traces
	return nil
}

func (b *Bridge) openGateway(context.Context) error {
	g := b.config.Gateway
	client, err := gateway.New(gateway.Options{URL: g.URL, CAFile: g.CAFile, TokenFile: g.TokenFile, Timeout: g.Timeout}, b.metrics.Request)
	if err != nil {
		return err
	}
	b.gateway, b.logins = client, login.New(b.config.Consortium, client)
	r := b.config.Relay
	b.relay = relay.New(b.spool, b.traces.Traced(client), relay.Options{BatchMessages: r.BatchMessages, BatchBytes: r.BatchBytes,
		Linger: r.Linger, MaxBackoff: r.MaxBackoff, StuckAttempts: r.StuckAttempts, UndisclosedRetry: r.UndisclosedRetry}, b.observer(), b.log)
	b.metrics.Gauge("devices_set_aside", "Devices whose oldest message fails even alone.", func() float64 { return float64(b.relay.SetAside()) })
	return nil
}
