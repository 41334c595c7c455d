package registry

import (
	"github.com/waymark-ledger/waymark/chaincode/internal/access"
	"github.com/waymark-ledger/waymark/chaincode/internal/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// reasonLifecycle is the rule that retired is final.
const reasonLifecycle = "device-lifecycle"

// RegisterDevice registers a device for the caller's member, which the device's
// own signed statement must name as its owner. The same key registered again
// changes nothing.
func RegisterDevice(l ledger.Ledger, r waymark.RegisterDeviceRequest) (*waymark.Device, error) {
	tx := l.Tx()
	statement, err := proveRegistration("/registration", r.Registration, tx.Channel)
	if err != nil {
		return nil, err
	}
	d := waymark.Device{
		ID: statement.Device, Owner: statement.Owner, Model: statement.Model, State: waymark.DeviceActive,
		Keys:       []waymark.DeviceKey{{ID: statement.KeyID, JWK: statement.JWK, NotBefore: tx.Time}},
		Registered: tx.Stamp(), Changed: tx.Stamp(), Reason: "registered",
	}
	if err := access.Authorize(tx, waymark.ActRegisterDevice, access.Device(d)); err != nil {
		return nil, err
	}
	if _, err := RequireMember(l, d.Owner); err != nil {
		return nil, err
	}
	old, err := ledger.Load[waymark.Device](l, ledger.DeviceKey(d.ID))
	if err != nil {
		return nil, err
	}
	if old != nil {
		return again(old, statement)
	}
	return save(l, &d, waymark.EventDeviceRegistered)
}

// again answers a registration of an id that is taken: the first result if it is
// the same statement, AlreadyExists otherwise.
func again(old *waymark.Device, s waymark.Registration) (*waymark.Device, error) {
	key := old.Keys[0]
	if old.Owner == s.Owner && old.Model == s.Model && key.ID == s.KeyID && key.JWK == s.JWK {
		return old, nil
	}
	return nil, waymark.Errorf(waymark.AlreadyExists, "device %s is registered already, by %s", old.ID, old.Owner)
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
	return changeState(l, r, waymark.DeviceRetired, waymark.EventDeviceRetired, waymark.DeviceActive, waymark.DeviceSuspended)
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
	return nil, waymark.Errorf(waymark.FailedPrecondition, "device %s is %s and cannot become %s", d.ID, d.State, to).Because(reasonLifecycle)
}

// Device returns a device's record.
func Device(l ledger.Ledger, q waymark.DeviceQuery) (*waymark.Device, error) {
	d, err := RequireDevice(l, q.Device)
	if err != nil {
		return nil, err
	}
	return d, access.Authorize(l.Tx(), waymark.ActReadDevice, access.Device(*d))
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
	return d, access.Authorize(l.Tx(), waymark.ActManageDevice, access.Device(*d))
}

func save(l ledger.Ledger, d *waymark.Device, event string) (*waymark.Device, error) {
	if err := ledger.Save(l, ledger.DeviceKey(d.ID), d); err != nil {
		return nil, err
	}
	return d, l.Emit(event, waymark.DeviceEvent{Device: d.ID, Owner: d.Owner, State: d.State})
}
