package contract_test

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// salt is that of all terms in the world.
var salt = strings.Repeat("5a", 32)

// bring has the next calls of a transaction bring the terms of a shipment.
func (w *world) bring(name waymark.Transaction, shipment string) {
	w.t.Helper()
	encoded, err := json.Marshal(waymark.Terms{Shipment: shipment, Salt: salt, Issuer: "carrier", Currency: "EUR", Digits: 2, Units: 10, Price: 10})
	if err != nil {
		w.t.Fatal(err)
	}
	w.terms[name] = encoded
}

// settlements makes a shipment at each stage of its settlement, from producer to retailer
// with the auditor as arbiter and money of the carrier:
//
//	q1 has no terms, q2 has proposed ones, q3 agreed ones
//	q4 is funded and accepted, q5 is settled and not paid out, q6 was never accepted
//	q7 is accepted with a reservation, q8 is disputed
func (w *world) settlements() {
	w.t.Helper()
	for _, id := range []string{"q1", "q2", "q3", "q4", "q5", "q6", "q7", "q8"} {
		w.must("producer", waymark.Operator, waymark.GoodsCommission, waymark.CommissionRequest{Items: []string{item(id)}})
		w.must("producer", waymark.Operator, waymark.ShipmentsCreate, waymark.CreateShipmentRequest{ID: id, Consignee: "retailer", Arbiter: "auditor",
			Goods: []waymark.Line{{ID: item(id)}}, Conditions: []waymark.Condition{}})
	}
	w.proposed = w.propose("q2")
	for _, id := range []string{"q3", "q4", "q5", "q6", "q8"} {
		hash := w.propose(id)
		for _, party := range []string{"producer", "retailer"} {
			w.must(party, waymark.Operator, waymark.SettlementAgree, waymark.AgreeTermsRequest{Shipment: id, SHA256: hash})
		}
	}
	for id, refundAfter := range map[string]time.Time{"q4": w.later, "q5": w.later, "q6": w.now.Add(time.Second), "q8": w.later} {
		w.must("retailer", waymark.Operator, waymark.SettlementFund, waymark.FundEscrowRequest{Shipment: id, Issuer: "carrier", Currency: "EUR",
			Amount: 100, Notes: []string{w.issue("for-"+id, "retailer")}, RefundAfter: refundAfter})
	}
	w.notes = map[string]string{"retailer": w.issue("i1", "retailer"), "carrier": w.issue("i2", "carrier")}
	for id, reservation := range map[string]string{"q4": "", "q5": "", "q7": "a dent", "q8": "a dent"} {
		w.must("producer", waymark.Operator, waymark.ShipmentsOffer, waymark.OfferHandoffRequest{Shipment: id, To: "retailer", ExpiresAt: w.later})
		w.must("retailer", waymark.Operator, waymark.ShipmentsAccept, waymark.AcceptHandoffRequest{Shipment: id, Number: 1, Reservation: reservation})
	}
	w.bring(waymark.SettlementSettle, "q5")
	w.must("producer", waymark.Operator, waymark.SettlementSettle, waymark.SettleRequest{Shipment: "q5"})
	w.must("retailer", waymark.Operator, waymark.SettlementDispute, waymark.OpenDisputeRequest{Shipment: "q8", Reason: "because"})
	w.now = w.now.Add(time.Second)
	w.bring(waymark.SettlementPropose, "q1")
	w.bring(waymark.SettlementSettle, "q4")
}

// propose proposes the terms of a shipment and returns their hash.
func (w *world) propose(shipment string) string {
	w.t.Helper()
	w.bring(waymark.SettlementPropose, shipment)
	var stored waymark.StoredTerms
	if err := json.Unmarshal(w.must("producer", waymark.Operator, waymark.SettlementPropose, waymark.ProposeTermsRequest{Shipment: shipment}), &stored); err != nil {
		w.t.Fatal(err)
	}
	return stored.SHA256
}

