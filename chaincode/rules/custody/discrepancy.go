package custody

import (
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// openDiscrepancy records that a handoff was accepted with reservation, and returns nil
// if it was not.
func openDiscrepancy(l ledger.Ledger, s *waymark.Shipment, h *waymark.Handoff) (*waymark.DiscrepancyRef, error) {
	if !h.Discrepant() {
		return nil, nil
	}
	d := waymark.Discrepancy{Shipment: s.ID, Handoff: h.Number, By: h.To, ClaimUntil: l.Tx().Time.Add(s.ClaimWindow()), Opened: l.Tx().Stamp()}
	return &waymark.DiscrepancyRef{ClaimUntil: d.ClaimUntil, Counts: h.Counts}, ledger.Save(l, ledger.DiscrepancyKey(s.ID, h.Number), &d)
}

// Discrepancies returns the discrepancies of a shipment, oldest first.
func Discrepancies(r ledger.Reader, shipment string) ([]waymark.Discrepancy, error) {
	return ledger.List[waymark.Discrepancy](r, ledger.Discrepancies(shipment), MaxHandoffs)
}

// WaiveClaim gives up what is left of the claim window of a handoff, by the member that
// accepted it. The same request again changes nothing.
func WaiveClaim(l ledger.Ledger, r waymark.WaiveClaimRequest) (*waymark.Discrepancy, error) {
	h, err := authorised(l, r.Shipment, r.Number, waymark.ActWaiveClaim)
	if err != nil {
		return nil, err
	}
	key := ledger.DiscrepancyKey(r.Shipment, r.Number)
	d, err := ledger.Require[waymark.Discrepancy](l, key, "discrepancy of that handoff of shipment "+r.Shipment)
	if err != nil {
		return nil, err
	}
	if d.Waived != nil && d.Waived.Reason == r.Reason {
		return d, nil
	}
	if !d.Open(l.Tx().Time) {
		return nil, waymark.Errorf(waymark.FailedPrecondition, "the claim window of handoff %d of shipment %s is over", h.Number, h.Shipment).Because(waymark.ReasonClaim)
	}
	d.Waived = &waymark.Change{By: l.Tx().Stamp(), Reason: r.Reason}
	if err := ledger.Save(l, key, d); err != nil {
		return nil, err
	}
	return d, l.Emit(waymark.EventClaimWaived, waymark.HandoffEvent{Shipment: h.Shipment, Number: h.Number, From: h.From, To: h.To})
}
