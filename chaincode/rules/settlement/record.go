package settlement

import (
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/shipment"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// What is read here can have been written by two members alone, with software of their own:
// it must be of the key that it was read under.

// settlementOf reads the settlement of a shipment, nil if there is none.
func settlementOf(r ledger.Reader, shipment string) (*waymark.Settlement, error) {
	key := ledger.SettlementKey(shipment)
	t, err := ledger.Load[waymark.Settlement](r, key)
	if err != nil || t == nil {
		return nil, err
	}
	return t, ledger.CheckOwn(key, t.Shipment == shipment)
}

// load reads an escrow with its settlement, or returns NotFound.
func load(r ledger.Reader, id string) (*waymark.Escrow, *waymark.Settlement, error) {
	e, err := shipment.Escrow(r, id)
	if err != nil {
		return nil, nil, err
	}
	t, err := settlementOf(r, id)
	if err == nil && (e == nil || t == nil) {
		err = waymark.Errorf(waymark.NotFound, "there is no escrow of shipment %s", id)
	}
	return e, t, err
}

// agreementOf reads what was agreed on of a shipment, nil if nothing was: each member that
// agreed is a party, and is there once.
func agreementOf(r ledger.Reader, s *waymark.Shipment) (*waymark.Agreement, error) {
	key := ledger.AgreementKey(s.ID)
	a, err := ledger.Load[waymark.Agreement](r, key)
	if err != nil || a == nil {
		return nil, err
	}
	own := a.Shipment == s.ID && a.Payer == s.Consignee && a.Payee == s.Consignor
	var members []string
	for _, by := range a.Agreed {
		own = own && (by.Member == a.Payer || by.Member == a.Payee) && !slices.Contains(members, by.Member)
		members = append(members, by.Member)
	}
	return a, ledger.CheckOwn(key, own)
}

// disputeOf reads one dispute of a shipment, or returns NotFound.
func disputeOf(r ledger.Reader, shipment string, number uint64) (*waymark.Dispute, error) {
	key := ledger.DisputeKey(shipment, number)
	d, err := ledger.Require[waymark.Dispute](r, key, "such dispute of shipment "+shipment)
	if err != nil {
		return nil, err
	}
	return d, ledger.CheckOwn(key, d.Shipment == shipment && d.Number == number)
}
