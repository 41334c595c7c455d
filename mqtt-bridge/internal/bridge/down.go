package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/command"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/fleet"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/follow"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gateway"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/inquiry"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/presence"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/sign"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/statement"
	"go.uber.org/zap"
)

// publisher takes messages to devices.
type publisher interface {
	// Publish sends a message to a device's down topic, once. That it succeeds does not say that the device has it.
	Publish(ctx context.Context, device string, message []byte) error
}

// down is the way down to devices, and what they say apart from their streams.
type down struct {
	*Bridge
	key        *sign.Key
	publisher  publisher
	publishing func(context.Context) // keeps the publisher's connection until the context ends; nil if it needs none
	commands   *command.Book
	inquiries  *inquiry.Desk
	statements *statement.Lane
	presences  *presence.Register
	streams    []*follow.Stream
	cuts       cuts
	complained time.Time // of a device that crowds
}

func (b *Bridge) openDown(context.Context) error {
	d := b.down
	var err error
	if d.presences, err = presence.Open(b.spool, b.log); err != nil {
		return err
	}
	if d.commands, err = command.Open(b.spool, d, b.gateway, d.presences, b.metrics, b.log); err != nil {
		return err
	}
	d.inquiries = inquiry.New(inquiry.Parts{Ledger: b.gateway, Quarantine: b.spool, Devices: b.logins, Sender: d,
		Observer: b.metrics, Log: b.log})
	d.statements = statement.New(b.spool, b.gateway, d, statement.Options{MaxBackoff: b.config.Relay.MaxBackoff,
		StuckAttempts: b.config.Relay.StuckAttempts}, b.observer(), b.log)
	d.streams = []*follow.Stream{
		follow.New("command", b.gateway, b.spool, func(_ context.Context, events []client.Event, at spool.Change) error {
			return d.commands.Take(events, at)
		}, b.log),
		follow.New("device", b.gateway, b.spool, d.devicesChanged, b.log),
		follow.New("device_authority", b.gateway, b.spool, d.authoritiesChanged, b.log),
	}
	d.gauges()
	return nil
}

func (d *down) gauges() {
	d.metrics.Gauge("commands_open", "Commands that wait for their devices' receipts.", func() float64 { return float64(d.commands.Len()) })
	d.metrics.Gauge("commands_stale_devices", "Devices of which open commands are still to be read from the gateway.", func() float64 { return float64(d.commands.Stale()) })
	d.metrics.Gauge("events_followed", "1 while the gateway's events come.", func() float64 {
		if d.following() != nil {
			return 0
		}
		return 1
	})
	d.metrics.Gauge("inquiries_waiting", "Inquiries of devices that are not answered yet.", func() float64 { return float64(d.inquiries.Len()) })
	d.metrics.Gauge("devices_known", "Devices that were ever seen, as far as they are remembered.", func() float64 {
		known, _ := d.presences.Counts()
		return float64(known)
	})
	d.metrics.Gauge("devices_connected", "Devices that are connected to the embedded broker.", func() float64 {
		_, connected := d.presences.Counts()
		return float64(connected)
	})
}

// run works until ctx ends.
func (d *down) run(ctx context.Context) {
	var parts sync.WaitGroup
	if d.publishing != nil {
		parts.Go(func() { d.publishing(ctx) })
	}
	for _, part := range []func(context.Context){d.commands.Run, d.inquiries.Run, d.statements.Run, d.presences.Run} {
		parts.Go(func() { part(ctx) })
	}
	for _, s := range d.streams {
		parts.Go(func() { s.Run(ctx) })
	}
	parts.Wait()
}

// following returns why no events come, nil if they do.
func (d *down) following() error {
	failures := []error{d.gateway.Following()}
	for _, s := range d.streams {
		failures = append(failures, s.Failure())
	}
	return errors.Join(failures...)
}

// Send signs a statement, in the envelope that the device used last, and hands it to the broker for it, once. Of a fleet whoever has the
// device's shard sends commands: all bridges know them.
func (d *down) Send(ctx context.Context, device string, kind attest.Kind, statement waymark.Validator) error {
	if kind == attest.Command && d.elsewhere(device) {
		return fleet.ErrElsewhere
	}
	message, err := d.key.Sign(d.presences.Envelope(device), kind, statement)
	if err != nil {
		return err
	}
	return d.publisher.Publish(ctx, device, message)
}

// Heard is told of each message that can be read, with what it says if it is of no stream.
func (d *down) Heard(device string, format attest.Format, said *attest.Message) {
	d.presences.Seen(device, format, time.Now())
	d.commands.Seen(device)
	d.crowd(device)
	if said == nil {
		return
	}
	switch said.Kind { //nolint:exhaustive // a presence is looked at once its signature can be checked
	case attest.Inquiry:
		d.inquiries.Ask(said)
	case attest.Receipt:
		if receipt, err := waymark.ParseCommandReceipt(said.Payload); err == nil {
			d.commands.Answered(device, receipt.Command)
		}
	}
}

