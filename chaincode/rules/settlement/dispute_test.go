package settlement_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/hold"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/settlement"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

var opening = waymark.OpenDisputeRequest{Shipment: "s1", Reason: "the goods were warm"}

// disputed is a story in which the retailer disputes what it accepted with a reservation.
func disputed(t *testing.T) *story {
	t.Helper()
	s := newStory(t)
	s.fund()
	s.deliver("warm", 1100)
	scenario.Must(s.Consortium, s.as("retailer"), settlement.Dispute, opening)
	return s
}

// wantHold checks whether the goods are on hold for a dispute.
func (s *story) wantHold(want bool) {
	s.T.Helper()
	last, err := hold.Last(s.World.Begin(ledger.Tx{}), "s1", waymark.HoldDispute)
	if stands := last != nil && last.Lifted == nil; err != nil || stands != want {
		s.T.Errorf("the hold is %+v (%v)", last, err)
	}
}

func TestADisputeFreezesAndIsResolved(t *testing.T) {
	s := disputed(t)
	s.wantHold(true)
	s.Now = s.Now.AddDate(0, 0, 60)
	s.bring(terms())
	scenario.Refused(s.Consortium, s.as("producer"), settlement.Settle, waymark.SettleRequest{Shipment: "s1"}, waymark.FailedPrecondition, waymark.ReasonDisputeOpen)
	scenario.Refused(s.Consortium, s.as("retailer"), settlement.Refund, waymark.EscrowRequest{Shipment: "s1"}, waymark.FailedPrecondition, waymark.ReasonDisputeOpen)
	scenario.Refused(s.Consortium, s.as("producer"), settlement.Dispute, opening, waymark.FailedPrecondition, waymark.ReasonDisputeOpen)
	scenario.Refused(s.Consortium, s.as("producer"), settlement.Purge, waymark.PurgeTermsRequest{Shipment: "s1"}, waymark.FailedPrecondition, waymark.ReasonEscrow)
	if d := scenario.Must(s.Consortium, s.as("retailer"), settlement.Dispute, opening); d.Number != 1 {
		t.Errorf("opened again: %+v", d)
	}
	resolve := waymark.ResolveDisputeRequest{Shipment: "s1", Number: 1, Paid: 200000, Refunded: 50000, Words: "half of it was the pallet's fault"}
	for _, member := range []string{"producer", "retailer", "carrier"} {
		scenario.Refused(s.Consortium, s.as(member), settlement.Resolve, resolve, waymark.Forbidden, waymark.DefaultDeny)
	}
	for _, split := range [][2]int64{{price, 1}, {0, 0}, {1, 1}, {price + 1, 0}} {
		wrong := resolve
		wrong.Paid, wrong.Refunded = split[0], split[1]
		scenario.Refused(s.Consortium, s.as("auditor"), settlement.Resolve, wrong, waymark.FailedPrecondition, waymark.ReasonSplit)
	}
	d := scenario.Must(s.Consortium, s.as("auditor"), settlement.Resolve, resolve)
	s.wantBalances(200000, price+50000)
	s.wantHold(false)
	if again := scenario.Must(s.Consortium, s.as("auditor"), settlement.Resolve, resolve); !reflect.DeepEqual(again, d) || d.State != waymark.DisputeResolved {
		t.Errorf("resolved %+v, again %+v", d, again)
	}
	s.wantBalances(200000, price+50000)
	v := scenario.Must(s.Consortium, s.as("auditor"), settlement.Get, waymark.SettlementQuery{Shipment: "s1"})
	if v.Settlement.Basis != waymark.BasisArbiter || v.Escrow.State != waymark.EscrowPaid || len(v.Disputes) != 1 {
		t.Errorf("got %+v", v)
	}
	scenario.Refused(s.Consortium, s.as("producer"), settlement.Dispute, opening, waymark.FailedPrecondition, waymark.ReasonEscrow)
	scenario.Must(s.Consortium, s.as("producer"), settlement.Purge, waymark.PurgeTermsRequest{Shipment: "s1"})
}

