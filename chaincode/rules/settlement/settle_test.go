package settlement_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/settlement"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

func TestSettlement(t *testing.T) {
	tests := map[string]struct {
		readings []int64
		paid     int64
	}{
		"all in range":                    {[]int64{500}, price},
		"one degree below":                {[]int64{500, 100}, 150000},
		"one below and one above as well": {[]int64{100, 1100}, 100000},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newStory(t)
			s.fund()
			s.wantBalances(0, price)
			reservation := ""
			if test.paid != price {
				reservation = "out of range"
			}
			s.deliver(reservation, test.readings...)
			if reservation != "" {
				s.bring(terms())
				scenario.Refused(s.Consortium, s.as("producer"), settlement.Settle, waymark.SettleRequest{Shipment: "s1"}, waymark.FailedPrecondition, waymark.ReasonClaimWindow)
				s.Now = s.Now.Add(waymark.DefaultClaimWindow + time.Millisecond)
			}
			p := s.settle()
			if p.Settlement.Paid != test.paid || p.Settlement.Refunded != price-test.paid || p.Settlement.Basis != waymark.BasisTerms || p.Escrow.State != waymark.EscrowPaid {
				t.Errorf("paid out %+v", p)
			}
			s.wantBalances(test.paid, 2*price-test.paid)
			if again := s.settle(); !reflect.DeepEqual(again, p) {
				t.Errorf("again %+v, want %+v", again, p)
			}
			s.wantBalances(test.paid, 2*price-test.paid)
		})
	}
}

// TestExceptionsCost: each thing that is missing or damaged costs, once, and settling waits
// for the claim window or until it is waived.
func TestExceptionsCost(t *testing.T) {
	s := newStory(t)
	priced := terms()
	priced.Exceptions = []waymark.ExceptionPenalty{{Reason: waymark.ExceptionDamaged, Each: 700}, {Reason: waymark.ExceptionMissing, Each: 5000}}
	hash := s.propose(priced)
	for _, party := range []string{"producer", "retailer"} {
		scenario.Must(s.Consortium, s.as(party), settlement.Agree, waymark.AgreeTermsRequest{Shipment: "s1", SHA256: hash})
	}
	scenario.Must(s.Consortium, s.as("retailer"), settlement.Fund, s.fundRequest(price))
	s.Record(s.logger.Pack(500))
	damaged := waymark.Exception{Goods: waymark.Item(scenario.GTIN, "s1").String(), Reason: waymark.ExceptionDamaged}
	s.accept("producer", "carrier", waymark.AcceptHandoffRequest{Exceptions: []waymark.Exception{damaged}})
	s.Record(s.logger.Pack(500))
	s.accept("carrier", "retailer", waymark.AcceptHandoffRequest{Exceptions: []waymark.Exception{damaged}})
	settle := waymark.SettleRequest{Shipment: "s1"}
	for n, by := range []string{"carrier", "retailer"} {
		scenario.Refused(s.Consortium, s.as("producer"), settlement.Settle, settle, waymark.FailedPrecondition, waymark.ReasonClaimWindow)
		scenario.Must(s.Consortium, s.as(by), custody.WaiveClaim, waymark.WaiveClaimRequest{Shipment: "s1", Number: uint64(n) + 1, Reason: "settled by phone"})
	}
	if r := scenario.Must(s.Consortium, s.as("producer"), settlement.Settle, settle); r.Settlement.Paid != price-700 {
		t.Errorf("due is %d", r.Settlement.Paid)
	}
}