// crowd looks at a device that may have used up its share of the spool: the embedded broker disconnects it. Another is for its operator.
func (d *down) crowd(device string) {
	if !d.spool.Crowds(device) {
		return
	}
	d.suspects.add(device)
	if now := time.Now(); now.Sub(d.complained) >= time.Minute {
		d.complained = now
		d.log.Warn("a device has more than its share of the spool, which is more than half full", zap.String("device_id", device))
	}
}

// Closed is told of a command that the ledger has closed.
func (d *down) Closed(device, id string) { d.commands.Closed(device, id) }

// Refused is told of a command whose receipt the ledger does not take.
func (d *down) Refused(device, id string) { d.commands.Refused(device, id) }

// Present takes what a device says of its connection, if it has signed that. It goes to the ledger if the device's owner wants it there
// and the device may speak; else it is noted here alone.
func (d *down) Present(ctx context.Context, m *attest.Message, text string) (recorded bool, err error) {
	device, err := d.logins.Spoken(ctx, m)
	if err != nil {
		if code := waymark.CodeOf(err); code == waymark.Unauthenticated || code == waymark.Forbidden || code == waymark.Invalid {
			return false, &statement.Refusal{Err: err}
		}
		return false, err
	}
	said, err := waymark.ParsePresence(m.Payload)
	if err != nil {
		return false, &statement.Refusal{Err: err}
	}
	d.presences.Said(m.Device, said, time.Now())
	if !device.Attributes.RecordsPresence() || device.State != waymark.DeviceActive {
		return false, nil
	}
	err = d.gateway.RecordPresence(ctx, device.ID, text)
	if gateway.NotWanted(err) {
		return false, nil
	}
	return err == nil, err
}

// Connected is told of a device that has logged in at the embedded broker. One that was cut off meanwhile is looked at: what let it in may
// have been asked for before.
func (d *down) Connected(device string, connection uint64, at time.Time) {
	if d.cuts.has(device, time.Now()) {
		d.suspects.add(device)
	}
	d.presences.Connected(device, connection, at)
	d.commands.Connected(device)
}

// Disconnected is told of the end of a connection.
func (d *down) Disconnected(device string, connection uint64, at time.Time, why presence.Why) {
	d.presences.Disconnected(device, connection, at, why)
	d.metrics.Ended(why)
}

// devicesChanged takes events about devices: whoever may not speak any more, or by another key, is disconnected.
func (d *down) devicesChanged(_ context.Context, events []client.Event, at spool.Change) error {
	for _, e := range events {
		name, device := strings.TrimPrefix(e.Type, "waymark."), e.Subject
		if name == waymark.EventDevicePresence { // it changes nothing of the device, and comes with each connection
			continue
		}
		d.logins.Tell(device)
		switch name {
		case waymark.EventDeviceSuspended, waymark.EventDeviceRetired, waymark.EventTransferAccepted,
			waymark.EventDeviceKeyRotated, waymark.EventDeviceKeyReplaced, waymark.EventDeviceKeyRevoked:
			d.cutAll(device, name)
		}
		if name == waymark.EventTransferAccepted {
			if err := d.commands.Moved(device); err != nil {
				return err
			}
		}
	}
	return d.spool.Write([]spool.Change{at})
}

// authoritiesChanged takes events about device CAs: whoever has a key that came by a certificate which is revoked is disconnected.
func (d *down) authoritiesChanged(_ context.Context, events []client.Event, at spool.Change) error {
	for _, e := range events {
		name := strings.TrimPrefix(e.Type, "waymark.")
		if name != waymark.EventCertificateRevoked {
			continue
		}
		var revoked waymark.AuthorityEvent
		if err := json.Unmarshal(e.Data, &revoked); err != nil {
			d.log.Error("cannot read an event", zap.String("event", name), zap.Error(err))
			continue
		}
		d.logins.TellRevoked(revoked.Owner, revoked.Serial)
		for _, device := range d.logins.VouchedFor(revoked.Owner, revoked.Serial) {
			d.cutAll(device, name)
		}
	}
	return d.spool.Write([]spool.Change{at})
}

// cutAll ends the connections of a device, and of those that it signs for if it is an edge.
func (d *down) cutAll(device, why string) {
	d.cut(device, why)
	for _, held := range d.logins.SignedFor(device) {
		d.logins.Tell(held)
		d.cut(held, why)
	}
}

// cut ends a device's connection. It may log in again if the registry says so then.
func (d *down) cut(device, why string) {
	if d.broker == nil {
		return
	}
	d.cuts.note(device, time.Now()) // before: a login that was under way comes after it, and is looked at
	d.broker.Disconnect(device)
	d.log.Info("device disconnected, if it was connected", zap.String("device_id", device), zap.String("event", why))
}
