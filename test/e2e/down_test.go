//go:build e2e

package e2e

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	gateway "github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/test/internal/app"
	"github.com/waymark-ledger/waymark/test/internal/device"
	"github.com/waymark-ledger/waymark/test/internal/localnet"
)

// bridgeKey is what devices are given of the network's bridge.
func bridgeKey(ctx context.Context, t *testing.T) (b device.Bridge) {
	t.Helper()
	root, err := localnet.Root()
	if err != nil {
		t.Fatal(err)
	}
	printed, err := exec.CommandContext(ctx, filepath.Join(root, ".waymark", "bin", "mqtt-bridge"), "key", "--config",
		filepath.Join(local.Dir(), "bridge", "mqtt-bridge.yaml")).Output()
	if err == nil {
		err = json.Unmarshal(printed, &b)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// listener is a device with what comes down to it.
type listener struct {
	*device.Device
	session *device.Session
	heard   chan device.Heard
	lost    chan time.Time // when a connection was lost
}

// listening connects a device that believes the network's bridge alone, and keeps its messages until they are committed.
func listening(ctx context.Context, t *testing.T, d *device.Device) *listener {
	t.Helper()
	l := &listener{Device: d, heard: make(chan device.Heard, 1000), lost: make(chan time.Time, 100)}
	key, o := bridgeKey(ctx, t), brokerOf()
	o.Keep = true
	o.Down = func(payload []byte) {
		heard, err := d.Hear(payload, key)
		if err != nil {
			t.Errorf("came down to %s: %v", d.ID(), err)
			return
		}
		l.heard <- heard
	}
	o.Notice = func(text string) {
		if text == "connection lost" {
			l.lost <- time.Now()
		}
	}
	s, err := d.Connect(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	l.session = s
	return l
}

// hear waits for what the test wants to hear.
func (l *listener) hear(ctx context.Context, t *testing.T, wanted func(device.Heard) bool) device.Heard {
	t.Helper()
	for {
		select {
		case heard := <-l.heard:
			if wanted(heard) {
				return heard
			}
		case <-ctx.Done():
			t.Fatalf("%s did not hear it: %v", l.ID(), ctx.Err())
		}
	}
}

// restartBridge kills the network's bridge and starts it again.
func restartBridge(ctx context.Context, t *testing.T) {
	t.Helper()
	if err := local.Kill(ctx, "mqtt-bridge"); err != nil {
		t.Fatal(err)
	}
	if err := local.Start(ctx, "mqtt-bridge"); err != nil {
		t.Fatal(err)
	}
}

// A command comes to its device, and the receipt to the ledger, though the bridge is killed in between both.
func TestACommandAndItsReceiptOutliveTheBridge(t *testing.T) {
	ctx := limit(t, time.Minute)
	d := listening(ctx, t, logger(ctx, t, attest.Ed25519))
	c := command(ctx, t, operator(t, "producer"), d.ID())
	isIt := func(h device.Heard) bool { return h.Command != nil && h.Command.ID == c.ID }
	heard := d.hear(ctx, t, isIt).Command
	if heard.Name != c.Name || heard.Arguments != c.Arguments || heard.ExpiresAt != c.ExpiresAt.Unix() || heard.TxID != c.Requested.TxID {
		t.Errorf("came down as %+v, is %+v", heard, c)
	}
	restartBridge(ctx, t)
	<-d.lost
	for len(d.heard) > 0 {
		<-d.heard
	}
	d.hear(ctx, t, isIt) // again, since nobody answered
	if err := d.session.PublishRaw(ctx, []byte(receiptOf(t, d.Device, c.ID, waymark.CommandDone))); err != nil {
		t.Fatal(err)
	}
	restartBridge(ctx, t)
	viewer := as(t, "producer", waymark.Viewer)
	for {
		closed, err := viewer.Command(ctx, waymark.CommandQuery{Device: d.ID(), ID: c.ID})
		if err == nil && closed.State == waymark.CommandClosed {
			if closed.Execution.Result != waymark.CommandDone || closed.Changed.Role != waymark.Relay {
				t.Errorf("closed as %+v", closed)
			}
			return
		}
		if ctx.Err() != nil {
			t.Fatalf("the command is %s (%v)", closed.State, err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// A device frees its memory by what the bridge signs of the ledger, also of what was recorded before the bridge died.
func TestADeviceFreesWhatTheLedgerHas(t *testing.T) {
	ctx := limit(t, time.Minute)
	for _, format := range []attest.Format{attest.JWS, attest.COSE} {
		d := listening(ctx, t, logger(ctx, t, attest.Ed25519))
		for range 3 {
			if err := d.session.Publish(ctx, sign(t, d.Device, format, 400)); err != nil {
				t.Fatal(err)
			}
		}
		if got := len(d.Outbox()); got != 3 {
			t.Fatalf("%d messages are kept, want 3", got)
		}
		d.frees(ctx, t, format, 3) // at once: while it is on its way
		restartBridge(ctx, t)
		d.frees(ctx, t, format, 2)
		d.frees(ctx, t, format, 1)
		if got := len(d.Outbox()); got != 0 {
			t.Errorf("%d messages are kept at the end", got)
		}
	}
}

// frees asks for a message until there is an answer, checks that against the ledger, and frees the message.
func (l *listener) frees(ctx context.Context, t *testing.T, format attest.Format, number uint64) {
	t.Helper()
	question, err := l.Inquiry(format, number)
	if err != nil {
		t.Fatal(err)
	}
	raw := []byte(question)
	if format == attest.COSE {
		if raw, err = base64.RawURLEncoding.DecodeString(question); err != nil {
			t.Fatal(err)
		}
	}
	var receipt waymark.CommitReceipt
	for receipt.Number != number {
		if err := l.session.PublishRaw(ctx, raw); err != nil {
			t.Fatal(err)
		}
		select {
		case heard := <-l.heard:
			if heard.Commit != nil {
				receipt = *heard.Commit
			}
		case <-time.After(11 * time.Second): // an answer can be lost: a device asks again
		}
	}
	tx, err := as(t, "auditor", waymark.Viewer).Transaction(ctx, gateway.TransactionQuery{TxID: receipt.TxID})
	if err != nil || receipt.State != waymark.CommitRecorded || tx.State != gateway.Committed || *tx.BlockNumber != receipt.Block ||
		!strings.HasPrefix(tx.Transaction, "telemetry:") {
		t.Errorf("answered %+v; the ledger has %+v (%v)", receipt, tx, err)
	}
	if freed, err := l.Free(receipt); !freed || err != nil {
		t.Errorf("message %d freed: %t, %v", number, freed, err)
	}
}

// What a device says of its presence is on the ledger if its owner wants that.
func TestAPresenceComesToTheLedger(t *testing.T) {
	ctx := limit(t, time.Minute)
	d := logger(ctx, t, attest.Ed25519)
	producer, relay := operator(t, "producer"), as(t, "carrier", waymark.Relay)
	done(ctx, t, producer.SetDeviceAttributes, waymark.SetAttributesRequest{Device: d.ID(), Reason: "test",
		Attributes: waymark.DeviceAttributes{Presence: waymark.PresenceRecorded}})
	o := brokerOf()
	o.Present = true
	s, err := d.Connect(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	online := awaitPresence(ctx, t, relay, d.ID(), waymark.PresenceOnline)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	gone := awaitPresence(ctx, t, relay, d.ID(), waymark.PresenceGone)
	if gone.Session != online.Session {
		t.Errorf("session %s came, session %s went", online.Session, gone.Session)
	}
}

func awaitPresence(ctx context.Context, t *testing.T, by *app.App, id string, state waymark.PresenceState) waymark.DevicePresence {
	t.Helper()
	for {
		p, err := by.Presence(ctx, waymark.DeviceQuery{Device: id})
		if err == nil && p.State == state {
			return p
		}
		if ctx.Err() != nil {
			t.Fatalf("presence %+v (%v), want %s", p, err, state)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// A suspended device is disconnected within 2 s of the block, and not let in again.
func TestASuspendedDeviceIsDisconnected(t *testing.T) {
	ctx := limit(t, time.Minute)
	d := listening(ctx, t, logger(ctx, t, attest.Ed25519))
	written, err := operator(t, "producer").SuspendDevice(ctx, waymark.DeviceStateRequest{Device: d.ID(), Reason: "test"})
	block := time.Now() // it was in the block a moment before
	if err != nil || written.Result.State != waymark.DeviceSuspended {
		t.Fatal(written, err)
	}
	select {
	case lost := <-d.lost:
		if took := lost.Sub(block); took > 2*time.Second {
			t.Errorf("disconnected %s after the block", took)
		}
	case <-ctx.Done():
		t.Fatal("it stays connected")
	}
}
