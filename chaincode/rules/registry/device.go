package registry

import (
	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// RegisterDevice registers a device for the caller's member, which the device's
// own signed statement must name as its owner. The same key registered again
// changes nothing.
func RegisterDevice(l ledger.Ledger, r waymark.RegisterDeviceRequest) (*waymark.Device, error) {
	d, old, err := prepare(l, NewEdges(l), "/registration", r.Registration, r.Activate)
	if err != nil || old != nil {
		return old, err
	}
	if _, err := RequireMember(l, d.Owner); err != nil {
		return nil, err
	}
	return save(l, d, waymark.EventDeviceRegistered)
}

// prepare makes the record of a device that its statement lets the caller register.
// If the very same is registered already it returns that as old.
func prepare(l ledger.Ledger, edges *Edges, pointer, registration string, activate bool) (d, old *waymark.Device, err error) {
	tx := l.Tx()
	statement, err := proveRegistration(pointer, registration, tx.Channel)
	if err != nil {
		return nil, nil, err
	}
	d = newDevice(tx, statement, activate)
	if err := access.Authorize(tx, waymark.ActRegisterDevice, access.Device(*d, tx.Time)); err != nil {
		return nil, nil, err
	}
	if old, err = existing(l, statement); err != nil || old != nil {
		return d, old, err
	}
	return d, nil, edges.Holds(d, d.Keys[0], tx.Time)
}

// newDevice is the first record of a device.
func newDevice(tx ledger.Tx, s waymark.Registration, activate bool) *waymark.Device {
	d := &waymark.Device{
		ID: s.Device, Owner: s.Owner, Model: s.Model, State: waymark.DeviceRegistered,
		Keys:       []waymark.DeviceKey{keyOf(s, tx.Time, waymark.KeyByDevice)},
		Registered: tx.Stamp(), Changed: tx.Stamp(), Reason: "registered",
	}
	if activate {
		d.State = waymark.DeviceActive
	}
	return d
}

// existing looks whether the id of a statement is taken: it returns nil if it is
// free, the device as it is now if it was registered by the same statement, and
// AlreadyExists otherwise.
func existing(r ledger.Reader, s waymark.Registration) (*waymark.Device, error) {
	old, err := ledger.Load[waymark.Device](r, ledger.DeviceKey(s.Device))
	if err != nil || old == nil {
		return nil, err
	}
	key := old.Keys[0]
	if old.Owner == s.Owner && old.Model == s.Model && key.ID == s.KeyID && key.JWK == s.JWK && key.Edge == s.Edge {
		return old, nil
	}
	return nil, waymark.Errorf(waymark.AlreadyExists, "device %s is registered already, by %s", old.ID, old.Owner)
}

// ActivateDevice lets a registered device report.
func ActivateDevice(l ledger.Ledger, r waymark.DeviceStateRequest) (*waymark.Device, error) {
	return changeState(l, r, waymark.DeviceActive, waymark.EventDeviceActivated, waymark.DeviceRegistered)
}

// SuspendDevice stops an active device from reporting.
func SuspendDevice(l ledger.Ledger, r waymark.DeviceStateRequest) (*waymark.Device, error) {
	return changeState(l, r, waymark.DeviceSuspended, waymark.EventDeviceSuspended, waymark.DeviceActive)
}

// ResumeDevice lets a suspended device report again.
func ResumeDevice(l ledger.Ledger, r waymark.DeviceStateRequest) (*waymark.Device, error) {
	return changeState(l, r, waymark.DeviceActive, waymark.EventDeviceResumed, waymark.DeviceSuspended)
}

// RetireDevice ends a device for good.
func RetireDevice(l ledger.Ledger, r waymark.DeviceStateRequest) (*waymark.Device, error) {
	return changeState(l, r, waymark.DeviceRetired, waymark.EventDeviceRetired,
		waymark.DeviceRegistered, waymark.DeviceActive, waymark.DeviceSuspended)
}

func changeState(l ledger.Ledger, r waymark.DeviceStateRequest, to waymark.DeviceState, event string, from ...waymark.DeviceState) (*waymark.Device, error) {
	d, err := manage(l, r.Device)
	if err != nil {
		return nil, err
	}
	if d.State == to {
		return d, nil
	}
	for _, state := range from {
		if d.State == state {
			d.State, d.Changed, d.Reason = to, l.Tx().Stamp(), r.Reason
			return save(l, d, event)
		}
	}
	return nil, waymark.Errorf(waymark.FailedPrecondition, "device %s is %s and cannot become %s", d.ID, d.State, to).Because(waymark.ReasonLifecycle)
}

// Device returns a device's record.
func Device(l ledger.Ledger, q waymark.DeviceQuery) (*waymark.Device, error) {
	d, err := RequireDevice(l, q.Device)
	if err != nil {
		return nil, err
	}
	return d, access.Authorize(l.Tx(), waymark.ActReadDevice, access.Device(*d, l.Tx().Time))
}

// RequireDevice loads a device, or returns NotFound.
func RequireDevice(r ledger.Reader, id string) (*waymark.Device, error) {
	return ledger.Require[waymark.Device](r, ledger.DeviceKey(id), "device "+id)
}

// manage loads a device that the caller may manage.
func manage(l ledger.Ledger, id string) (*waymark.Device, error) {
	d, err := RequireDevice(l, id)
	if err != nil {
		return nil, err
	}
	return d, access.Authorize(l.Tx(), waymark.ActManageDevice, access.Device(*d, l.Tx().Time))
}

// notRetired refuses any change of a retired device.
func notRetired(d *waymark.Device) error {
	if d.State == waymark.DeviceRetired {
		return waymark.Errorf(waymark.FailedPrecondition, "device %s is %s", d.ID, d.State).Because(waymark.ReasonLifecycle)
	}
	return nil
}

func save(l ledger.Ledger, d *waymark.Device, event string) (*waymark.Device, error) {
	if err := ledger.Save(l, ledger.DeviceKey(d.ID), d); err != nil {
		return nil, err
	}
	return d, l.Emit(event, waymark.DeviceEvent{Device: d.ID, Owner: d.Owner, State: d.State})
}
