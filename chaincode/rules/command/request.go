package command

import (
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Request asks a device to do something. The same request of the same member again
// changes nothing and returns the command as it stands.
func Request(l ledger.Ledger, r waymark.CommandRequest) (*waymark.Command, error) {
	tx := l.Tx()
	d, err := registry.RequireDevice(l, r.Device)
	if err != nil {
		return nil, err
	}
	witnessed, err := custody.WitnessedBy(l, d.ID)
	if err != nil {
		return nil, err
	}
	if _, err := access.Permit(l, waymark.ActCommandDevice, access.DeviceAt(*d, tx.Time, witnessed), r.Purpose); err != nil {
		return nil, err
	}
	old, err := ledger.Load[waymark.Command](l, ledger.CommandKey(r.Device, r.ID))
	if err != nil {
		return nil, err
	}
	if old != nil {
		return again(old, r, tx)
	}
	if err := mayRequest(d, expiry(r), tx.Time); err != nil {
		return nil, err
	}
	if err := queue(l, r, tx.Time); err != nil {
		return nil, err
	}
	return save(l, &waymark.Command{
		ID: r.ID, Device: r.Device, Name: r.Name, Arguments: r.Arguments, ExpiresAt: expiry(r),
		State: waymark.CommandRequested, Requested: tx.Stamp(), Changed: tx.Stamp(),
	}, waymark.EventCommandRequested)
}

// again answers a request of an id that is taken.
func again(old *waymark.Command, r waymark.CommandRequest, tx ledger.Tx) (*waymark.Command, error) {
	same := old.Name == r.Name && old.Arguments == r.Arguments && old.ExpiresAt.Equal(expiry(r)) && old.Requested.Member == tx.Caller.Member
	if !same {
		return nil, waymark.Errorf(waymark.AlreadyExists, "there is another command %s to device %s already: choose another id", r.ID, r.Device)
	}
	return asOf(old, tx.Time), nil
}

func mayRequest(d *waymark.Device, expires, now time.Time) error {
	switch {
	case !expires.After(now) || expires.After(now.Add(waymark.MaxCommandLifetime)):
		return waymark.InvalidField("/expires_at", "must be after now and at most %d days ahead", waymark.MaxCommandLifetime/(24*time.Hour))
	case d.State != waymark.DeviceActive:
		return waymark.Errorf(waymark.FailedPrecondition, "device %s is %s", d.ID, d.State).Because(waymark.ReasonDeviceActive)
	}
	return nil
}

// queue puts a new command into the list of its device.
func queue(l ledger.Ledger, r waymark.CommandRequest, now time.Time) error {
	w, err := loadWaiting(l, r.Device)
	if err != nil {
		return err
	}
	w.dropExpired(now.Add(-anyClock)) // whose clock is ahead ends nobody's command
	if len(w.Commands) >= waymark.MaxOpenCommands {
		w.dropExpired(now)
	}
	if len(w.Commands) >= waymark.MaxOpenCommands {
		return waymark.Errorf(waymark.FailedPrecondition,
			"device %s has %d open commands: cancel some, or wait for their receipts or expiry", r.Device, waymark.MaxOpenCommands).Because(waymark.ReasonLimit)
	}
	w.Commands = append(w.Commands, entry{r.ID, expiry(r)})
	return ledger.Save(l, ledger.OpenCommandsKey(r.Device), w)
}

// expiry is the end of a command as the ledger keeps it.
func expiry(r waymark.CommandRequest) time.Time { return r.ExpiresAt.UTC().Truncate(time.Millisecond) }

// Cancel withdraws an open command, for the member that requested it. It may have been
// delivered all the same; what the device says of it is recorded. Cancelling again
// changes nothing.
func Cancel(l ledger.Ledger, r waymark.CancelCommandRequest) (*waymark.Command, error) {
	tx := l.Tx()
	c, err := find(l, r.Device, r.ID, waymark.ActCancelCommand)
	if err != nil {
		return nil, err
	}
	switch {
	case c.State == waymark.CommandCancelled:
		return c, nil
	case !c.Open(tx.Time):
		return nil, waymark.Errorf(waymark.FailedPrecondition, "command %s to device %s is %s", c.ID, c.Device, asOf(c, tx.Time).State).Because(waymark.ReasonCommandOpen)
	}
	if _, err := leave(l, c.Device, c.ID); err != nil {
		return nil, err
	}
	c.State, c.Reason, c.Changed = waymark.CommandCancelled, r.Reason, tx.Stamp()
	return save(l, c, waymark.EventCommandCancelled)
}
