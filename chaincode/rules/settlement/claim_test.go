package settlement_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/settlement"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

var (
	settling = waymark.SettleRequest{Shipment: "s1"}
	damaged  = waymark.Exception{Goods: waymark.Item(scenario.GTIN, "s1").String(), Reason: waymark.ExceptionDamaged}
)

// damagedStory is one in which what is damaged costs all, funded.
func damagedStory(t *testing.T) *story {
	t.Helper()
	s := newStory(t)
	priced := terms()
	priced.Exceptions = []waymark.ExceptionPenalty{{Reason: waymark.ExceptionDamaged, Each: price}}
	s.agreeOn(priced)
	scenario.Must(s.Consortium, s.as("retailer"), settlement.Fund, s.fundRequest(price))
	s.Record(s.logger.Pack(500))
	return s
}

func (s *story) notSettledBy(member string) {
	s.T.Helper()
	scenario.Refused(s.Consortium, s.as(member), settlement.Settle, settling, waymark.FailedPrecondition, waymark.ReasonClaimWindow)
}

func (s *story) withdrawn(member string, number uint64) {
	s.T.Helper()
	scenario.Must(s.Consortium, s.as(member), settlement.Withdraw, waymark.WithdrawDisputeRequest{Shipment: "s1", Number: number, Reason: "x"})
}

// TestAWaiverIsOfOnesOwnClaims: the payer does not end the time in which the payee disputes
// what it reserved.
func TestAWaiverIsOfOnesOwnClaims(t *testing.T) {
	s := damagedStory(t)
	s.accept("producer", "retailer", waymark.AcceptHandoffRequest{Exceptions: []waymark.Exception{damaged}})
	s.notSettledBy("producer")
	scenario.Must(s.Consortium, s.as("retailer"), custody.WaiveClaim, waymark.WaiveClaimRequest{Shipment: "s1", Number: 1, Reason: "x"})
	s.notSettledBy("retailer")
	scenario.Refused(s.Consortium, s.as("retailer"), settlement.Dispute, opening, waymark.FailedPrecondition, waymark.ReasonClaimWindow)
	scenario.Must(s.Consortium, s.as("producer"), settlement.Dispute, opening)
	s.withdrawn("producer", 1)
	s.notSettledBy("producer") // the other may still make of it what it wants
	s.Now = s.Now.Add(24*time.Hour + time.Millisecond)
	scenario.Must(s.Consortium, s.as("producer"), settlement.Settle, settling) // asking is consent, and the payer has waived
}

// TestAnEarlierLegIsDisputedAtItsEnd: a journey longer than the window takes nobody's claims away.
func TestAnEarlierLegIsDisputedAtItsEnd(t *testing.T) {
	s := damagedStory(t)
	s.accept("producer", "carrier", waymark.AcceptHandoffRequest{Exceptions: []waymark.Exception{damaged}})
	s.Now = s.Now.Add(waymark.DefaultClaimWindow + time.Hour)
	s.Record(s.logger.Pack(500))
	s.accept("carrier", "retailer", waymark.AcceptHandoffRequest{})
	s.notSettledBy("retailer")
	scenario.Must(s.Consortium, s.as("producer"), settlement.Dispute, opening)
}

// TestWhoTurnedGoodsAwayMakesThemLate, and pays all the same if the arbiter finds that they were in
// time: the payee has a window to say so, though the goods were accepted without a word.
func TestWhoTurnedGoodsAwayMakesThemLate(t *testing.T) {
	for name, turnAway := range map[string]func(*story){
		"by rejecting them": func(s *story) {
			scenario.Must(s.Consortium, s.as("retailer"), custody.Reject, waymark.EndHandoffRequest{Shipment: "s1", Number: 1, Reason: "not today"})
		},
		"by no answer": func(s *story) { s.Now = s.Now.Add(time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newStory(t)
			late := terms()
			late.Late = &waymark.LatePenalty{Due: s.Now.Add(time.Hour), Forfeits: true}
			s.agreeOn(late)
			scenario.Must(s.Consortium, s.as("retailer"), settlement.Fund, s.fundRequest(price))
			scenario.Must(s.Consortium, s.as("producer"), custody.Offer, waymark.OfferHandoffRequest{Shipment: "s1", To: "retailer", ExpiresAt: s.Now.Add(time.Hour)})
			turnAway(s)
			s.Now = s.Now.Add(2 * time.Hour)
			s.Record(s.logger.Pack(500))
			s.leg = 1
			s.accept("producer", "retailer", waymark.AcceptHandoffRequest{})
			s.notSettledBy("retailer")
			scenario.Refused(s.Consortium, s.as("retailer"), settlement.Dispute, opening, waymark.FailedPrecondition, waymark.ReasonClaimWindow)
			scenario.Must(s.Consortium, s.as("producer"), settlement.Dispute, opening)
			s.withdrawn("producer", 1)
			s.Now = s.Now.Add(waymark.DefaultClaimWindow + time.Second)
			scenario.Must(s.Consortium, s.as("retailer"), settlement.Settle, settling)
		})
	}
}

// TestAWithdrawnDisputeTakesNoTime: who keeps the one open dispute until the window is over
// leaves the other a day.
func TestAWithdrawnDisputeTakesNoTime(t *testing.T) {
	s := damagedStory(t)
	s.accept("producer", "retailer", waymark.AcceptHandoffRequest{Exceptions: []waymark.Exception{damaged}})
	scenario.Must(s.Consortium, s.as("retailer"), settlement.Dispute, opening)
	s.Now = s.Now.Add(waymark.DefaultClaimWindow + time.Hour)
	s.withdrawn("retailer", 1)
	s.notSettledBy("retailer")
	scenario.Refused(s.Consortium, s.as("retailer"), settlement.Dispute, opening, waymark.FailedPrecondition, waymark.ReasonClaimWindow)
	scenario.Must(s.Consortium, s.as("producer"), settlement.Dispute, opening)
}

// TestEachPartyHasItsDisputes: neither uses up those of the other.
func TestEachPartyHasItsDisputes(t *testing.T) {
	s := newStory(t)
	s.fund()
	s.deliver("warm", 1100)
	for n := range uint64(waymark.MaxDisputes / 2) {
		again := waymark.OpenDisputeRequest{Shipment: "s1", Reason: fmt.Sprint("for the ", n)}
		scenario.Must(s.Consortium, s.as("retailer"), settlement.Dispute, again)
		s.withdrawn("retailer", n+1)
	}
	scenario.Refused(s.Consortium, s.as("retailer"), settlement.Dispute, opening, waymark.FailedPrecondition, waymark.ReasonLimit)
	scenario.Must(s.Consortium, s.as("producer"), settlement.Dispute, opening)
}
