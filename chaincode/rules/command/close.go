package command

import (
	"bytes"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

// Close records what a device says of a command, by its own signed receipt. The first
// receipt is final: the same one again changes nothing, another one is refused. One
// that comes when the command has expired, was cancelled, or ended as the device came to another
// owner closes it all the same, since the device may have acted, and is marked late.
func Close(l ledger.Ledger, r waymark.CloseCommandRequest) (*waymark.Command, error) {
	tx := l.Tx()
	if err := access.Authorize(tx, waymark.ActRelayMessages, access.Consortium(tx.Channel)); err != nil {
		return nil, err
	}
	s, err := readReceipt(l, r.Receipt, tx.Channel)
	if err != nil {
		return nil, err
	}
	c, err := requireCommand(l, s.device.ID, s.statement.Command)
	if err != nil {
		return nil, err
	}
	if c.State == waymark.CommandClosed {
		return closedAgain(c, s)
	}
	if err := registry.Speaks(l, s.device, s.key); err != nil {
		return nil, err
	}
	if err := s.mayClose(c, tx.Time); err != nil {
		return nil, err
	}
	waited, err := leave(l, c.Device, c.ID)
	if err != nil {
		return nil, err
	}
	c.Execution = &waymark.Execution{Result: s.statement.Result, Detail: s.statement.Detail, ExecutedAt: s.executed(),
		Late: !waited || !c.Open(tx.Time), Key: s.key.ID, Edge: s.key.Edge, Digest: s.digest[:]}
	c.State, c.Changed = waymark.CommandClosed, tx.Stamp()
	return save(l, c, waymark.EventCommandClosed)
}

// signed is a receipt that its device has signed.
type signed struct {
	device    *waymark.Device
	key       waymark.DeviceKey
	digest    attest.Digest
	statement waymark.CommandReceipt
}

// readReceipt parses a receipt and checks its signature by a key that the device has
// or had: a receipt that is repeated may be of a key that was replaced meanwhile.
func readReceipt(r ledger.Reader, text, consortium string) (*signed, error) {
	m, err := attest.Parse(text)
	if err != nil {
		return nil, waymark.InvalidField("/receipt", "%s", waymark.AsError(err).Message)
	}
	if m.Kind != attest.Receipt || m.Consortium != consortium {
		return nil, waymark.InvalidField("/receipt", "must be a message of type %s for consortium %s", attest.Receipt, consortium)
	}
	return verify(r, m)
}

func verify(r ledger.Reader, m *attest.Message) (*signed, error) {
	device, err := registry.RequireDevice(r, m.Device)
	if err != nil {
		return nil, err
	}
	key, digest, err := registry.Signed(device, m)
	if err != nil {
		return nil, err
	}
	statement, err := waymark.ParseCommandReceipt(m.Payload)
	if err != nil {
		return nil, waymark.InvalidField("/receipt", "%s", waymark.AsError(err).Message)
	}
	return &signed{device, key, digest, statement}, nil
}

// closedAgain answers a receipt for a command that is closed.
func closedAgain(c *waymark.Command, s *signed) (*waymark.Command, error) {
	if bytes.Equal(c.Execution.Digest, s.digest[:]) {
		return c, nil
	}
	return nil, waymark.Errorf(waymark.AlreadyExists,
		"another receipt for command %s of device %s is recorded: the first one is final", c.ID, c.Device).Because(waymark.ReasonFork)
}

// mayClose checks the receipt's time.
func (s *signed) mayClose(c *waymark.Command, now time.Time) error {
	// The time of the request is a claim too, and the device's clock may be off as far again.
	early, late := c.Requested.Time.Add(-2*attest.MaxClockSkew), now.Add(attest.MaxClockSkew)
	if at := s.executed(); at.Before(early) || at.After(late) {
		return waymark.InvalidField("/receipt", "says executed_at %s, before the command was requested or in the future: set the device's clock",
			at.Format(time.RFC3339)).Because(waymark.ReasonTime)
	}
	return nil
}

func (s *signed) executed() time.Time { return time.Unix(s.statement.ExecutedAt, 0).UTC() }
