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

// Witnessed returns what a shipment is to the policies about its witnesses; nothing
// for no shipment.
func Witnessed(r ledger.Reader, shipment string) (access.Witnessed, error) {
	if shipment == "" {
		return access.Witnessed{}, nil
	}
	s, c, err := load(r, shipment)
	if err != nil {
		return access.Witnessed{}, err
	}
	handoffs, err := ledger.List[waymark.Handoff](r, ledger.Handoffs(shipment), MaxHandoffs)
	return access.Witnessed{Shipment: shipment, Custodian: c.Custodian, Parties: parties(*s, *c, handoffs)}, err
}

// Custodian returns who has custody of a shipment now.
func Custodian(r ledger.Reader, shipment string) (string, error) {
	c, err := ledger.Require[waymark.Custody](r, ledger.CustodyKey(shipment), "custody of shipment "+shipment)
	if err != nil {
		return "", err
	}
	return c.Custodian, nil
}

// WitnessedBy returns the same of the shipment that a device witnesses now.
func WitnessedBy(r ledger.Reader, device string) (access.Witnessed, error) {
	a, err := ledger.Load[waymark.Attachment](r, ledger.AttachmentKey(device))
	if err != nil || a == nil {
		return access.Witnessed{}, err
	}
	return Witnessed(r, a.Shipment)
}

// HandoffResource is a handoff as the policies see it now.
func HandoffResource(r ledger.Reader, shipment string, number uint64) (access.Entity, error) {
	h, err := requireHandoff(r, shipment, number)
	if err != nil {
		return access.Entity{}, err
	}
	return access.Handoff(*h), nil
}
