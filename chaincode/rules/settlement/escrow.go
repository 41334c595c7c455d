package settlement

import (
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/account"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/shipment"
	"github.com/waymark-ledger/waymark/chaincode/rules/title"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Fund puts money of the payer into the escrow of a shipment, which needs agreed terms and an
// arbiter. The same request again changes nothing.
func Fund(l ledger.Ledger, r waymark.FundEscrowRequest) (*waymark.Escrow, error) {
	s, c, err := authorised(l, r.Shipment, waymark.ActFundEscrow)
	if err != nil {
		return nil, err
	}
	tx := l.Tx()
	e := &waymark.Escrow{Shipment: s.ID, Payer: s.Consignee, Payee: s.Consignor, Arbiter: s.Arbiter, Issuer: r.Issuer, Currency: r.Currency,
		Amount: r.Amount, Reference: r.Reference, RefundAfter: ledger.Milliseconds(r.RefundAfter), State: waymark.EscrowFunded,
		Funded: tx.Stamp(), Changed: tx.Stamp()}
	before, err := shipment.Escrow(l, s.ID)
	if err != nil {
		return nil, err
	}
	if before != nil {
		return again(before, e)
	}
	if err := mayFund(l, s, c, e); err != nil {
		return nil, err
	}
	purse, err := account.Open(l, waymark.CurrencyQuery{Issuer: r.Issuer, Currency: r.Currency}, e.Payer, r.Notes, r.Amount)
	if err != nil {
		return nil, err
	}
	e.Digits = purse.Digits()
	if _, err := purse.Spend(l, 0); err != nil {
		return nil, err
	}
	return e, open(l, s, e)
}

// again answers the funding of an escrow that is there.
func again(before, e *waymark.Escrow) (*waymark.Escrow, error) {
	if before.Issuer != e.Issuer || before.Currency != e.Currency || before.Amount != e.Amount ||
		!before.RefundAfter.Equal(e.RefundAfter) || before.Reference != e.Reference {
		return nil, waymark.Errorf(waymark.AlreadyExists, "shipment %s has another escrow already", e.Shipment)
	}
	return before, nil
}

func mayFund(r ledger.Ledger, s *waymark.Shipment, c *course, e *waymark.Escrow) error {
	now := r.Tx().Time
	switch {
	case c.stage != underWay:
		return waymark.Errorf(waymark.FailedPrecondition, "%s", c).Because(waymark.ReasonShipment)
	case s.Arbiter == "":
		return waymark.Errorf(waymark.FailedPrecondition, "shipment %s has no arbiter", s.ID).Because(waymark.ReasonNoArbiter)
	case !e.RefundAfter.After(now) || e.RefundAfter.After(now.AddDate(0, 0, waymark.MaxEscrowDays)):
		return waymark.InvalidField("/refund_after", "must be after now and at most %d days ahead", waymark.MaxEscrowDays)
	}
	a, err := agreementOf(r, s)
	if err == nil && !a.Both() {
		err = waymark.Errorf(waymark.FailedPrecondition, "the terms of shipment %s are not agreed on", s.ID).Because(waymark.ReasonTerms)
	}
	return err
}

// open writes an escrow and its settlement, which has a record of its own: two members alone
// can decide who gets what, and must not be able to change what there is.
func open(l ledger.Ledger, s *waymark.Shipment, e *waymark.Escrow) error {
	if err := shipment.SaveEscrow(l, e); err != nil {
		return err
	}
	if err := l.Protect(ledger.EscrowKey(s.ID), withIssuer(s, e.Issuer)); err != nil {
		return err
	}
	t := &waymark.Settlement{Shipment: s.ID, State: waymark.SettlementOpen, Changed: l.Tx().Stamp()}
	if err := ledger.Save(l, ledger.SettlementKey(s.ID), t); err != nil {
		return err
	}
	if err := l.Protect(ledger.SettlementKey(s.ID), twoOfThree(s)); err != nil {
		return err
	}
	return l.Emit(waymark.EventEscrowFunded, eventOf(e, t, e.Changed.Time))
}

func eventOf(e *waymark.Escrow, t *waymark.Settlement, at time.Time) waymark.EscrowEvent {
	return waymark.EscrowEvent{Shipment: e.Shipment, Reference: e.Reference, Issuer: e.Issuer, Currency: e.Currency, Digits: e.Digits,
		Payer: e.Payer, Payee: e.Payee, Amount: e.Amount, Paid: t.Paid, Refunded: t.Refunded, Basis: t.Basis, ValueTime: at}
}

// Refund gives the payer back the escrow of a shipment that was not accepted: it is void, has
// returned, or the date is past. Title that the payer took goes back to whom it has it from. The same request again changes nothing.
func Refund(l ledger.Ledger, r waymark.EscrowRequest) (*waymark.Payout, error) {
	s, c, err := authorised(l, r.Shipment, waymark.ActSettleEscrow)
	if err != nil {
		return nil, err
	}
	e, t, err := load(l, s.ID)
	if err != nil {
		return nil, err
	}
	if e.State == waymark.EscrowPaid && t.Basis == waymark.BasisRefund {
		return &waymark.Payout{Escrow: *e, Settlement: *t}, nil
	}
	if err := mayRefund(l, c, e, t); err != nil {
		return nil, err
	}
	decide(l, t, waymark.BasisRefund, 0, e.Amount)
	if err := checkPayable(e, t.Paid, t.Refunded); err != nil {
		return nil, err
	}
	if err := title.GiveBack(l, s.ID); err != nil {
		return nil, err
	}
	if err := ledger.Save(l, ledger.SettlementKey(s.ID), t); err != nil {
		return nil, err
	}
	return pay(l, e, t, func(paid waymark.EscrowEvent) error { return l.Emit(waymark.EventEscrowRefunded, paid) })
}

func mayRefund(l ledger.Ledger, c *course, e *waymark.Escrow, t *waymark.Settlement) error {
	if err := checkOpen(t); err != nil {
		return err
	}
	switch {
	case c.stage == delivered:
		return waymark.Errorf(waymark.FailedPrecondition, "shipment %s was accepted: settle it", e.Shipment).Because(waymark.ReasonShipment)
	case c.stage == over:
		return nil
	case l.Tx().Time.Before(e.RefundAfter):
		return waymark.Errorf(waymark.FailedPrecondition, "shipment %s is under way, and can be accepted until %s", e.Shipment, e.RefundAfter.Format(time.RFC3339)).Because(waymark.ReasonEscrow)
	}
	return notOffered(l, c, e.Payer)
}

// notOffered checks that the payer has no offer to answer: it is past its time. It would have money
// and goods.
func notOffered(l ledger.Ledger, c *course, payer string) error {
	n := len(c.handoffs)
	if n == 0 {
		return nil
	}
	if h := c.handoffs[n-1]; h.To == payer && h.At(l.Tx().Time).State == waymark.HandoffOffered {
		return waymark.Errorf(waymark.FailedPrecondition, "handoff %d of shipment %s waits for an answer: reject it first", h.Number, h.Shipment).Because(waymark.ReasonHandoffOpen)
	}
	return nil
}

// checkOpen checks that nothing is decided, and nothing disputed, of a settlement if there is one.
func checkOpen(t *waymark.Settlement) error {
	switch {
	case t == nil, t.State == waymark.SettlementOpen:
		return nil
	case t.State == waymark.SettlementDisputed:
		return waymark.Errorf(waymark.FailedPrecondition, "shipment %s is disputed", t.Shipment).Because(waymark.ReasonDisputeOpen)
	default:
		return waymark.Errorf(waymark.FailedPrecondition, "the escrow of shipment %s is settled by %s", t.Shipment, t.Basis).Because(waymark.ReasonEscrow)
	}
}

// decide says who gets what.
func decide(l ledger.Ledger, t *waymark.Settlement, basis waymark.Basis, paid, refunded int64) {
	t.State, t.Basis, t.Paid, t.Refunded, t.Changed = waymark.SettlementDecided, basis, paid, refunded, l.Tx().Stamp()
}

// Pay pays out an escrow whose settlement is decided, of a shipment that was accepted: two members alone
// can write the settlement, and what pays out the rest is a refund. The same request again changes nothing.
func Pay(l ledger.Ledger, r waymark.EscrowRequest) (*waymark.Payout, error) {
	s, c, err := authorised(l, r.Shipment, waymark.ActSettleEscrow)
	if err != nil {
		return nil, err
	}
	e, t, err := load(l, s.ID)
	if err != nil {
		return nil, err
	}
	if e.State == waymark.EscrowPaid {
		return &waymark.Payout{Escrow: *e, Settlement: *t}, nil
	}
	if t.State != waymark.SettlementDecided {
		return nil, waymark.Errorf(waymark.FailedPrecondition, "the escrow of shipment %s is not settled", s.ID).Because(waymark.ReasonEscrow)
	}
	if err := isAccepted(c); err != nil {
		return nil, err
	}
	if err := checkPayable(e, t.Paid, t.Refunded); err != nil {
		return nil, err
	}
	return pay(l, e, t, func(paid waymark.EscrowEvent) error { return l.Emit(waymark.EventEscrowPaid, paid) })
}

// checkPayable checks that an escrow can be paid out so: it has not been, whatever a settlement
// says that two members alone have written, and the shares are all of it.
func checkPayable(e *waymark.Escrow, paid, refunded int64) error {
	if e.State != waymark.EscrowFunded {
		return waymark.Errorf(waymark.FailedPrecondition, "the escrow of shipment %s is %s", e.Shipment, e.State).Because(waymark.ReasonEscrow)
	}
	return checkSplit(e, paid, refunded)
}

// checkSplit checks that the shares are the escrow, to the last minor unit.
func checkSplit(e *waymark.Escrow, paid, refunded int64) error {
	if paid < 0 || refunded < 0 || paid > e.Amount || refunded != e.Amount-paid {
		return waymark.Errorf(waymark.FailedPrecondition, "what is paid and refunded must sum up to the escrow of %d", e.Amount).Because(waymark.ReasonSplit)
	}
	return nil
}

// pay turns an escrow that is payable into notes of payee and payer and tells of it.
func pay(l ledger.Ledger, e *waymark.Escrow, t *waymark.Settlement, tell func(waymark.EscrowEvent) error) (*waymark.Payout, error) {
	e.State, e.Changed = waymark.EscrowPaid, l.Tx().Stamp()
	if err := shipment.SaveEscrow(l, e); err != nil {
		return nil, err
	}
	for n, share := range []waymark.Note{{Owner: e.Payee, Amount: t.Paid}, {Owner: e.Payer, Amount: t.Refunded}} {
		share.Issuer, share.Currency, share.Digits = e.Issuer, e.Currency, e.Digits
		if _, err := account.Give(l, share, n); err != nil {
			return nil, err
		}
	}
	return &waymark.Payout{Escrow: *e, Settlement: *t}, tell(eventOf(e, t, e.Changed.Time))
}