func TestEvidence(t *testing.T) {
	s := disputed(t)
	add := func(member string, item waymark.EvidenceItem) *waymark.Dispute {
		return scenario.Must(s.Consortium, s.as(member), settlement.AddEvidence, waymark.AddEvidenceRequest{Shipment: "s1", Number: 1, Item: item})
	}
	photo := waymark.EvidenceItem{Name: "photo.jpg", SHA256: strings.Repeat("0f", 32)}
	add("retailer", photo)
	add("retailer", photo) // the same again changes nothing
	add("producer", photo) // and is the other's too
	add("producer", waymark.EvidenceItem{Name: "what the logger said", Device: "logger-1", First: 1})
	if d := add("producer", waymark.EvidenceItem{Name: "the handoff", Handoff: 1, TxID: strings.Repeat("ab", 32)}); len(d.Evidence) != 4 {
		t.Errorf("evidence %+v", d.Evidence)
	}
	refused := func(member string, item waymark.EvidenceItem, code waymark.Code, reason string) {
		t.Helper()
		scenario.Refused(s.Consortium, s.as(member), settlement.AddEvidence, waymark.AddEvidenceRequest{Shipment: "s1", Number: 1, Item: item}, code, reason)
	}
	refused("auditor", photo, waymark.Forbidden, waymark.DefaultDeny)
	refused("producer", waymark.EvidenceItem{Name: "x", Device: "logger-1", First: 2}, waymark.NotFound, "")
	refused("producer", waymark.EvidenceItem{Name: "x", Handoff: 2}, waymark.NotFound, "")
	refused("producer", waymark.EvidenceItem{Name: "x"}, waymark.Invalid, "")
	refused("producer", waymark.EvidenceItem{Name: "x", Device: "logger-1"}, waymark.Invalid, "")
	refused("producer", waymark.EvidenceItem{Name: "x", First: 1, Handoff: 1}, waymark.Invalid, "")
	scenario.Refused(s.Consortium, s.as("producer"), settlement.AddEvidence, waymark.AddEvidenceRequest{Shipment: "s1", Number: 2, Item: photo}, waymark.NotFound, "")
	for n := range waymark.MaxEvidence/2 - 3 {
		add("producer", waymark.EvidenceItem{Name: strings.Repeat("x", n+1), Handoff: 1})
	}
	refused("producer", waymark.EvidenceItem{Name: "one more", Handoff: 1}, waymark.FailedPrecondition, waymark.ReasonLimit)
	add("retailer", waymark.EvidenceItem{Name: "one more", Handoff: 1}) // it has its own share
}

func TestAWithdrawnDisputeSettles(t *testing.T) {
	s := disputed(t)
	withdraw := waymark.WithdrawDisputeRequest{Shipment: "s1", Number: 1, Reason: "a mistake"}
	for _, member := range []string{"producer", "auditor"} {
		scenario.Refused(s.Consortium, s.as(member), settlement.Withdraw, withdraw, waymark.Forbidden, waymark.DefaultDeny)
	}
	d := scenario.Must(s.Consortium, s.as("retailer"), settlement.Withdraw, withdraw)
	s.wantHold(false)
	if again := scenario.Must(s.Consortium, s.as("retailer"), settlement.Withdraw, withdraw); !reflect.DeepEqual(again, d) {
		t.Errorf("withdrawn again: %+v", again)
	}
	withdraw.Reason = "another"
	scenario.Refused(s.Consortium, s.as("retailer"), settlement.Withdraw, withdraw, waymark.FailedPrecondition, waymark.ReasonDisputeOpen)
	scenario.Refused(s.Consortium, s.as("auditor"), settlement.Resolve, waymark.ResolveDisputeRequest{Shipment: "s1", Number: 1, Paid: price, Words: "x"}, waymark.FailedPrecondition, waymark.ReasonDisputeOpen)
	s.Now = s.Now.Add(waymark.DefaultClaimWindow + time.Millisecond)
	s.settle()
	s.wantBalances(200000, price+50000)
}

func TestWhenADisputeCanBeOpened(t *testing.T) {
	s := newStory(t)
	s.fund()
	scenario.Refused(s.Consortium, s.as("producer"), settlement.Dispute, opening, waymark.FailedPrecondition, waymark.ReasonAccepted)
	s.deliver("", 500)
	for _, member := range []string{"carrier", "auditor"} {
		scenario.Refused(s.Consortium, s.as(member), settlement.Dispute, opening, waymark.Forbidden, waymark.DefaultDeny)
	}
	scenario.Refused(s.Consortium, s.as("retailer"), settlement.Dispute, opening, waymark.FailedPrecondition, waymark.ReasonClaimWindow)
	s.Now = s.Now.Add(24*time.Hour + time.Millisecond) // what is not settled by now somebody holds up
	scenario.Must(s.Consortium, s.as("producer"), settlement.Dispute, opening)

	s = newStory(t) // without escrow only in the claim window
	s.deliver("warm", 1100)
	scenario.Must(s.Consortium, s.as("retailer"), settlement.Dispute, opening)
	resolve := waymark.ResolveDisputeRequest{Shipment: "s1", Number: 1, Words: "so be it"}
	resolve.Paid = 1
	scenario.Refused(s.Consortium, s.as("auditor"), settlement.Resolve, resolve, waymark.FailedPrecondition, waymark.ReasonSplit)
	resolve.Paid = 0
	scenario.Must(s.Consortium, s.as("auditor"), settlement.Resolve, resolve)
	scenario.Must(s.Consortium, s.as("retailer"), settlement.Dispute, opening)
	scenario.Must(s.Consortium, s.as("retailer"), settlement.Withdraw, waymark.WithdrawDisputeRequest{Shipment: "s1", Number: 2, Reason: "enough"})
	s.Now = s.Now.AddDate(0, 0, 60)
	scenario.Refused(s.Consortium, s.as("retailer"), settlement.Dispute, opening, waymark.FailedPrecondition, waymark.ReasonClaimWindow)
}
