//go:build e2e

package e2e

import (
	"context"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/test/internal/app"
	"github.com/waymark-ledger/waymark/test/internal/device"
)

// command asks a device to wake, for an hour.
func command(ctx context.Context, t *testing.T, by *app.App, deviceID string) waymark.Command {
	t.Helper()
	c, _ := done(ctx, t, by.RequestCommand, waymark.CommandRequest{
		ID: name("command"), Device: deviceID, Name: "wake", Arguments: `{"minutes":5}`, ExpiresAt: time.Now().Add(time.Hour)})
	return c
}

// receiptOf is what a device says of a command now.
func receiptOf(t *testing.T, d *device.Device, id string, result waymark.CommandResult) string {
	t.Helper()
	text, err := d.Receipt(waymark.CommandReceipt{Command: id, Result: result, ExecutedAt: time.Now().Unix()})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestACommandIsClosedByTheDeviceAlone follows a command from its request to the receipt.
func TestACommandIsClosedByTheDeviceAlone(t *testing.T) {
	ctx := limit(t, time.Minute)
	d, stranger := logger(ctx, t, attest.Ed25519), logger(ctx, t, attest.ES256)
	path := "/v1/devices/" + d.ID() + "/commands"
	refused(ctx, t, operator(t, "auditor"), path, map[string]any{"id": name("command"), "name": "wake", "arguments": "{}",
		"expires_at": time.Now().Add(time.Hour).UTC()}, waymark.Forbidden, "default-deny")
	c := command(ctx, t, operator(t, "producer"), d.ID())
	relay := as(t, "carrier", waymark.Relay)
	open, err := app.Read[waymark.OpenCommands](ctx, relay, path)
	if err != nil || len(open.Commands) != 1 || open.Commands[0].ID != c.ID {
		t.Errorf("open: %+v (%v)", open, err)
	}
	refused(ctx, t, relay, "/v1/command-receipts", map[string]string{"receipt": receiptOf(t, stranger, c.ID, waymark.CommandDone)}, waymark.NotFound, "")
	receipt := waymark.CloseCommandRequest{Receipt: receiptOf(t, d, c.ID, waymark.CommandDone)}
	closed, _ := done(ctx, t, relay.CloseCommand, receipt)
	again, _ := done(ctx, t, relay.CloseCommand, receipt)
	if closed.State != waymark.CommandClosed || closed.Execution == nil || closed.Execution.Late || again.Changed.TxID != closed.Changed.TxID {
		t.Errorf("closed %+v, again %+v", closed, again)
	}
	refused(ctx, t, relay, "/v1/command-receipts", map[string]string{"receipt": receiptOf(t, d, c.ID, waymark.CommandFailed)}, waymark.AlreadyExists, "fork")
}
