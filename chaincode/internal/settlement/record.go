package settlement

import (
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/internal/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// What is read here can have been written by two members alone, with software of their own:
// it must be of the key that it was read under, or it is Internal.
func foreign(key ledger.Key) error {
	return waymark.Errorf(waymark.Internal, "%s is not the record that it should be", key)
}

// saveEscrow writes an escrow twice: under the policy of those whom it concerns, and under the
// chaincode's.
func saveEscrow(l ledger.Ledger, e *waymark.Escrow) error {
	if err := ledger.Save(l, ledger.EscrowKey(e.Shipment), e); err != nil {
		return err
	}
	return ledger.Save(l, ledger.FundingKey(e.Shipment), e)
}

// escrowOf reads the escrow of a shipment, nil if there is none. It must be as it was written
// under the policy of the chaincode: what two members and an issuer can write makes no money of
// another issuer, no more than was put in, and does not pay out again what was paid.
func escrowOf(r ledger.Reader, shipment string) (*waymark.Escrow, error) {
	e, err := ledger.Load[waymark.Escrow](r, ledger.EscrowKey(shipment))
	if err != nil || e == nil {
		return nil, err
	}
	written, err := ledger.Load[waymark.Escrow](r, ledger.FundingKey(shipment))
	if err != nil {
		return nil, err
	}
	if written == nil || *e != *written || e.Shipment != shipment {
		return nil, foreign(ledger.EscrowKey(shipment))
	}
	return e, nil
}

// settlementOf reads the settlement of a shipment, nil if there is none.
func settlementOf(r ledger.Reader, shipment string) (*waymark.Settlement, error) {
	t, err := ledger.Load[waymark.Settlement](r, ledger.SettlementKey(shipment))
	if err == nil && t != nil && t.Shipment != shipment {
		err = foreign(ledger.SettlementKey(shipment))
	}
	return t, err
}

// load reads an escrow with its settlement, or returns NotFound.
func load(r ledger.Reader, shipment string) (*waymark.Escrow, *waymark.Settlement, error) {
	e, err := escrowOf(r, shipment)
	if err != nil {
		return nil, nil, err
	}
	t, err := settlementOf(r, shipment)
	if err == nil && (e == nil || t == nil) {
		err = waymark.Errorf(waymark.NotFound, "there is no escrow of shipment %s", shipment)
	}
	return e, t, err
}

// agreementOf reads what was agreed on of a shipment, nil if nothing was: each member that
// agreed is a party, and is there once.
func agreementOf(r ledger.Reader, s *waymark.Shipment) (*waymark.Agreement, error) {
	a, err := ledger.Load[waymark.Agreement](r, ledger.AgreementKey(s.ID))
	if err != nil || a == nil {
		return nil, err
	}
	var members []string
	for _, by := range a.Agreed {
		if by.Member != s.Consignee && by.Member != s.Consignor || slices.Contains(members, by.Member) {
			return nil, foreign(ledger.AgreementKey(s.ID))
		}
		members = append(members, by.Member)
	}
	if a.Shipment != s.ID || a.Payer != s.Consignee || a.Payee != s.Consignor {
		return nil, foreign(ledger.AgreementKey(s.ID))
	}
	return a, nil
}

// disputesOf reads the disputes of a shipment, oldest first.
func disputesOf(r ledger.Reader, shipment string) ([]waymark.Dispute, error) {
	disputes, err := ledger.List[waymark.Dispute](r, ledger.Disputes(shipment), waymark.MaxDisputes)
	if err != nil {
		return nil, err
	}
	for n, d := range disputes { // they are numbered without a gap
		if number := uint64(n) + 1; d.Shipment != shipment || d.Number != number {
			return nil, foreign(ledger.DisputeKey(shipment, number))
		}
	}
	return disputes, nil
}

// disputeOf reads one dispute of a shipment, or returns NotFound.
func disputeOf(r ledger.Reader, shipment string, number uint64) (*waymark.Dispute, error) {
	d, err := ledger.Require[waymark.Dispute](r, ledger.DisputeKey(shipment, number), "such dispute of shipment "+shipment)
	if err == nil && (d.Shipment != shipment || d.Number != number) {
		err = foreign(ledger.DisputeKey(shipment, number))
	}
	return d, err
}
