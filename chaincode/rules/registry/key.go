package registry

import (
	"slices"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

// MaxKeys bounds the keys that a device can have had.
const MaxKeys = 32

// RotateKey adds a key and ends those in force, at once or after an overlap. The
// request holds a registration of the new key, signed by the new key, inside a
// message signed by the newest key in force: only who holds both can rotate. A
// suspended device may rotate: its key may be why it is suspended. The same rotation
// again changes nothing.
func RotateKey(l ledger.Ledger, r waymark.RotateKeyRequest) (*waymark.Device, error) {
	d, err := manage(l, r.Device)
	if err != nil {
		return nil, err
	}
	statement, err := proveRotation(l.Tx(), r.Rotation, d)
	if err != nil || isNewest(d, statement) {
		return d, err
	}
	if err := newestHolds(l, d); err != nil {
		return nil, err
	}
	if err := mayAddKey(l, d, statement); err != nil {
		return nil, err
	}
	addKey(l.Tx(), d, statement, waymark.KeyByDevice, time.Duration(r.OverlapSeconds)*time.Second)
	d.Changed, d.Reason = l.Tx().Stamp(), "key rotated"
	return save(l, d, waymark.EventDeviceKeyRotated)
}

// newestHolds refuses a rotation by a key of which a certificate is revoked, or of an edge that does
// not sign any more: who holds it would rotate it clean.
func newestHolds(l ledger.Ledger, d *waymark.Device) error {
	key, _ := d.NewestKey(l.Tx().Time) // it signed the rotation
	revoked, err := CertificateRevoked(l, key)
	if err == nil && revoked {
		err = waymark.Errorf(waymark.Unauthenticated, "a certificate that key %s of device %s came with is revoked: an admin can replace the key", key.ID, d.ID).Because(waymark.ReasonRevoked)
	}
	if err == nil {
		err = NewEdges(l).Holds(d, key, l.Tx().Time)
	}
	return err
}

// ReplaceKey gives a device whose keys are lost a new one, by an admin of its owner,
// and ends all others now. The new key signs the statement about it. The same
// request again changes nothing.
func ReplaceKey(l ledger.Ledger, r waymark.ReplaceKeyRequest) (*waymark.Device, error) {
	d, err := RequireDevice(l, r.Device)
	if err != nil {
		return nil, err
	}
	if err := access.Authorize(l.Tx(), waymark.ActReplaceDeviceKey, access.Device(*d, l.Tx().Time)); err != nil {
		return nil, err
	}
	statement, err := proveRegistration("/registration", r.Registration, l.Tx().Channel)
	if err != nil {
		return nil, err
	}
	if !concerns(statement, d) {
		return nil, waymark.InvalidField("/registration", "is of another device, owner or model than the one on record")
	}
	if isNewest(d, statement) && d.Keys[len(d.Keys)-1].Origin == waymark.KeyByAdministrator {
		return d, nil
	}
	if err := mayAddKey(l, d, statement); err != nil {
		return nil, err
	}
	addKey(l.Tx(), d, statement, waymark.KeyByAdministrator, 0)
	d.Changed, d.Reason = l.Tx().Stamp(), r.Reason
	return save(l, d, waymark.EventDeviceKeyReplaced)
}

// RevokeKey records that a key may have been in other hands since a time, and ends
// it. It erases nothing. Revoked again, the time can move back, never forth; the
// same time again changes nothing. A theft may be found when the device is retired.
func RevokeKey(l ledger.Ledger, r waymark.RevokeKeyRequest) (*waymark.Device, error) {
	d, err := manage(l, r.Device)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(d.Keys, func(k waymark.DeviceKey) bool { return k.ID == r.Key })
	if i < 0 {
		return nil, waymark.Errorf(waymark.NotFound, "device %s has no key %s", d.ID, r.Key)
	}
	from, old := ledger.Milliseconds(r.From), d.Keys[i].Revoked
	if old != nil && old.From.Equal(from) {
		return d, nil
	}
	if err := mayRevoke(d, d.Keys[i], from, l.Tx().Time); err != nil {
		return nil, err
	}
	d.Keys[i].Revoked = &waymark.KeyRevocation{From: from, By: l.Tx().Stamp(), Reason: r.Reason}
	d.Changed, d.Reason = l.Tx().Stamp(), r.Reason
	return save(l, d, waymark.EventDeviceKeyRevoked)
}

func mayRevoke(d *waymark.Device, k waymark.DeviceKey, from, now time.Time) error {
	switch {
	case d.Owned != nil && from.Before(d.Owned.Time): // an owner disputes nothing of another's
		return waymark.InvalidField("/from", "must not be before %s, when the device came to its owner", d.Owned.Time.Format(time.RFC3339Nano))
	case from.Before(k.NotBefore):
		return waymark.InvalidField("/from", "must not be before %s, when the key was registered", k.NotBefore.Format(time.RFC3339Nano))
	case from.After(now.Add(attest.MaxClockSkew)):
		return waymark.InvalidField("/from", "must not be in the future")
	case k.Revoked != nil && from.After(k.Revoked.From):
		return waymark.Errorf(waymark.FailedPrecondition, "key %s is revoked from %s already, and a revocation moves back only",
			k.ID, k.Revoked.From.Format(time.RFC3339Nano)).Because(waymark.ReasonKeyRevoked)
	}
	return nil
}

// addKey adds a key and ends every other one overlap after the new one begins, or
// when it ends anyhow.
func addKey(tx ledger.Tx, d *waymark.Device, s waymark.Registration, origin waymark.KeyOrigin, overlap time.Duration) {
	begin := d.JudgedAt(tx.Time)
	endKeys(d, begin.Add(overlap), func(waymark.DeviceKey) bool { return true })
	d.Keys = append(d.Keys, keyOf(s, begin, origin))
}

// endKeys ends some keys of a device at a time, or when they end anyhow.
func endKeys(d *waymark.Device, at time.Time, some func(waymark.DeviceKey) bool) {
	for i := range d.Keys {
		if k := &d.Keys[i]; some(*k) && (k.NotAfter.IsZero() || k.NotAfter.After(at)) {
			k.NotAfter = at
		}
	}
}

// keyOf is the record of the key that a statement is about.
func keyOf(s waymark.Registration, from time.Time, origin waymark.KeyOrigin) waymark.DeviceKey {
	return waymark.DeviceKey{ID: s.KeyID, JWK: s.JWK, NotBefore: from, Edge: s.Edge, Origin: origin}
}

// isNewest reports whether the statement is of the key that was added last, so that
// it was taken before.
func isNewest(d *waymark.Device, s waymark.Registration) bool {
	last := d.Keys[len(d.Keys)-1]
	return last.ID == s.KeyID && last.JWK == s.JWK && last.Edge == s.Edge
}

// mayAddKey refuses a key that the device has had, under whatever id: a revoked key
// does not come back. The edge that holds the new one, if any, must sign with it.
func mayAddKey(l ledger.Ledger, d *waymark.Device, s waymark.Registration) error {
	if err := notRetired(d); err != nil {
		return err
	}
	if slices.ContainsFunc(d.Keys, func(k waymark.DeviceKey) bool { return k.ID == s.KeyID || k.JWK == s.JWK }) {
		return waymark.Errorf(waymark.AlreadyExists, "device %s has had this key or one of id %s already: make a new one with another id", d.ID, s.KeyID)
	}
	if len(d.Keys) >= MaxKeys {
		return waymark.Errorf(waymark.FailedPrecondition, "device %s has had %d keys: retire it and register a new one", d.ID, MaxKeys).Because(waymark.ReasonLimit)
	}
	return NewEdges(l).Holds(d, keyOf(s, l.Tx().Time, waymark.KeyByDevice), l.Tx().Time)
}
