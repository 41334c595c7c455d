package settlement

import (
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/shipment"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Settle works out what is due by the agreed terms, which come as transient data, and writes
// who gets what, and nothing else: payer and payee alone endorse it. The same request again
// changes nothing.
func Settle(l ledger.Ledger, r waymark.SettleRequest) (*waymark.SettleResult, error) {
	s, c, err := authorised(l, r.Shipment, waymark.ActSettleEscrow)
	if err != nil {
		return nil, err
	}
	terms, err := agreedTerms(l, s)
	if err != nil {
		return nil, err
	}
	e, t, err := load(l, s.ID)
	if err != nil {
		return nil, err
	}
	if t.State == waymark.SettlementDecided && t.Basis == waymark.BasisTerms {
		return &waymark.SettleResult{Settlement: *t}, nil
	}
	if err := maySettle(l, s, c, e, t, terms); err != nil {
		return nil, err
	}
	f, err := found(l, s, c)
	if err != nil {
		return nil, err
	}
	paid := due(terms, f, e.Amount)
	decide(l, t, waymark.BasisTerms, paid, e.Amount-paid)
	if err := ledger.Save(l, ledger.SettlementKey(s.ID), t); err != nil {
		return nil, err
	}
	return &waymark.SettleResult{Settlement: *t, Changed: true}, l.Emit(waymark.EventEscrowSettled, eventOf(e, t, t.Changed.Time))
}

// agreedTerms reads the terms that came as transient data and checks that they are those on
// which both agreed.
func agreedTerms(l ledger.Ledger, s *waymark.Shipment) (waymark.Terms, error) {
	terms, canonical, err := transient(l.Tx().Terms, s)
	if err != nil {
		return terms, err
	}
	a, err := agreementOf(l, s)
	if err != nil {
		return terms, err
	}
	if !a.Both() || a.SHA256 != hashOf(canonical) {
		return terms, waymark.Errorf(waymark.FailedPrecondition, "these are not terms that both parties of shipment %s agreed on", s.ID).Because(waymark.ReasonTerms)
	}
	return terms, nil
}

func maySettle(l ledger.Ledger, s *waymark.Shipment, c *course, e *waymark.Escrow, t *waymark.Settlement, terms waymark.Terms) error {
	if err := checkOpen(t); err != nil {
		return err
	}
	if e.Issuer != terms.Issuer || e.Currency != terms.Currency || e.Digits != terms.Digits {
		return waymark.Errorf(waymark.FailedPrecondition, "the escrow of shipment %s is not in the currency of its terms", s.ID).Because(waymark.ReasonTerms)
	}
	if err := isAccepted(c); err != nil {
		return err
	}
	disputes, err := shipment.Disputes(l, s.ID)
	if err != nil {
		return err
	}
	of, err := claimsOf(l, s, c, disputes)
	if err != nil {
		return err
	}
	they := other(s, l.Tx().Caller.Member) // who asks makes no claims of its own
	if of[they].Open {
		return waymark.Errorf(waymark.FailedPrecondition, "%s can make claims about shipment %s until %s", they, s.ID, of[they].Until.Format(time.RFC3339)).Because(waymark.ReasonClaimWindow)
	}
	return nil
}

// Get returns all that is public of the settlement of a shipment.
func Get(l ledger.Ledger, q waymark.SettlementQuery) (*waymark.SettlementView, error) {
	s, _, err := authorised(l, q.Shipment, waymark.ActReadSettlement)
	if err != nil {
		return nil, err
	}
	v := &waymark.SettlementView{Shipment: s.ID, Payer: s.Consignee, Payee: s.Consignor, Arbiter: s.Arbiter}
	if v.Agreement, err = agreementOf(l, s); err != nil {
		return nil, err
	}
	if v.Escrow, err = shipment.Escrow(l, s.ID); err != nil {
		return nil, err
	}
	if v.Settlement, err = settlementOf(l, s.ID); err != nil {
		return nil, err
	}
	v.Disputes, err = shipment.Disputes(l, s.ID)
	return v, err
}