// TestSettleWritesTheSplitAlone: payer and payee endorse it alone, so it must write nothing
// that others have a say in.
func TestSettleWritesTheSplitAlone(t *testing.T) {
	s := newStory(t)
	s.fund()
	s.deliver("", 500)
	s.bring(terms())
	_, tx, err := scenario.Endorse(s.Consortium, s.as("retailer"), settlement.Settle, waymark.SettleRequest{Shipment: "s1"})
	if err != nil || !reflect.DeepEqual(tx.Writes(), []string{"settlement/s1"}) {
		t.Errorf("settling writes %v (%v)", tx.Writes(), err)
	}
	for key, want := range map[ledger.Key]ledger.Quorum{
		ledger.SettlementKey("s1"): {Need: 2, Members: []string{"auditor", "producer", "retailer"}},
		ledger.AgreementKey("s1"):  {Need: 2, Members: []string{"auditor", "producer", "retailer"}},
		ledger.EscrowKey("s1"):     {Need: 2, Members: []string{"auditor", "producer", "retailer"}, Always: []string{"carrier"}},
	} {
		if got, _ := s.World.Quorum(key); !reflect.DeepEqual(got, want) {
			t.Errorf("%s needs %+v, want %+v", key, got, want)
		}
	}
}

// TestASplitThatIsNotTheEscrowIsNotPaid: two members with altered software can write any
// settlement, but make no money of it.
func TestASplitThatIsNotTheEscrowIsNotPaid(t *testing.T) {
	for _, split := range [][2]int64{{price + 1, 0}, {price, 1}, {-1, price + 1}, {price + 1, -1}, {0, 0}, {1 << 62, 1 << 62}} {
		s := newStory(t)
		s.fund()
		s.deliver("", 500)
		if _, err := s.World.Submit(s.Tx(s.as("producer")), func(l ledger.Ledger) error {
			return ledger.Save(l, ledger.SettlementKey("s1"), &waymark.Settlement{Shipment: "s1", State: waymark.SettlementDecided,
				Basis: waymark.BasisTerms, Paid: split[0], Refunded: split[1]})
		}); err != nil {
			t.Fatal(err)
		}
		scenario.Refused(s.Consortium, s.as("producer"), settlement.Pay, waymark.EscrowRequest{Shipment: "s1"}, waymark.FailedPrecondition, waymark.ReasonSplit)
	}
}

func TestSettleRefuses(t *testing.T) {
	settle := waymark.SettleRequest{Shipment: "s1"}
	t.Run("before acceptance", func(t *testing.T) {
		s := newStory(t)
		s.fund()
		scenario.Refused(s.Consortium, s.as("producer"), settlement.Settle, settle, waymark.FailedPrecondition, waymark.ReasonAccepted)
		scenario.Refused(s.Consortium, s.as("producer"), settlement.Pay, waymark.EscrowRequest{Shipment: "s1"}, waymark.FailedPrecondition, waymark.ReasonEscrow)
	})
	t.Run("what is no escrow", func(t *testing.T) {
		s := newStory(t)
		s.agree()
		scenario.Refused(s.Consortium, s.as("producer"), settlement.Settle, settle, waymark.NotFound, "")
	})
	t.Run("other terms", func(t *testing.T) {
		s := newStory(t)
		s.fund()
		s.deliver("", 500)
		others := terms()
		others.Price = 1
		s.bring(others)
		scenario.Refused(s.Consortium, s.as("retailer"), settlement.Settle, settle, waymark.FailedPrecondition, waymark.ReasonTerms)
		for _, transient := range []string{"", "{}", "null", `{"price":1}`, string(s.Terms) + "x"} {
			s.Terms = []byte(transient)
			scenario.Refused(s.Consortium, s.as("retailer"), settlement.Settle, settle, waymark.Invalid, "")
		}
	})
	t.Run("another currency", func(t *testing.T) {
		s := newStory(t)
		other := terms()
		other.Digits = 3
		hash := s.propose(other)
		for _, party := range []string{"producer", "retailer"} {
			scenario.Must(s.Consortium, s.as(party), settlement.Agree, waymark.AgreeTermsRequest{Shipment: "s1", SHA256: hash})
		}
		scenario.Must(s.Consortium, s.as("retailer"), settlement.Fund, s.fundRequest(price))
		s.deliver("", 500)
		scenario.Refused(s.Consortium, s.as("retailer"), settlement.Settle, settle, waymark.FailedPrecondition, waymark.ReasonTerms)
	})
	t.Run("others than the parties", func(t *testing.T) {
		s := newStory(t)
		s.fund()
		s.deliver("", 500)
		for _, member := range []string{"carrier", "auditor"} {
			scenario.Refused(s.Consortium, s.as(member), settlement.Settle, settle, waymark.Forbidden, waymark.DefaultDeny)
			scenario.Refused(s.Consortium, s.as(member), settlement.Terms, waymark.SettlementQuery{Shipment: "s1"}, waymark.Forbidden, waymark.DefaultDeny)
		}
	})
}

