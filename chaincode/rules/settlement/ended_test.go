package settlement_test

import (
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/settlement"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Of a shipment that is void the payer has its money back at once.
func TestWhatIsVoidIsRefunded(t *testing.T) {
	s := newStory(t)
	s.agree()
	s.fund()
	refund := waymark.EscrowRequest{Shipment: "s1"}
	scenario.Refused(s.Consortium, s.as("retailer"), settlement.Refund, refund, waymark.FailedPrecondition, waymark.ReasonEscrow)
	scenario.Must(s.Consortium, s.as("producer"), custody.Void, waymark.VoidShipmentRequest{Shipment: "s1", Reason: "sold out"})
	if p := scenario.Must(s.Consortium, s.as("retailer"), settlement.Refund, refund); p.Settlement.Refunded != p.Escrow.Amount || p.Settlement.Basis != waymark.BasisRefund {
		t.Errorf("refunded %+v", p)
	}
}

// A draft may still become another: nothing is agreed about it.
func TestNoTermsOfADraft(t *testing.T) {
	s := newStory(t)
	scenario.Must(s.Consortium, s.as("producer"), custody.Create, waymark.CreateShipmentRequest{ID: "s2", Consignee: "retailer", Arbiter: "auditor", Draft: true,
		Goods:      s.Goods("producer", scenario.GTIN, "s2"),
		Conditions: []waymark.Condition{{Name: "temperature", Unit: "Cel", Minimum: "2", Maximum: "10"}}})
	of := terms()
	of.Shipment = "s2"
	s.bring(of)
	scenario.Refused(s.Consortium, s.as("producer"), settlement.Propose, waymark.ProposeTermsRequest{Shipment: "s2"}, waymark.FailedPrecondition, waymark.ReasonShipment)
}

// TestWhatReturnedIsRefunded, and what was only refused is not.
func TestWhatReturnedIsRefunded(t *testing.T) {
	s := newStory(t)
	refund := waymark.EscrowRequest{Shipment: "s1"}
	s.fund()
	s.handOver("producer", "carrier", "unseen")
	s.leg++
	scenario.Must(s.Consortium, s.as("carrier"), custody.Offer, waymark.OfferHandoffRequest{Shipment: "s1", To: "retailer", ExpiresAt: s.Now.Add(time.Hour)})
	scenario.Must(s.Consortium, s.as("retailer"), custody.Reject, waymark.EndHandoffRequest{Shipment: "s1", Number: s.leg, Reason: "not ordered"})
	scenario.Refused(s.Consortium, s.as("retailer"), settlement.Refund, refund, waymark.FailedPrecondition, waymark.ReasonEscrow)
	s.handOver("carrier", "producer", "unseen")
	scenario.Must(s.Consortium, s.as("retailer"), settlement.Refund, refund)
	s.wantBalances(0, 2*price)
}
