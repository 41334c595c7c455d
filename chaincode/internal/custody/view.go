package custody

import (
	"github.com/waymark-ledger/waymark/chaincode/internal/access"
	"github.com/waymark-ledger/waymark/chaincode/internal/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Get returns a shipment with its present state, to its parties and to whom the
// consignor grants it.
func Get(l ledger.Ledger, q waymark.ShipmentQuery) (*waymark.ShipmentView, error) {
	s, c, handoffs, obligations, err := read(l, q)
	if err != nil {
		return nil, err
	}
	f, err := findings(l, s, handoffs)
	if err != nil {
		return nil, err
	}
	discrepancies, err := Discrepancies(l, s.ID)
	if err != nil {
		return nil, err
	}
	v := &waymark.ShipmentView{Discrepancies: discrepancies, Shipment: *s, Custody: *c, Condition: f.state, Reasons: f.reasons, Verdict: &f.verdict,
		Attachments: f.attachments, Handoffs: handoffs, Excursions: f.excursions, Obligations: obligations}
	if c.State.Ended() { // the verdict is what the last acceptance found: the devices have moved on
		last := handoffs[len(handoffs)-1]
		v.Condition, v.Reasons, v.Verdict = last.Condition, last.Reasons, last.Verdict
	}
	return v, nil
}

// read loads a shipment that the caller may read, with what that obliges to.
func read(l ledger.Ledger, q waymark.ShipmentQuery) (*waymark.Shipment, *waymark.Custody, []waymark.Handoff, []waymark.Obligation, error) {
	s, c, err := load(l, q.Shipment)
	if err != nil {
		return nil, nil, nil, nil, err
	}
	handoffs, err := ledger.List[waymark.Handoff](l, ledger.Handoffs(s.ID), MaxHandoffs)
	if err != nil {
		return nil, nil, nil, nil, err
	}
	resource := access.Shipment(*s, c.Custodian, parties(*s, *c, handoffs))
	d, err := access.Permit(l, waymark.ActReadShipment, resource, q.Purpose)
	return s, c, handoffs, d.Obligations, err
}
