package custody

import (
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/internal/ledger"
	"github.com/waymark-ledger/waymark/chaincode/internal/shipment"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// notRefunded checks that the consignee, if a handoff is to it, has not taken back the money for
// the goods. A transaction that relies on it is invalidated by a refund that commits before it.
func notRefunded(r ledger.Reader, s *waymark.Shipment, to string) error {
	if to != s.Consignee {
		return nil
	}
	t, err := ledger.Load[waymark.Settlement](r, ledger.SettlementKey(s.ID))
	if err == nil && t != nil && t.Basis == waymark.BasisRefund {
		err = waymark.Errorf(waymark.FailedPrecondition, "%s has taken back the money for shipment %s: the goods can only return", to, s.ID).Because(waymark.ReasonRefunded)
	}
	return err
}

// stage is where a shipment is as a reader sees it: settled and closed follow from its
// escrow, its claims and the time, and are stored nowhere.
func stage(l ledger.Ledger, now *shipment.State, discrepancies []waymark.Discrepancy) (waymark.ShipmentState, error) {
	state := now.Custody.State
	if state != waymark.ShipmentAccepted && state != waymark.ShipmentDiscrepant {
		return state, nil
	}
	escrow, err := ledger.Load[waymark.Escrow](l, ledger.EscrowKey(now.Shipment.ID))
	if err != nil {
		return "", err
	}
	disputes, err := ledger.List[waymark.Dispute](l, ledger.Disputes(now.Shipment.ID), waymark.MaxDisputes)
	if err != nil {
		return "", err
	}
	claimed := ClaimsOf(&now.Shipment, &now.Custody, now.Handoffs, discrepancies, disputes, l.Tx().Time).Open(&now.Shipment) ||
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
