package gateway

import (
	"context"
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
)

// OpenCommands returns the commands that wait for a device, oldest first.
func (c *Client) OpenCommands(ctx context.Context, device string) ([]waymark.Command, error) {
	open, err := observed(c, "commands", func() (waymark.OpenCommands, error) {
		return c.client.OpenCommands(ctx, waymark.DeviceQuery{Device: device})
	})
	return open.Commands, err
}

// CloseCommand submits what a device says of a command, in its text form. The same receipt again
// changes nothing. RefusedByLedger tells what can never succeed.
func (c *Client) CloseCommand(ctx context.Context, receipt string) error {
	_, err := observed(c, "command_receipts", func() (client.Written[waymark.Command], error) {
		return c.client.CloseCommand(ctx, waymark.CloseCommandRequest{Receipt: receipt}, client.WithoutKey())
	})
	return err
}

// RecordPresence submits what a device says of its presence, in its text form. An older one changes nothing.
// RefusedByLedger tells what can never succeed; NotWanted, that the device's owner does not want it on the ledger.
func (c *Client) RecordPresence(ctx context.Context, device, text string) error {
	_, err := observed(c, "presence", func() (client.Written[waymark.DevicePresence], error) {
		return c.client.RecordPresence(ctx, waymark.RecordPresenceRequest{Device: device, Presence: text}, client.WithoutKey())
	})
	return err
}

// NotWanted reports whether err says that a device's owner does not want its presence on the ledger.
func NotWanted(err error) bool {
	p, ok := client.AsProblem(err)
	return ok && p.Code == waymark.FailedPrecondition && slices.Contains(p.Reasons, waymark.ReasonPresence)
}

// Message returns where the ledger has a device's message of a number. NotFound holds for the error if
// it has none yet.
func (c *Client) Message(ctx context.Context, device string, number uint64) (waymark.RecordedMessage, error) {
	return observed(c, "message", func() (waymark.RecordedMessage, error) {
		return c.client.Message(ctx, waymark.MessageQuery{Device: device, Sequence: number})
	})
}

// RefusedByLedger reports whether err is the ledger's answer to what a device signed: that it will not
// have it as it is. What refuses the bridge's own token is none.
func RefusedByLedger(err error) bool {
	p, ok := client.AsProblem(err)
	if !ok {
		return false
	}
	switch p.Code {
	case waymark.Invalid, waymark.NotFound, waymark.AlreadyExists, waymark.FailedPrecondition:
		return true
	case waymark.Unauthenticated: // by a key of the device; of a token no rule is named
		return len(p.Reasons) > 0
	case waymark.Forbidden: // by a rule about the device; no rule lets another role than a relay's in
		return len(p.Reasons) > 0 && !slices.Contains(p.Reasons, waymark.DefaultDeny)
	case waymark.Conflict, waymark.ResourceExhausted, waymark.Unavailable, waymark.Internal:
	}
	return false
}