func TestFundRefuses(t *testing.T) {
	s := newStory(t)
	fund := func(change func(*waymark.FundEscrowRequest), code waymark.Code, reason string) {
		t.Helper()
		r := s.fundRequest(price)
		change(&r)
		scenario.Refused(s.Consortium, s.as("retailer"), settlement.Fund, r, code, reason)
	}
	none := func(*waymark.FundEscrowRequest) {}
	fund(none, waymark.FailedPrecondition, waymark.ReasonTerms)
	hash := s.propose(terms())
	scenario.Must(s.Consortium, s.as("retailer"), settlement.Agree, waymark.AgreeTermsRequest{Shipment: "s1", SHA256: hash})
	fund(none, waymark.FailedPrecondition, waymark.ReasonTerms) // the producer has not agreed
	scenario.Must(s.Consortium, s.as("producer"), settlement.Agree, waymark.AgreeTermsRequest{Shipment: "s1", SHA256: hash})
	fund(func(r *waymark.FundEscrowRequest) { r.Amount = 2*price + 1 }, waymark.FailedPrecondition, waymark.ReasonFunds)
	fund(func(r *waymark.FundEscrowRequest) { r.Notes = []string{"other"} }, waymark.FailedPrecondition, waymark.ReasonFunds)
	fund(func(r *waymark.FundEscrowRequest) { r.Currency = "USD" }, waymark.FailedPrecondition, waymark.ReasonFunds)
	fund(func(r *waymark.FundEscrowRequest) { r.RefundAfter = s.Now }, waymark.Invalid, "")
	fund(func(r *waymark.FundEscrowRequest) { r.RefundAfter = s.Now.AddDate(0, 0, 367) }, waymark.Invalid, "")
	scenario.Refused(s.Consortium, s.as("producer"), settlement.Fund, s.fundRequest(price), waymark.Forbidden, waymark.DefaultDeny)

	first := scenario.Must(s.Consortium, s.as("retailer"), settlement.Fund, s.fundRequest(price))
	if again := scenario.Must(s.Consortium, s.as("retailer"), settlement.Fund, s.fundRequest(price)); !reflect.DeepEqual(again, first) {
		t.Errorf("funded again: %+v", again)
	}
	fund(func(r *waymark.FundEscrowRequest) { r.Amount++ }, waymark.AlreadyExists, "")
	s.wantBalances(0, price)

	s.create("s2", "")
	fund(func(r *waymark.FundEscrowRequest) { r.Shipment = "s2" }, waymark.FailedPrecondition, waymark.ReasonNoArbiter)
}

