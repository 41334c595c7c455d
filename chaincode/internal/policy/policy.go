// Package policy answers questions about the policies: what they say, and what
// they would decide.
package policy

import (
	"github.com/waymark-ledger/waymark/chaincode/internal/access"
	"github.com/waymark-ledger/waymark/chaincode/internal/custody"
	"github.com/waymark-ledger/waymark/chaincode/internal/ledger"
	"github.com/waymark-ledger/waymark/chaincode/internal/registry"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Baseline returns the consortium's rulebook.
func Baseline(l ledger.Ledger) (*waymark.Baseline, error) {
	if err := access.Authorize(l.Tx(), waymark.ActReadPolicy, access.Consortium(l.Tx().Channel)); err != nil {
		return nil, err
	}
	return access.Baseline(), nil
}

// Check decides for the caller without doing anything. It answers only what the
// policies say: an act that they allow can still fail for the state of things.
func Check(l ledger.Ledger, r waymark.CheckRequest) (*waymark.Decision, error) {
	tx := l.Tx()
	if err := access.Authorize(tx, waymark.ActReadPolicy, access.Consortium(tx.Channel)); err != nil {
		return nil, err
	}
	request := access.Request{Principal: access.Caller(tx.Caller), Action: r.Action}
	if err := resolve(l, r, &request); err != nil {
		return nil, err
	}
	d := access.Decide(request)
	return &d, nil
}

// resolve finds the principal and resource that the action is about.
func resolve(l ledger.Ledger, r waymark.CheckRequest, q *access.Request) (err error) {
	switch r.Action {
	case waymark.ActRegisterMember, waymark.ActReadMember, waymark.ActManageAuthority:
		q.Resource = access.Member(r.Member)
	case waymark.ActRelayMessages, waymark.ActReadPolicy, waymark.ActReadTransaction:
		q.Resource = access.Consortium(l.Tx().Channel)
	case waymark.ActRegisterDevice, waymark.ActJoinDevice:
		q.Resource = access.Device(waymark.Device{ID: r.Device, Owner: r.Member, State: waymark.DeviceRegistered})
	case waymark.ActManageDevice, waymark.ActReadDevice, waymark.ActReplaceDeviceKey, waymark.ActOfferTransfer:
		q.Resource, err = device(l, r.Device)
	case waymark.ActReadTelemetry:
		q.Resource, err = newTelemetry(l, r.Device)
	case waymark.ActReport:
		q.Resource, err = device(l, r.Device)
		q.Principal = q.Resource
	case waymark.ActAcceptTransfer, waymark.ActDeclineTransfer, waymark.ActCancelTransfer:
		q.Resource, err = transfer(l, r.Device)
	default:
		return resolveShipment(l, r, q)
	}
	return err
}

// resolveShipment is resolve for the acts on shipments and handoffs.
func resolveShipment(l ledger.Ledger, r waymark.CheckRequest, q *access.Request) (err error) {
	switch r.Action {
	case waymark.ActCreateShipment:
		q.Resource = access.Shipment(waymark.Shipment{ID: r.Shipment, Consignor: r.Member}, r.Member, []string{r.Member})
	case waymark.ActReadShipment, waymark.ActOfferHandoff:
		q.Resource, err = custody.ShipmentResource(l, r.Shipment)
	case waymark.ActAttachDevice:
		err = attachment(l, r, q)
	case waymark.ActAcceptHandoff, waymark.ActRejectHandoff, waymark.ActCancelHandoff:
		q.Resource, err = custody.HandoffResource(l, r.Shipment, r.Handoff)
	default:
		return resolveCommand(l, r, q)
	}
	return err
}

// resolveCommand is resolve for the acts on commands. A command is known by its
// device and by who requested it.
func resolveCommand(l ledger.Ledger, r waymark.CheckRequest, q *access.Request) error {
	d, err := registry.RequireDevice(l, r.Device)
	if err != nil {
		return err
	}
	custodian, err := custody.Custodian(l, d.ID)
	switch r.Action {
	case waymark.ActCommandDevice:
		q.Resource = access.DeviceWith(*d, custodian)
	case waymark.ActReadCommand, waymark.ActCancelCommand:
		q.Resource = access.Command(*d, custodian, r.Member)
	default:
		return waymark.Errorf(waymark.Internal, "no resource is known for action %s", r.Action)
	}
	return err
}

func device(r ledger.Reader, id string) (access.Entity, error) {
	d, err := registry.RequireDevice(r, id)
	if err != nil {
		return access.Entity{}, err
	}
	return access.Device(*d), nil
}

func transfer(r ledger.Reader, device string) (access.Entity, error) {
	t, err := registry.RequireTransfer(r, device)
	if err != nil {
		return access.Entity{}, err
	}
	return access.Transfer(*t), nil
}

// newTelemetry is what a device reports now, for the shipment that it witnesses.
func newTelemetry(r ledger.Reader, id string) (access.Entity, error) {
	d, err := registry.RequireDevice(r, id)
	if err != nil {
		return access.Entity{}, err
	}
	a, err := ledger.Load[waymark.Attachment](r, ledger.AttachmentKey(id))
	if err != nil || a == nil {
		return access.Telemetry(d.ID, d.Owner, nil), err
	}
	parties, err := custody.Parties(r, a.Shipment)
	return access.Telemetry(d.ID, d.Owner, parties), err
}

func attachment(l ledger.Ledger, r waymark.CheckRequest, q *access.Request) error {
	d, err := registry.RequireDevice(l, r.Device)
	if err != nil {
		return err
	}
	q.DeviceOwner = d.Owner
	q.Resource, err = custody.ShipmentResource(l, r.Shipment)
	return err
}
