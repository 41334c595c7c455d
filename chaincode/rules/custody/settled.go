package custody

import (
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/shipment"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// stage is where a shipment is as a reader sees it: settled and closed follow from its
// escrow, its claims and the time, and are stored nowhere.
func stage(l ledger.Ledger, now *shipment.State, discrepancies []waymark.Discrepancy) (waymark.ShipmentState, error) {
	state := now.Custody.State
	if state != waymark.ShipmentAccepted && state != waymark.ShipmentDiscrepant {
		return state, nil
	}
	escrow, err := shipment.Escrow(l, now.Shipment.ID)
	if err != nil {
		return "", err
	}
	disputes, err := shipment.Disputes(l, now.Shipment.ID)
	if err != nil {
		return "", err
	}
	claimed := ClaimsOf(&now.Shipment, now.Custody.Changed.Time, now.Handoffs, discrepancies, disputes, l.Tx().Time).Open(&now.Shipment) ||
		slices.Contains(now.Holds.Kinds(), string(waymark.HoldDispute))
	switch {
	case escrow != nil && escrow.State != waymark.EscrowPaid:
		return state, nil
	case !claimed:
		return waymark.ShipmentClosed, nil
	case escrow != nil:
		return waymark.ShipmentSettled, nil
	}
	return state, nil
}