func TestRefund(t *testing.T) {
	refund := waymark.EscrowRequest{Shipment: "s1"}
	s := newStory(t)
	s.fund()
	scenario.Refused(s.Consortium, s.as("retailer"), settlement.Refund, refund, waymark.FailedPrecondition, waymark.ReasonEscrow)
	scenario.Refused(s.Consortium, s.as("auditor"), settlement.Refund, refund, waymark.Forbidden, waymark.DefaultDeny)
	s.Now = scenario.Start.AddDate(0, 0, 30)
	p := scenario.Must(s.Consortium, s.as("retailer"), settlement.Refund, refund)
	if p.Settlement.Basis != waymark.BasisRefund || p.Settlement.Refunded != price {
		t.Errorf("refunded %+v", p)
	}
	s.wantBalances(0, 2*price)
	if again := scenario.Must(s.Consortium, s.as("producer"), settlement.Refund, refund); !reflect.DeepEqual(again, p) {
		t.Errorf("again %+v", again)
	}
	s.wantBalances(0, 2*price)
	s.bring(terms())
	scenario.Refused(s.Consortium, s.as("producer"), settlement.Settle, waymark.SettleRequest{Shipment: "s1"}, waymark.FailedPrecondition, waymark.ReasonEscrow)

	s = newStory(t)
	s.fund()
	s.deliver("", 500)
	s.Now = scenario.Start.AddDate(0, 0, 30)
	scenario.Refused(s.Consortium, s.as("retailer"), settlement.Refund, refund, waymark.FailedPrecondition, waymark.ReasonShipment)
}

// TestBrokenLedger: no rule goes on without an answer of the ledger.
func TestBrokenLedger(t *testing.T) {
	s := newStory(t)
	s.bring(terms())
	scenario.Sweep(s.Consortium, s.as("producer"), settlement.Propose, waymark.ProposeTermsRequest{Shipment: "s1"})
	hash := s.propose(terms())
	scenario.Sweep(s.Consortium, s.as("producer"), settlement.Terms, waymark.SettlementQuery{Shipment: "s1"})
	scenario.Sweep(s.Consortium, s.as("producer"), settlement.Purge, waymark.PurgeTermsRequest{Shipment: "s1"})
	scenario.Sweep(s.Consortium, s.as("producer"), settlement.Agree, waymark.AgreeTermsRequest{Shipment: "s1", SHA256: hash})
	s.agree()
	scenario.Sweep(s.Consortium, s.as("retailer"), settlement.Fund, s.fundRequest(price))
	s.fund()
	s.deliver("late", 500)
	scenario.Sweep(s.Consortium, s.as("producer"), settlement.Dispute, waymark.OpenDisputeRequest{Shipment: "s1", Reason: "broken"})
	scenario.Must(s.Consortium, s.as("producer"), settlement.Dispute, waymark.OpenDisputeRequest{Shipment: "s1", Reason: "broken"})
	scenario.Sweep(s.Consortium, s.as("producer"), settlement.AddEvidence, waymark.AddEvidenceRequest{Shipment: "s1", Number: 1,
		Item: waymark.EvidenceItem{Name: "window", Device: "logger-1", First: 1, Handoff: 1}})
	scenario.Sweep(s.Consortium, s.as("auditor"), settlement.Resolve, waymark.ResolveDisputeRequest{Shipment: "s1", Number: 1, Paid: 1, Refunded: price - 1, Words: "so"})
	scenario.Sweep(s.Consortium, s.as("producer"), settlement.Withdraw, waymark.WithdrawDisputeRequest{Shipment: "s1", Number: 1, Reason: "no"})
	scenario.Must(s.Consortium, s.as("producer"), settlement.Withdraw, waymark.WithdrawDisputeRequest{Shipment: "s1", Number: 1, Reason: "no"})
	scenario.Sweep(s.Consortium, s.as("auditor"), settlement.Get, waymark.SettlementQuery{Shipment: "s1"})
	s.Now = s.Now.Add(waymark.DefaultClaimWindow + time.Millisecond)
	s.bring(terms())
	scenario.Sweep(s.Consortium, s.as("producer"), settlement.Settle, waymark.SettleRequest{Shipment: "s1"})
	scenario.Must(s.Consortium, s.as("producer"), settlement.Settle, waymark.SettleRequest{Shipment: "s1"})
	scenario.Sweep(s.Consortium, s.as("producer"), settlement.Pay, waymark.EscrowRequest{Shipment: "s1"})

	s = newStory(t)
	s.fund()
	s.Now = s.Now.AddDate(0, 0, 30)
	scenario.Sweep(s.Consortium, s.as("retailer"), settlement.Refund, waymark.EscrowRequest{Shipment: "s1"})
}
