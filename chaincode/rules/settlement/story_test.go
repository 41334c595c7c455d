package settlement_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/account"
	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/settlement"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// price is what is agreed for all units of the story's shipment.
const price = 250000

// story is a shipment s1 from producer to retailer with the auditor as arbiter, witnessed by
// logger-1, and a retailer with one note of twice its price, issued by the carrier.
type story struct {
	*scenario.Consortium
	logger *scenario.Device
	note   string
	leg    uint64
}

func newStory(t testing.TB) *story {
	t.Helper()
	s := &story{Consortium: scenario.New(t)}
	s.logger = s.Device("logger-1", "producer")
	s.create("s1", "auditor")
	scenario.Must(s.Consortium, s.as("producer"), custody.Attach, waymark.AttachDeviceRequest{Shipment: "s1", Device: "logger-1"})
	s.note = scenario.Must(s.Consortium, s.as("carrier"), account.Issue, waymark.IssueRequest{ID: "i1", Currency: "EUR", Digits: 2, To: "retailer", Amount: 2 * price}).Made[0].ID
	return s
}

func (s *story) create(id, arbiter string) {
	s.T.Helper()
	scenario.Must(s.Consortium, s.as("producer"), custody.Create, waymark.CreateShipmentRequest{ID: id, Consignee: "retailer", Arbiter: arbiter,
		Goods:      s.Goods("producer", scenario.GTIN, id),
		Conditions: []waymark.Condition{{ID: "temperature", Name: "temperature", Unit: "Cel", Minimum: "2", Maximum: "10"}}})
}

func (s *story) as(member string) ledger.Caller { return s.As(member, waymark.Operator) }

// terms are the example of the vectors: 5,000 units at 0.50, and penalties.
func terms() waymark.Terms {
	return waymark.Terms{Shipment: "s1", Salt: strings.Repeat("5a", 32), Issuer: "carrier", Currency: "EUR", Digits: 2, Units: 5000, Price: 50,
		Conditions: []waymark.ConditionPenalty{{Condition: "temperature", Side: waymark.Below, PerUnitDegree: 20},
			{Condition: "temperature", Side: waymark.Above, PerUnitDegree: 10}}}
}

// bring has the next transactions bring terms.
func (s *story) bring(t waymark.Terms) {
	s.T.Helper()
	encoded, err := json.Marshal(t)
	if err != nil {
		s.T.Fatal(err)
	}
	s.Terms = encoded
}

// propose proposes terms and returns their hash.
func (s *story) propose(t waymark.Terms) string {
	s.T.Helper()
	s.bring(t)
	return scenario.Must(s.Consortium, s.as("producer"), settlement.Propose, waymark.ProposeTermsRequest{Shipment: t.Shipment}).SHA256
}

// agree has both parties agree on the story's terms.
func (s *story) agree() {
	s.T.Helper()
	s.agreeOn(terms())
}

// agreeOn has both parties agree on terms.
func (s *story) agreeOn(t waymark.Terms) {
	s.T.Helper()
	hash := s.propose(t)
	for _, party := range []string{"producer", "retailer"} {
		scenario.Must(s.Consortium, s.as(party), settlement.Agree, waymark.AgreeTermsRequest{Shipment: "s1", SHA256: hash})
	}
}

func (s *story) fundRequest(amount int64) waymark.FundEscrowRequest {
	return waymark.FundEscrowRequest{Shipment: "s1", Issuer: "carrier", Currency: "EUR", Amount: amount, Notes: []string{s.note},
		RefundAfter: scenario.Start.AddDate(0, 0, 30), Reference: "order-7"}
}

// fund agrees and funds the escrow with the price.
func (s *story) fund() {
	s.T.Helper()
	s.agree()
	scenario.Must(s.Consortium, s.as("retailer"), settlement.Fund, s.fundRequest(price))
}

// handOver moves custody, with a reservation if it is not empty.
func (s *story) handOver(from, to, reservation string) {
	s.T.Helper()
	s.accept(from, to, waymark.AcceptHandoffRequest{Reservation: reservation})
}

// accept moves custody by an acceptance.
func (s *story) accept(from, to string, r waymark.AcceptHandoffRequest) {
	s.T.Helper()
	s.leg++
	r.Shipment, r.Number = "s1", s.leg
	scenario.Must(s.Consortium, s.as(from), custody.Offer, waymark.OfferHandoffRequest{Shipment: "s1", To: to, ExpiresAt: s.Now.Add(time.Hour)})
	scenario.Must(s.Consortium, s.as(to), custody.Accept, r)
}

// deliver has the logger measure, and the retailer accept.
func (s *story) deliver(reservation string, centiCelsius ...int64) {
	s.T.Helper()
	s.Record(s.logger.Pack(centiCelsius...))
	s.handOver("producer", "retailer", reservation)
}

// settle settles by the agreed terms and pays out.
func (s *story) settle() *waymark.Payout {
	s.T.Helper()
	s.bring(terms())
	scenario.Must(s.Consortium, s.as("producer"), settlement.Settle, waymark.SettleRequest{Shipment: "s1"})
	return scenario.Must(s.Consortium, s.as("producer"), settlement.Pay, waymark.EscrowRequest{Shipment: "s1"})
}

// balance is what a member's notes hold.
func (s *story) balance(member string) int64 {
	s.T.Helper()
	notes := scenario.Must(s.Consortium, s.As(member, waymark.Viewer), account.Notes, waymark.NotesQuery{Issuer: "carrier", Currency: "EUR"})
	sum := int64(0)
	for _, n := range notes.Notes {
		sum += n.Amount
	}
	return sum
}

func (s *story) wantBalances(producer, retailer int64) {
	s.T.Helper()
	if p, r := s.balance("producer"), s.balance("retailer"); p != producer || r != retailer {
		s.T.Errorf("the producer has %d and the retailer %d, want %d and %d", p, r, producer, retailer)
	}
}
