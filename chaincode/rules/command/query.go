package command

import (
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Get returns a command as it stands, to the device's owner, to the custodian of the
// shipment that it witnesses, to the member that requested it and to relays.
func Get(l ledger.Ledger, q waymark.CommandQuery) (*waymark.Command, error) {
	c, err := find(l, q.Device, q.ID, waymark.ActReadCommand)
	if err != nil {
		return nil, err
	}
	return asOf(c, l.Tx().Time), nil
}

// Open returns the commands that wait for a device, oldest first, to the device's
// owner, to the custodian of the shipment that it witnesses and to relays.
func Open(l ledger.Ledger, q waymark.DeviceQuery) (*waymark.OpenCommands, error) {
	d, err := registry.RequireDevice(l, q.Device)
	if err != nil {
		return nil, err
	}
	if err := authorize(l, d, "", waymark.ActReadCommand); err != nil {
		return nil, err
	}
	w, err := loadWaiting(l, d.ID)
	if err != nil {
		return nil, err
	}
	w.dropExpired(l.Tx().Time)
	open := &waymark.OpenCommands{Device: d.ID, Commands: []waymark.Command{}}
	for _, e := range w.Commands {
		c, err := requireCommand(l, d.ID, e.ID)
		if err != nil {
			return nil, err
		}
		open.Commands = append(open.Commands, *c)
	}
	return open, nil
}

// find loads a command that the caller may act on. That there is none is told to who
// could act on one of the device that nobody requested.
func find(l ledger.Ledger, device, id string, action waymark.Action) (*waymark.Command, error) {
	d, err := registry.RequireDevice(l, device)
	if err != nil {
		return nil, err
	}
	c, missing := requireCommand(l, device, id)
	requester := ""
	switch waymark.CodeOf(missing) {
	case "":
		requester = c.Requested.Member
	case waymark.NotFound:
	default:
		return nil, missing
	}
	if err := authorize(l, d, requester, action); err != nil {
		return nil, err
	}
	return c, missing
}

func authorize(l ledger.Ledger, d *waymark.Device, requester string, action waymark.Action) error {
	witnessed, err := custody.WitnessedBy(l, d.ID)
	if err != nil {
		return err
	}
	return access.Authorize(l.Tx(), action, access.Command(*d, witnessed.Custodian, requester))
}

// asOf returns a command as it is at a time: one that nobody answered has expired.
func asOf(c *waymark.Command, now time.Time) *waymark.Command {
	shown := *c
	if c.State == waymark.CommandRequested && !c.Open(now) {
		shown.State = waymark.CommandExpired
	}
	return &shown
}
