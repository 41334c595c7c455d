package settlement_test

import (
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/settlement"
	"github.com/waymark-ledger/waymark/chaincode/rules/title"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// forge changes a record as those can that its quorum names, with software of their own.
func forge[T any](s *story, key ledger.Key, change func(*T)) {
	s.T.Helper()
	if _, err := s.World.Submit(s.Tx(s.as("producer")), func(l ledger.Ledger) error {
		record, err := ledger.Require[T](l, key, key.String())
		if err != nil {
			return err
		}
		change(record)
		return ledger.Save(l, key, record)
	}); err != nil {
		s.T.Fatal(err)
	}
}

// TestAnEscrowIsAsItWasFunded: where an issuer is a party it and one other can write the
// escrow, and make neither another issuer's money of it, nor more, nor anybody else's.
func TestAnEscrowIsAsItWasFunded(t *testing.T) {
	for name, change := range map[string]func(*waymark.Escrow){
		"another issuer":   func(e *waymark.Escrow) { e.Issuer = "auditor" },
		"another currency": func(e *waymark.Escrow) { e.Currency = "USD" },
		"more":             func(e *waymark.Escrow) { e.Amount++ },
		"another payee":    func(e *waymark.Escrow) { e.Payee = "carrier" },
		"another payer":    func(e *waymark.Escrow) { e.Payer = "producer" },
		"another shipment": func(e *waymark.Escrow) { e.Shipment = "s2" },
		"another date":     func(e *waymark.Escrow) { e.RefundAfter = scenario.Start },
	} {
		t.Run(name, func(t *testing.T) {
			s := newStory(t)
			s.fund()
			s.deliver("too warm", 1100)
			forge(s, ledger.EscrowKey("s1"), change)
			s.bring(terms())
			of := waymark.EscrowRequest{Shipment: "s1"}
			scenario.Refused(s.Consortium, s.as("producer"), settlement.Settle, waymark.SettleRequest{Shipment: "s1"}, waymark.Internal, "")
			scenario.Refused(s.Consortium, s.as("producer"), settlement.Pay, of, waymark.Internal, "")
			scenario.Refused(s.Consortium, s.as("producer"), settlement.Refund, of, waymark.Internal, "")
			scenario.Must(s.Consortium, s.as("producer"), settlement.Dispute, opening)
			scenario.Refused(s.Consortium, s.as("auditor"), settlement.Resolve, waymark.ResolveDisputeRequest{Shipment: "s1", Number: 1, Paid: price, Words: "x"}, waymark.Internal, "")
		})
	}
}

// TestRecordsAreOfTheirKeys: what two members can write of one shipment does not reach another.
func TestRecordsAreOfTheirKeys(t *testing.T) {
	s := disputed(t)
	get := func() {
		t.Helper()
		scenario.Refused(s.Consortium, s.as("auditor"), settlement.Get, waymark.SettlementQuery{Shipment: "s1"}, waymark.Internal, "")
	}
	withdraw := waymark.WithdrawDisputeRequest{Shipment: "s1", Number: 1, Reason: "x"}
	forge(s, ledger.SettlementKey("s1"), func(t *waymark.Settlement) { t.Shipment = "s2" })
	get()
	scenario.Refused(s.Consortium, s.as("retailer"), settlement.Withdraw, withdraw, waymark.Internal, "")
	forge(s, ledger.SettlementKey("s1"), func(t *waymark.Settlement) { t.Shipment = "s1" })
	for _, change := range []func(*waymark.Dispute){func(d *waymark.Dispute) { d.Shipment = "s2" }, func(d *waymark.Dispute) { d.Shipment, d.Number = "s1", 2 }} {
		forge(s, ledger.DisputeKey("s1", 1), change)
		get()
		scenario.Refused(s.Consortium, s.as("retailer"), settlement.Withdraw, withdraw, waymark.Internal, "")
	}
	forge(s, ledger.DisputeKey("s1", 1), func(d *waymark.Dispute) { d.Number = 1 })
	for _, change := range []func(*waymark.Agreement){
		func(a *waymark.Agreement) { a.Shipment = "s2" },
		func(a *waymark.Agreement) { a.Shipment, a.Payer = "s1", "carrier" },
		func(a *waymark.Agreement) { a.Payer, a.Agreed[1].Member = "retailer", a.Agreed[0].Member },
		func(a *waymark.Agreement) { a.Agreed[1].Member = "carrier" },
	} {
		forge(s, ledger.AgreementKey("s1"), change)
		get()
	}
	forge(s, ledger.AgreementKey("s1"), func(a *waymark.Agreement) { a.Agreed[1].Member = "retailer" })
	scenario.Must(s.Consortium, s.as("retailer"), settlement.Withdraw, withdraw)
}

// TestAnEscrowIsPaidOnce: two members that write the settlement of what is paid out, and an
// issuer that helps them with the escrow, do not have it paid out again.
func TestAnEscrowIsPaidOnce(t *testing.T) {
	reopen := func(s *story) {
		forge(s, ledger.SettlementKey("s1"), func(t *waymark.Settlement) {
			t.State, t.Basis, t.Paid, t.Refunded = waymark.SettlementOpen, "", 0, 0
		})
	}
	resolving := waymark.ResolveDisputeRequest{Shipment: "s1", Number: 1, Paid: price, Words: "again"}
	t.Run("by a refund", func(t *testing.T) {
		s := newStory(t)
		s.fund()
		s.Now = scenario.Start.AddDate(0, 0, 31)
		scenario.Must(s.Consortium, s.as("retailer"), settlement.Refund, refunding)
		reopen(s)
		scenario.Refused(s.Consortium, s.as("retailer"), settlement.Refund, refunding, waymark.FailedPrecondition, waymark.ReasonEscrow)
		s.wantBalances(0, 2*price)
	})
	t.Run("by a dispute", func(t *testing.T) {
		s := newStory(t)
		s.fund()
		s.deliver("", 500)
		s.settle()
		reopen(s)
		s.Now = s.Now.AddDate(0, 0, 2)
		scenario.Must(s.Consortium, s.as("producer"), settlement.Dispute, opening)
		scenario.Refused(s.Consortium, s.as("auditor"), settlement.Resolve, resolving, waymark.FailedPrecondition, waymark.ReasonEscrow)
		s.wantBalances(price, price)
	})
	t.Run("with the issuer", func(t *testing.T) {
		s := newStory(t)
		s.fund()
		s.deliver("", 500)
		s.settle()
		forge(s, ledger.EscrowKey("s1"), func(e *waymark.Escrow) { e.State, e.Changed = waymark.EscrowFunded, e.Funded })
		scenario.Refused(s.Consortium, s.as("producer"), settlement.Pay, refunding, waymark.Internal, "")
		s.wantBalances(price, price)
	})
}

// decided has two members write a settlement of their own.
func (s *story) decided(basis waymark.Basis, paid, refunded int64) {
	s.T.Helper()
	forge(s, ledger.SettlementKey("s1"), func(t *waymark.Settlement) {
		t.State, t.Basis, t.Paid, t.Refunded = waymark.SettlementDecided, basis, paid, refunded
	})
}

// TestNoSettlementThatTwoForgeLetsThePayerHaveGoodsAndMoney: who was refunded is known by the
// escrow, and nothing else pays that out before the goods are accepted.
func TestNoSettlementThatTwoForgeLetsThePayerHaveGoodsAndMoney(t *testing.T) {
	t.Run("goods", func(t *testing.T) {
		s := newStory(t)
		s.fund()
		s.refundLate()
		s.decided(waymark.BasisTerms, price, 0)
		scenario.Refused(s.Consortium, s.as("producer"), custody.Offer, offering(s, "retailer"), waymark.FailedPrecondition, waymark.ReasonRefunded)
		scenario.Refused(s.Consortium, s.as("producer"), title.Offer, s.titleOffer("retailer"), waymark.FailedPrecondition, waymark.ReasonRefunded)
	})
	t.Run("title", func(t *testing.T) {
		s := newStory(t)
		s.fund()
		s.sell()
		s.decided(waymark.BasisTerms, price, 0)
		scenario.Refused(s.Consortium, s.as("retailer"), title.Offer, s.titleOffer("carrier"), waymark.FailedPrecondition, waymark.ReasonEscrow)
	})
	t.Run("paid on the way", func(t *testing.T) {
		s := newStory(t)
		s.fund()
		s.decided(waymark.BasisTerms, 0, price)
		scenario.Refused(s.Consortium, s.as("retailer"), settlement.Pay, refunding, waymark.FailedPrecondition, waymark.ReasonAccepted)
		s.wantBalances(0, price)
	})
	t.Run("a forged escrow", func(t *testing.T) {
		s := newStory(t)
		s.fund()
		forge(s, ledger.EscrowKey("s1"), func(e *waymark.Escrow) { e.State = waymark.EscrowPaid })
		scenario.Refused(s.Consortium, s.as("producer"), custody.Offer, offering(s, "retailer"), waymark.Internal, "")
	})
}

// TestTwoForgeTheSettlementUnderARefundOrADispute: what is paid out stays so, what is resolved is what the
// dispute froze, and the opener ends its dispute all the same, by which nothing opens again.
func TestTwoForgeTheSettlementUnderARefundOrADispute(t *testing.T) {
	resolve := waymark.ResolveDisputeRequest{Shipment: "s1", Number: 1, Paid: price, Words: "as agreed"}
	withdraw := waymark.WithdrawDisputeRequest{Shipment: "s1", Number: 1, Reason: "as agreed"}
	t.Run("a refund", func(t *testing.T) {
		s := newStory(t)
		s.fund()
		s.refundLate()
		for _, state := range []waymark.SettlementState{waymark.SettlementOpen, waymark.SettlementDisputed, waymark.SettlementDecided} {
			forge(s, ledger.SettlementKey("s1"), func(t *waymark.Settlement) {
				t.State, t.Basis, t.Paid, t.Refunded = state, waymark.BasisTerms, price, 0
			})
			if _, err := scenario.Submit(s.Consortium, s.as("retailer"), settlement.Refund, refunding); err == nil {
				t.Errorf("%s: refunded again", state)
			}
			s.wantBalances(0, 2*price)
		}
	})
	for _, state := range []waymark.SettlementState{waymark.SettlementOpen, waymark.SettlementDecided} {
		t.Run("a dispute, "+string(state), func(t *testing.T) {
			s := disputed(t)
			forge(s, ledger.SettlementKey("s1"), func(t *waymark.Settlement) { t.State, t.Paid = state, price })
			scenario.Refused(s.Consortium, s.as("auditor"), settlement.Resolve, resolve, waymark.FailedPrecondition, waymark.ReasonEscrow)
			s.wantBalances(0, price)
			scenario.Must(s.Consortium, s.as("retailer"), settlement.Withdraw, withdraw)
			if v := scenario.Must(s.Consortium, s.as("auditor"), settlement.Get, waymark.SettlementQuery{Shipment: "s1"}); v.Settlement.State != state {
				t.Errorf("the settlement is %s, and was %s", v.Settlement.State, state)
			}
		})
	}
}
