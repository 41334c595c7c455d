package shipment

import (
	"github.com/waymark-ledger/waymark/chaincode/internal/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// NotRefunded checks that the consignee, if goods or title go to it, has not taken back the money
// for them. A transaction that relies on it is invalidated by a refund that commits before it.
func NotRefunded(r ledger.Reader, s *waymark.Shipment, to string) error {
	if to != s.Consignee {
		return nil
	}
	t, err := ledger.Load[waymark.Settlement](r, ledger.SettlementKey(s.ID))
	if err == nil && t != nil && t.Basis == waymark.BasisRefund {
		err = waymark.Errorf(waymark.FailedPrecondition, "%s has taken back the money for shipment %s: the goods can only return", to, s.ID).Because(waymark.ReasonRefunded)
	}
	return err
}
