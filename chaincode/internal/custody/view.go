package custody

import (
	"github.com/waymark-ledger/waymark/chaincode/internal/access"
	"github.com/waymark-ledger/waymark/chaincode/internal/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Get returns a shipment with its present state, to its parties.
func Get(l ledger.Ledger, q waymark.ShipmentQuery) (*waymark.ShipmentView, error) {
	s, c, handoffs, err := read(l, q.Shipment)
	if err != nil {
		return nil, err
	}
	f, err := findings(l, s)
	if err != nil {
		return nil, err
	}
	v := &waymark.ShipmentView{Shipment: *s, Custody: *c, Condition: f.state, Reasons: f.reasons,
		Attachments: f.attachments, Handoffs: handoffs, Excursions: f.excursions}
	if ended(c.State) { // the verdict is what the last acceptance found: the devices have moved on
		last := handoffs[len(handoffs)-1]
		v.Condition, v.Reasons = last.Condition, last.Reasons
	}
	return v, nil
}

// read loads a shipment that the caller may read.
func read(l ledger.Ledger, id string) (*waymark.Shipment, *waymark.Custody, []waymark.Handoff, error) {
	s, c, err := load(l, id)
	if err != nil {
		return nil, nil, nil, err
	}
	handoffs, err := ledger.List[waymark.Handoff](l, ledger.Handoffs(id), MaxHandoffs)
	if err != nil {
		return nil, nil, nil, err
	}
	resource := access.Shipment(*s, c.Custodian, parties(*s, *c, handoffs))
	return s, c, handoffs, access.Authorize(l.Tx(), waymark.ActReadShipment, resource)
}
