package registry

import (
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

// RecordPresence keeps the newest that a device has said of its presence, by its own signed word, if
// its owner wants it on the ledger. What is no newer changes nothing, and gets what is kept.
func RecordPresence(l ledger.Ledger, r waymark.RecordPresenceRequest) (*waymark.DevicePresence, error) {
	d, err := attended(l, r.Device)
	if err != nil {
		return nil, err
	}
	is, key, err := present(l.Tx(), d, r.Presence)
	if err != nil {
		return nil, err
	}
	was, err := ledger.Load[waymark.DevicePresence](l, ledger.PresenceKey(d.ID))
	if err != nil || was != nil && !is.Said().After(was.Said()) {
		return was, err
	}
	if err := believable(l, d, key, is.At); err != nil {
		return nil, err
	}
	if err := ledger.Save(l, ledger.PresenceKey(d.ID), is); err != nil {
		return nil, err
	}
	return is, l.Emit(waymark.EventDevicePresence, waymark.PresenceEvent{Device: d.ID, State: is.State, At: is.At, Session: is.Session})
}

// attended loads a device whose presence the caller may bring, and the owner wants.
func attended(l ledger.Ledger, id string) (*waymark.Device, error) {
	if err := access.Authorize(l.Tx(), waymark.ActRelayMessages, access.Consortium(l.Tx().Channel)); err != nil {
		return nil, err
	}
	d, err := RequireDevice(l, id)
	if err == nil && !d.Attributes.RecordsPresence() {
		err = waymark.Errorf(waymark.FailedPrecondition, "the owner of device %s does not let its presence go to the ledger", id).Because(waymark.ReasonPresence)
	}
	return d, err
}

// believable checks that the device speaks, of a session that began at a time that there can be: what it said under another owner, who may
// not have wanted it here, is not recorded any more.
func believable(l ledger.Ledger, d *waymark.Device, key waymark.DeviceKey, begun time.Time) error {
	if err := Speaks(l, d, key); err != nil {
		return err
	}
	since := d.Registered
	if d.Owned != nil {
		since = *d.Owned
	}
	if begun.Before(since.Time.Truncate(time.Second)) || begun.After(l.Tx().Time.Add(attest.MaxClockSkew)) {
		return waymark.InvalidField("/presence", "says %s, before the device was registered or came to its owner, or in the future: set the device's clock",
			begun.Format(time.RFC3339)).Because(waymark.ReasonTime)
	}
	return nil
}

// present reads a signed presence of a device, and returns its record with the key that signed it.
func present(tx ledger.Tx, d *waymark.Device, text string) (*waymark.DevicePresence, waymark.DeviceKey, error) {
	var none waymark.DeviceKey
	m, err := parseKind("/presence", text, attest.Presence, tx.Channel)
	if err != nil {
		return nil, none, err
	}
	if m.Device != d.ID {
		return nil, none, waymark.InvalidField("/presence", "is of another device, %s", m.Device)
	}
	key, digest, err := Signed(d, m)
	if err != nil {
		return nil, none, err
	}
	said, err := waymark.ParsePresence(m.Payload)
	if err != nil {
		return nil, none, waymark.InvalidField("/presence", "%s", waymark.AsError(err).Message)
	}
	return &waymark.DevicePresence{
		Device: d.ID, State: said.State, At: time.Unix(said.At, 0).UTC(), Session: said.Session,
		Key: key.ID, Edge: key.Edge, Digest: digest[:], Recorded: tx.Stamp(),
	}, key, nil
}

// Presence returns the newest that a device has said of its presence, to whoever may read the device.
func Presence(l ledger.Ledger, q waymark.DeviceQuery) (*waymark.DevicePresence, error) {
	if _, err := Device(l, q); err != nil {
		return nil, err
	}
	return ledger.Require[waymark.DevicePresence](l, ledger.PresenceKey(q.Device), "presence of device "+q.Device)
}
