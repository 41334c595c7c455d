package custody

import (
	"github.com/waymark-ledger/waymark/chaincode/internal/access"
	"github.com/waymark-ledger/waymark/chaincode/internal/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// ShipmentResource is a shipment as the policies see it now.
func ShipmentResource(r ledger.Reader, id string) (access.Entity, error) {
	s, c, err := load(r, id)
	if err != nil {
		return access.Entity{}, err
	}
	return resource(r, s, c)
}

// resource is a shipment as the policies see it, for every act on it.
func resource(r ledger.Reader, s *waymark.Shipment, c *waymark.Custody) (access.Entity, error) {
	handoffs, err := ledger.List[waymark.Handoff](r, ledger.Handoffs(s.ID), MaxHandoffs)
	return access.Shipment(*s, c.Custodian, parties(*s, *c, handoffs)), err
}

// Parties returns the members that a shipment concerns; none for no shipment.
func Parties(r ledger.Reader, shipment string) ([]string, error) {
	if shipment == "" {
		return nil, nil
	}
	s, c, err := load(r, shipment)
	if err != nil {
		return nil, err
	}
	handoffs, err := ledger.List[waymark.Handoff](r, ledger.Handoffs(shipment), MaxHandoffs)
	return parties(*s, *c, handoffs), err
}

// Custodian returns the member that has custody of the shipment which a device
// witnesses; empty if it witnesses none.
func Custodian(r ledger.Reader, device string) (string, error) {
	a, err := ledger.Load[waymark.Attachment](r, ledger.AttachmentKey(device))
	if err != nil || a == nil {
		return "", err
	}
	c, err := ledger.Require[waymark.Custody](r, ledger.CustodyKey(a.Shipment), "custody of "+a.Shipment)
	if err != nil {
		return "", err
	}
	return c.Custodian, nil
}

// HandoffResource is a handoff as the policies see it now.
func HandoffResource(r ledger.Reader, shipment string, number uint64) (access.Entity, error) {
	h, err := requireHandoff(r, shipment, number)
	if err != nil {
		return access.Entity{}, err
	}
	return access.Handoff(*h), nil
}
