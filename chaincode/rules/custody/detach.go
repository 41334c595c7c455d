package custody

import (
	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	"github.com/waymark-ledger/waymark/chaincode/rules/condition"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/rules/shipment"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Detach ends that a device witnesses a shipment: by its owner, once that member has not
// custody any more, or by the custodian, if it is a former carrier's. Later verdicts do not ask it, and still hear what it had found outside.
// The same request again changes nothing.
func Detach(l ledger.Ledger, r waymark.DetachDeviceRequest) (*waymark.Attachment, error) {
	now, _, err := witness(l, waymark.AttachDeviceRequest(r), waymark.ActDetachDevice)
	if err != nil {
		return nil, err
	}
	a, err := ledger.Load[waymark.Attachment](l, ledger.WitnessKey(r.Shipment, r.Device))
	if err != nil {
		return nil, err
	}
	if a == nil {
		return nil, waymark.Errorf(waymark.FailedPrecondition, "device %s does not witness shipment %s", r.Device, r.Shipment).Because(waymark.ReasonAttached)
	}
	present, err := ledger.Load[waymark.Attachment](l, ledger.AttachmentKey(r.Device))
	if err != nil {
		return nil, err
	}
	if a.Detached != nil || present == nil || present.Shipment != r.Shipment { // it is free already
		return a, nil
	}
	w, err := witnessed(l, *a)
	if err != nil {
		return nil, err
	}
	w.Attachment.Recalled = now.Holds.Recalled()
	left, err := letGo(l, *w)
	if err != nil {
		return nil, err
	}
	return left, l.Emit(waymark.EventDeviceDetached, waymark.ShipmentEvent{Shipment: a.Shipment, Device: a.Device, Recalled: left.Recalled})
}

// witness returns the shipment and the device of a request about a witness that the
// policies permit.
func witness(l ledger.Ledger, r waymark.AttachDeviceRequest, action waymark.Action) (*shipment.State, *waymark.Device, error) {
	now, err := shipment.Load(l, r.Shipment)
	if err != nil {
		return nil, nil, err
	}
	device, err := registry.RequireDevice(l, r.Device)
	if err != nil {
		return nil, nil, err
	}
	return now, device, access.AuthorizeRequest(access.Request{
		Principal: access.Caller(l.Tx().Caller), Action: action, Resource: now.Resource(),
		Context: waymark.DecisionContext{DeviceOwner: device.Owner},
	})
}

// letGo notes that a device witnesses its shipment up to where its stream stands, and
// leaves it free for another.
func letGo(l ledger.Ledger, w condition.Witness) (*waymark.Attachment, error) {
	a := w.Leaves(l.Tx().Stamp())
	if err := ledger.Save(l, ledger.WitnessKey(a.Shipment, a.Device), &a); err != nil {
		return nil, err
	}
	return &a, l.Delete(ledger.AttachmentKey(a.Device))
}
