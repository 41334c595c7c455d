package shipment

import (
	"cmp"

	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Escrow reads the escrow of a shipment, nil if there is none. It must be as it was written
// under the policy of the chaincode: what two members and an issuer can write makes no money of
// another issuer, no more than was put in, and does not pay out again what was paid.
func Escrow(r ledger.Reader, id string) (*waymark.Escrow, error) {
	key := ledger.EscrowKey(id)
	e, err := ledger.Load[waymark.Escrow](r, key)
	if err != nil || e == nil {
		return nil, err
	}
	written, err := ledger.Load[waymark.Escrow](r, ledger.FundingKey(id))
	if err != nil {
		return nil, err
	}
	return e, ledger.CheckOwn(key, written != nil && *e == *written && e.Shipment == id)
}

// SaveEscrow writes an escrow twice: under the policy of those whom it concerns, and under the
// chaincode's.
func SaveEscrow(l ledger.Ledger, e *waymark.Escrow) error {
	if err := ledger.Save(l, ledger.EscrowKey(e.Shipment), e); err != nil {
		return err
	}
	return ledger.Save(l, ledger.FundingKey(e.Shipment), e)
}

// Disputes reads the disputes of a shipment, oldest first.
func Disputes(r ledger.Reader, id string) ([]waymark.Dispute, error) {
	disputes, err := ledger.List[waymark.Dispute](r, ledger.Disputes(id), waymark.MaxDisputes)
	for i, d := range disputes { // they are numbered from 1, without a gap
		number := uint64(i) + 1
		err = cmp.Or(err, ledger.CheckOwn(ledger.DisputeKey(id, number), d.Shipment == id && d.Number == number))
	}
	return disputes, err
}

// NotRefunded checks that the consignee, if goods or title of a shipment that is on its way go to it, has not
// taken back the money for them. Before it has accepted, nothing else pays out what is in escrow. A
// transaction that relies on it is invalidated by a refund that commits before it.
func NotRefunded(r ledger.Reader, s *waymark.Shipment, to string) error {
	if to != s.Consignee {
		return nil
	}
	e, err := Escrow(r, s.ID)
	if err == nil && e != nil && e.State == waymark.EscrowPaid {
		err = waymark.Errorf(waymark.FailedPrecondition, "%s has taken back the money for shipment %s: the goods can only return", to, s.ID).Because(waymark.ReasonRefunded)
	}
	return err
}
