package custody

import (
	"cmp"
	"reflect"

	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	"github.com/waymark-ledger/waymark/chaincode/rules/goods"
	"github.com/waymark-ledger/waymark/chaincode/rules/hold"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/rules/shipment"
	"github.com/waymark-ledger/waymark/chaincode/rules/stream"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Create creates a shipment in the custody of the caller's member, or replaces a draft
// of it. The same request again changes nothing, but makes a draft ready if it asks for none.
func Create(l ledger.Ledger, r waymark.CreateShipmentRequest) (*waymark.Shipment, error) {
	tx := l.Tx()
	s := waymark.Shipment{
		ID: r.ID, Consignor: tx.Caller.Member, Consignee: r.Consignee, Arbiter: r.Arbiter,
		Goods: goods.Lines(r.Goods), Conditions: []waymark.Condition{}, Created: tx.Stamp(),
		Attested: r.Attested, Seals: append([]string(nil), r.Seals...), ClaimSeconds: r.ClaimSeconds,
	}
	now := shipment.State{
		Shipment: s,
		Custody:  waymark.Custody{Shipment: s.ID, Custodian: s.Consignor, State: waymark.ShipmentReady, Changed: tx.Stamp()},
		Title:    waymark.Title{Shipment: s.ID, Holder: s.Consignor, Changed: tx.Stamp()},
		Holds:    &hold.Standing{},
	}
	if r.Draft {
		now.Custody.State = waymark.ShipmentDraft
	}
	if err := access.Authorize(tx, waymark.ActCreateShipment, now.Resource()); err != nil {
		return nil, err
	}
	old, answers, err := again(l, s, r)
	if err != nil || answers {
		return old, err
	}
	if err := cmp.Or(checkParties(l, s), agree(&now.Shipment, r)); err != nil {
		return nil, err
	}
	var held []waymark.Line // by a draft that this replaces
	if old != nil {
		held = old.Goods
	}
	taken, err := goods.Replace(l, s.ID, s.Consignee, held, r.Goods)
	if err != nil {
		return nil, err
	}
	now.Shipment.Lots, now.Title.Holder = taken.Lots, taken.TitleHolder
	now.Shipment.Recalled, now.Custody.Recalled = taken.Recalled, taken.Recalled
	return &now.Shipment, saveNew(l, now)
}

// again returns the shipment that has an id already, and whether that answers the request; nil if there
// is none. The same creation again changes nothing, but a draft is ready by it if it asks for none. Any
// other than a draft of the consignor's, which the creation replaces, is AlreadyExists.
func again(l ledger.Ledger, s waymark.Shipment, r waymark.CreateShipmentRequest) (old *waymark.Shipment, answers bool, err error) {
	old, err = shipment.Find(l, s.ID)
	if err != nil || old == nil {
		return nil, false, err
	}
	c, err := shipment.Custody(l, s.ID)
	s.Created, s.Lots, s.Recalled = old.Created, old.Lots, old.Recalled
	if err := cmp.Or(err, agreeAgain(&s, r, *old)); err != nil {
		return nil, false, err
	}
	draft := c.State == waymark.ShipmentDraft
	switch same := reflect.DeepEqual(*old, s); {
	case same && draft && !r.Draft:
		_, err = Ready(l, waymark.ReadyShipmentRequest{Shipment: s.ID})
		return old, true, err
	case same:
		return old, true, nil
	case draft && old.Consignor == s.Consignor:
		return old, false, nil
	}
	return nil, false, waymark.Errorf(waymark.AlreadyExists, "there is another shipment %s already: choose another id", s.ID)
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

func saveNew(l ledger.Ledger, now shipment.State) error {
	s, atRest := now.Shipment, now.AtRest()
	if err := ledger.Save(l, ledger.ShipmentKey(s.ID), &s); err != nil {
		return err
	}
	if err := ledger.Save(l, ledger.GuardKey(s.ID), &guard{}); err != nil {
		return err
	}
	if err := ledger.Save(l, ledger.CustodyKey(s.ID), &now.Custody); err != nil {
		return err
	}
	if err := l.Protect(ledger.CustodyKey(s.ID), atRest); err != nil {
		return err
	}
	if err := shipment.SaveTitle(l, &now, atRest); err != nil {
		return err
	}
	return l.Emit(waymark.EventShipmentCreated, waymark.ShipmentEvent{Shipment: s.ID, Recalled: s.Recalled})
}

// Attach makes a device of the custodian witness the conditions of a shipment.
// A device witnesses one shipment at a time, and none twice. The same request again
// changes nothing.
func Attach(l ledger.Ledger, r waymark.AttachDeviceRequest) (*waymark.Attachment, error) {
	now, device, err := witness(l, r, waymark.ActAttachDevice)
	if err != nil {
		return nil, err
	}
	present, err := ledger.Load[waymark.Attachment](l, ledger.AttachmentKey(r.Device))
	if err != nil {
		return nil, err
	}
	if present != nil && present.Shipment == r.Shipment {
		return present, nil
	}
	if err := mayAttach(l, &now.Custody, device, present); err != nil {
		return nil, err
	}
	return attach(l, now, device)
}

func mayAttach(l ledger.Ledger, c *waymark.Custody, d *waymark.Device, present *waymark.Attachment) error {
	switch {
	case present != nil:
		return waymark.Errorf(waymark.FailedPrecondition, "device %s witnesses another shipment until that is accepted", d.ID).Because(waymark.ReasonAttached)
	case d.State != waymark.DeviceActive:
		return waymark.Errorf(waymark.FailedPrecondition, "device %s is %s", d.ID, d.State).Because(waymark.ReasonDeviceActive)
	}
	if err := shipment.OnItsWay(*c); err != nil {
		return err
	}
	witnesses, err := ledger.List[waymark.Attachment](l, ledger.Witnesses(c.Shipment), waymark.MaxWitnesses)
	if err != nil {
		return err
	}
	return room(witnesses, c, d.ID)
}

// room checks that a shipment can have one more witness of its custodian, and has not had this
// one. Each member has places of its own, those of its devices that have left included: no two take
// all of them by handing the goods to and fro.
func room(witnesses []waymark.Attachment, c *waymark.Custody, device string) error {
	own := 0
	for _, w := range witnesses {
		if w.Device == device {
			return waymark.Errorf(waymark.FailedPrecondition, "device %s has witnessed shipment %s already", device, c.Shipment).Because(waymark.ReasonAttached)
		}
		if w.Owner == c.Custodian {
			own++
		}
	}
	if own >= waymark.MaxDevices || len(witnesses) >= waymark.MaxWitnesses {
		return waymark.Errorf(waymark.FailedPrecondition, "shipment %s has had %d devices of its custodian, and %d of all: at most %d and %d are allowed",
			c.Shipment, own, len(witnesses), waymark.MaxDevices, waymark.MaxWitnesses).Because(waymark.ReasonLimit)
	}
	return nil
}

func attach(l ledger.Ledger, now *shipment.State, d *waymark.Device) (*waymark.Attachment, error) {
	at, err := stream.Load(l, d.ID)
	if err != nil {
		return nil, err
	}
	a := waymark.Attachment{
		Shipment: now.Shipment.ID, Device: d.ID, Owner: d.Owner, After: at.Last, Seen: at.Last, SeenAt: startOfLeg(l, at),
		DeviceChanged: d.Changed.TxID, Calibration: d.Attributes.Calibrated(), Attached: l.Tx().Stamp(), Recalled: now.Holds.Recalled(),
	}
	edges, err := edgesOf(l, d)
	if err != nil {
		return nil, err
	}
	if len(edges) > 0 {
		a.Edge, a.EdgeChanged, a.MoreEdges = edges[0].Edge, edges[0].Changed, edges[1:]
	}
	if err := ledger.Save(l, ledger.AttachmentKey(a.Device), &a); err != nil {
		return nil, err
	}
	if err := ledger.Save(l, ledger.WitnessKey(a.Shipment, a.Device), &a); err != nil {
		return nil, err
	}
	return &a, l.Emit(waymark.EventDeviceAttached, waymark.ShipmentEvent{Shipment: a.Shipment, Device: a.Device, Recalled: a.Recalled})
}
