package custody

import (
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/shipment"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Get returns a shipment with its present state, to its parties and to whom the
// consignor grants it.
func Get(l ledger.Ledger, q waymark.ShipmentQuery) (*waymark.ShipmentView, error) {
	now, decision, err := read(l, q)
	if err != nil {
		return nil, err
	}
	f, d, err := findingsFor(l, now, decision)
	if err != nil {
		return nil, err
	}
	discrepancies, err := Discrepancies(l, now.Shipment.ID)
	if err != nil {
		return nil, err
	}
	state, err := stage(l, now, discrepancies)
	if err != nil {
		return nil, err
	}
	v := &waymark.ShipmentView{Shipment: now.Shipment, State: state, Custody: now.Custody, Cargo: now.Cargo, Title: now.Title, Holds: now.Holds.List(),
		Condition: f.state, Reasons: f.reasons, Verdict: &f.verdict, Attachments: f.attachments, Handoffs: asSeen(now.Handoffs, l.Tx().Time),
		Excursions: f.excursions, MoreExcursions: f.more, Discrepancies: discrepancies, Obligations: decision.Obligations}
	if now.Custody.State.Ended() && now.Custody.Leg > 0 { // the verdict is what the last acceptance found: the devices have moved on
		last := now.Handoffs[len(now.Handoffs)-1]
		v.Condition, v.Reasons, v.Verdict = last.Condition, last.Reasons, last.Verdict
	}
	return v, d.view(v)
}

// asSeen are handoffs as a reader sees them at a time.
func asSeen(handoffs []waymark.Handoff, now time.Time) []waymark.Handoff {
	seen := make([]waymark.Handoff, 0, len(handoffs))
	for _, h := range handoffs {
		seen = append(seen, h.At(now))
	}
	return seen
}

// read loads a shipment that the caller may read, with the decision that says so.
func read(l ledger.Ledger, q waymark.ShipmentQuery) (*shipment.State, waymark.Decision, error) {
	now, err := shipment.Load(l, q.Shipment)
	if err != nil {
		return nil, waymark.Decision{}, err
	}
	d, err := access.Permit(l, waymark.ActReadShipment, now.Resource(), q.Purpose)
	return now, d, err
}
