package custody

import (
	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/shipment"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Load reads a shipment with its custody, or returns NotFound.
func Load(r ledger.Reader, id string) (*waymark.Shipment, *waymark.Custody, error) {
	return shipment.InCustody(r, id)
}

// ShipmentResource is a shipment as the policies see it now.
func ShipmentResource(r ledger.Reader, id string) (access.Entity, error) {
	now, err := shipment.Load(r, id)
	if err != nil {
		return access.Entity{}, err
	}
	return now.Resource(), nil
}

// Witnessed returns what a shipment is to the policies about its witnesses; nothing
// for no shipment.
func Witnessed(r ledger.Reader, id string) (access.Witnessed, error) {
	if id == "" {
		return access.Witnessed{}, nil
	}
	now, err := shipment.Load(r, id)
	if err != nil {
		return access.Witnessed{}, err
	}
	p := now.Present()
	return access.Witnessed{Shipment: id, Custodian: p.Custodian, Parties: p.Parties, Holds: p.Holds}, nil
}

// Custodian returns who has custody of a shipment now.
func Custodian(r ledger.Reader, id string) (string, error) {
	c, err := shipment.Custody(r, id)
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
func HandoffResource(r ledger.Reader, id string, number uint64) (access.Entity, error) {
	h, err := shipment.Handoff(r, id, number)
	if err != nil {
		return access.Entity{}, err
	}
	return access.Handoff(*h), nil
}
