package custody

import (
	"cmp"
	"reflect"

	"github.com/waymark-ledger/waymark/chaincode/internal/access"
	"github.com/waymark-ledger/waymark/chaincode/internal/goods"
	"github.com/waymark-ledger/waymark/chaincode/internal/ledger"
	"github.com/waymark-ledger/waymark/chaincode/internal/registry"
	"github.com/waymark-ledger/waymark/chaincode/internal/stream"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Create creates a shipment in the custody of the caller's member. The same
// request again changes nothing.
func Create(l ledger.Ledger, r waymark.CreateShipmentRequest) (*waymark.Shipment, error) {
	tx := l.Tx()
	s := waymark.Shipment{
		ID: r.ID, Consignor: tx.Caller.Member, Consignee: r.Consignee, Arbiter: r.Arbiter,
		Goods: goods.Lines(r.Goods), Conditions: []waymark.Condition{}, Created: tx.Stamp(),
		Attested: r.Attested, Seals: append([]string(nil), r.Seals...), ClaimSeconds: r.ClaimSeconds,
	}
	custody := waymark.Custody{Shipment: s.ID, Custodian: s.Consignor, State: waymark.ShipmentReady, Changed: tx.Stamp(), Seals: applied(r.Seals)}
	if err := access.Authorize(tx, waymark.ActCreateShipment, access.Shipment(s, custody.Custodian, parties(s, custody, nil))); err != nil {
		return nil, err
	}
	old, err := ledger.Load[stored](l, ledger.ShipmentKey(s.ID))
	if err != nil {
		return nil, err
	}
	if old != nil {
		return again(old.shipment(), s, r)
	}
	if err := cmp.Or(checkParties(l, s), agree(&s, r)); err != nil {
		return nil, err
	}
	taken, err := goods.Take(l, s.ID, s.Consignee, r.Goods)
	if err != nil {
		return nil, err
	}
	s.Lots = taken.Lots
	return &s, saveNew(l, s, custody)
}

// again answers the creation of an id that is taken: the first result if it is
// the same shipment, AlreadyExists otherwise.
func again(old *waymark.Shipment, s waymark.Shipment, r waymark.CreateShipmentRequest) (*waymark.Shipment, error) {
	s.Created, s.Lots = old.Created, old.Lots
	old.Conditions = waymark.Resolve(old.Conditions)
	if err := agreeAgain(&s, r, *old); err != nil {
		return nil, err
	}
	if reflect.DeepEqual(*old, s) {
		return old, nil
	}
	return nil, waymark.Errorf(waymark.AlreadyExists, "there is another shipment %s already: choose another id", s.ID)
}

func checkParties(r ledger.Reader, s waymark.Shipment) error {
	if s.Consignee == s.Consignor {
		return waymark.InvalidField("/consignee", "must be another member than the consignor")
	}
	if s.Arbiter == s.Consignor || s.Arbiter == s.Consignee {
		return waymark.InvalidField("/arbiter", "must be neither consignor nor consignee")
	}
	for _, id := range []string{s.Consignor, s.Consignee, s.Arbiter} {
		if id == "" {
			continue
		}
		if _, err := registry.RequireMember(r, id); err != nil {
			return err
		}
	}
	return nil
}

func saveNew(l ledger.Ledger, s waymark.Shipment, c waymark.Custody) error {
	if err := ledger.Save(l, ledger.ShipmentKey(s.ID), &s); err != nil {
		return err
	}
	if err := ledger.Save(l, ledger.GuardKey(s.ID), &guard{}); err != nil {
		return err
	}
	if err := ledger.Save(l, ledger.CustodyKey(s.ID), &c); err != nil {
		return err
	}
	if err := l.Protect(ledger.CustodyKey(s.ID), atRest(s, c)); err != nil {
		return err
	}
	return l.Emit(waymark.EventShipmentCreated, waymark.ShipmentEvent{Shipment: s.ID})
}

// Attach makes a device of the custodian witness the conditions of a shipment.
// A device witnesses one shipment at a time. The same request again changes nothing.
func Attach(l ledger.Ledger, r waymark.AttachDeviceRequest) (*waymark.Attachment, error) {
	s, c, err := load(l, r.Shipment)
	if err != nil {
		return nil, err
	}
	device, err := registry.RequireDevice(l, r.Device)
	if err != nil {
		return nil, err
	}
	entity, err := resource(l, s, c)
	if err != nil {
		return nil, err
	}
	if err := access.AuthorizeRequest(access.Request{
		Principal: access.Caller(l.Tx().Caller), Action: waymark.ActAttachDevice, Resource: entity,
		Context: waymark.DecisionContext{DeviceOwner: device.Owner},
	}); err != nil {
		return nil, err
	}
	present, err := ledger.Load[waymark.Attachment](l, ledger.AttachmentKey(r.Device))
	if err != nil {
		return nil, err
	}
	if present != nil && present.Shipment == r.Shipment {
		return present, nil
	}
	if err := mayAttach(l, c, device, present); err != nil {
		return nil, err
	}
	return attach(l, device, r)
}

func mayAttach(l ledger.Ledger, c *waymark.Custody, d *waymark.Device, present *waymark.Attachment) error {
	switch {
	case present != nil:
		return waymark.Errorf(waymark.FailedPrecondition, "device %s witnesses another shipment until that is accepted", d.ID).Because(waymark.ReasonAttached)
	case d.State != waymark.DeviceActive:
		return waymark.Errorf(waymark.FailedPrecondition, "device %s is %s", d.ID, d.State).Because(waymark.ReasonDeviceActive)
	case c.State.Ended():
		return waymark.Errorf(waymark.FailedPrecondition, "shipment %s is %s", c.Shipment, c.State).Because(waymark.ReasonShipment)
	}
	witnesses, err := ledger.List[waymark.Attachment](l, ledger.Witnesses(c.Shipment), waymark.MaxDevices)
	if err == nil && len(witnesses) == waymark.MaxDevices {
		return waymark.Errorf(waymark.FailedPrecondition, "shipment %s has %d devices already", c.Shipment, waymark.MaxDevices).Because(waymark.ReasonLimit)
	}
	return err
}

func attach(l ledger.Ledger, d *waymark.Device, r waymark.AttachDeviceRequest) (*waymark.Attachment, error) {
	at, err := stream.Load(l, r.Device)
	if err != nil {
		return nil, err
	}
	a := waymark.Attachment{
		Shipment: r.Shipment, Device: r.Device, Owner: d.Owner, After: at.Last, Seen: at.Last, SeenAt: startOfLeg(l, at),
		DeviceChanged: d.Changed.TxID, Attached: l.Tx().Stamp(),
	}
	if err := ledger.Save(l, ledger.AttachmentKey(r.Device), &a); err != nil {
		return nil, err
	}
	if err := ledger.Save(l, ledger.WitnessKey(r.Shipment, r.Device), &a); err != nil {
		return nil, err
	}
	return &a, l.Emit(waymark.EventDeviceAttached, waymark.ShipmentEvent{Shipment: a.Shipment, Device: a.Device})
}

// Load reads a shipment with its custody, or returns NotFound.
func Load(r ledger.Reader, id string) (*waymark.Shipment, *waymark.Custody, error) {
	return load(r, id)
}

// load is Load.
func load(r ledger.Reader, id string) (*waymark.Shipment, *waymark.Custody, error) {
	s, err := ledger.Require[stored](r, ledger.ShipmentKey(id), "shipment "+id)
	if err != nil {
		return nil, nil, err
	}
	s.Conditions = waymark.Resolve(s.Conditions) // those of before rules had ids
	c, err := ledger.Require[waymark.Custody](r, ledger.CustodyKey(id), "custody of "+id)
	return s.shipment(), c, err
}