// issue has the carrier issue a note of 100 and returns its id.
func (w *world) issue(id, to string) string {
	w.t.Helper()
	w.tx++ // the id of a note is of its transaction
	var p waymark.Payment
	if err := json.Unmarshal(w.must("carrier", waymark.Operator, waymark.AccountsIssue, waymark.IssueRequest{ID: id, Currency: "EUR", Digits: 2, To: to, Amount: 100}), &p); err != nil {
		w.t.Fatal(err)
	}
	return p.Made[0].ID
}

func (w *world) settlementCalls() map[waymark.Transaction]call {
	retailer, carrier := []string{w.notes["retailer"]}, []string{w.notes["carrier"]}
	hash := strings.Repeat("0f", 32)
	return map[waymark.Transaction]call{
		waymark.AccountsIssue:    {"carrier", waymark.Operator, waymark.IssueRequest{ID: "i9", Currency: "EUR", Digits: 2, To: "retailer", Amount: 5, Reference: "order-1"}, nil},
		waymark.AccountsTransfer: {"retailer", waymark.Operator, waymark.TransferMoneyRequest{ID: "t9", Issuer: "carrier", Currency: "EUR", To: "producer", Amount: 5, Notes: retailer, Reference: "order-1"}, nil},
		waymark.AccountsRedeem:   {"carrier", waymark.Operator, waymark.RedeemRequest{ID: "r9", Currency: "EUR", Amount: 5, Notes: carrier, Reference: "order-1"}, nil},
		waymark.AccountsCurrency: {"auditor", waymark.Viewer, waymark.CurrencyQuery{Issuer: "carrier", Currency: "EUR"}, nil},
		waymark.AccountsNotes:    {"retailer", waymark.Viewer, waymark.NotesQuery{Issuer: "carrier", Currency: "EUR", Limit: 2, Cursor: "0"}, nil},
		waymark.AccountsPayment:  {"carrier", waymark.Viewer, waymark.PaymentQuery{ID: "i1"}, nil},

		waymark.SettlementPropose: {"producer", waymark.Operator, waymark.ProposeTermsRequest{Shipment: "q1"}, nil},
		waymark.SettlementAgree:   {"producer", waymark.Operator, waymark.AgreeTermsRequest{Shipment: "q2", SHA256: w.proposed}, nil},
		waymark.SettlementPurge:   {"producer", waymark.Operator, waymark.PurgeTermsRequest{Shipment: "q2"}, nil},
		waymark.SettlementTerms:   {"producer", waymark.Viewer, waymark.SettlementQuery{Shipment: "q2"}, nil},
		waymark.SettlementFund: {"retailer", waymark.Operator, waymark.FundEscrowRequest{Shipment: "q3", Issuer: "carrier", Currency: "EUR", Amount: 60,
			Notes: retailer, RefundAfter: w.later, Reference: "order-1"}, nil},
		waymark.SettlementSettle:  {"producer", waymark.Operator, waymark.SettleRequest{Shipment: "q4"}, nil},
		waymark.SettlementPay:     {"producer", waymark.Operator, waymark.EscrowRequest{Shipment: "q5"}, nil},
		waymark.SettlementRefund:  {"retailer", waymark.Operator, waymark.EscrowRequest{Shipment: "q6"}, nil},
		waymark.SettlementDispute: {"retailer", waymark.Operator, waymark.OpenDisputeRequest{Shipment: "q7", Reason: "because"}, nil},
		waymark.SettlementAddEvidence: {"producer", waymark.Operator, waymark.AddEvidenceRequest{Shipment: "q8", Number: 1, Item: waymark.EvidenceItem{
			Name: "photo.jpg", SHA256: hash, TxID: hash, Device: "logger-1", First: 1, Handoff: 1}}, nil},
		waymark.SettlementWithdraw: {"retailer", waymark.Operator, waymark.WithdrawDisputeRequest{Shipment: "q8", Number: 1, Reason: "because"}, nil},
		waymark.SettlementResolve:  {"auditor", waymark.Operator, waymark.ResolveDisputeRequest{Shipment: "q8", Number: 1, Paid: 60, Refunded: 40, Words: "because"}, nil},
		waymark.SettlementGet:      {"producer", waymark.Viewer, waymark.SettlementQuery{Shipment: "q8"}, nil},
	}
}
