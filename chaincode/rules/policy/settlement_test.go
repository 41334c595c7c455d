package policy_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/account"
	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/policy"
	"github.com/waymark-ledger/waymark/chaincode/rules/settlement"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// disputedWorld has shipment s1 accepted by the retailer, which disputes it before the auditor.
func disputedWorld(t *testing.T) *scenario.Consortium {
	t.Helper()
	c := scenario.New(t)
	scenario.Must(c, c.As("producer", waymark.Operator), custody.Create, waymark.CreateShipmentRequest{ID: "s1", Consignee: "retailer", Arbiter: "auditor",
		Goods: c.Goods("producer", scenario.GTIN, "1")})
	scenario.Must(c, c.As("producer", waymark.Operator), custody.Offer, waymark.OfferHandoffRequest{Shipment: "s1", To: "retailer", ExpiresAt: c.Now.Add(time.Hour)})
	scenario.Must(c, c.As("retailer", waymark.Operator), custody.Accept, waymark.AcceptHandoffRequest{Shipment: "s1", Number: 1, Reservation: "dented"})
	scenario.Must(c, c.As("retailer", waymark.Operator), settlement.Dispute, waymark.OpenDisputeRequest{Shipment: "s1", Reason: "dented"})
	return c
}

// TestCheckOfMoneyAndSettlement: whoever may ask is told what the transaction decides.
func TestCheckOfMoneyAndSettlement(t *testing.T) {
	c := disputedWorld(t)
	notes, query := []string{"n1"}, waymark.SettlementQuery{Shipment: "s1"}
	currency := waymark.CurrencyQuery{Issuer: "carrier", Currency: "EUR"}
	transactions := map[waymark.Action]func(*scenario.Consortium, ledger.Caller) error{
		waymark.ActIssueMoney:    try(account.Issue, waymark.IssueRequest{ID: "i1", Currency: "EUR", To: "producer", Amount: 1}),
		waymark.ActTransferMoney: try(account.Transfer, waymark.TransferMoneyRequest{ID: "t1", Issuer: "carrier", Currency: "EUR", To: "producer", Amount: 1, Notes: notes}),
		waymark.ActRedeemMoney:   try(account.Redeem, waymark.RedeemRequest{ID: "r1", Currency: "EUR", Amount: 1, Notes: notes}),
		waymark.ActReadAccount:   try(account.Notes, waymark.NotesQuery{Issuer: "carrier", Currency: "EUR"}),
		waymark.ActReadCurrency:  try(account.Currency, currency),

		waymark.ActAgreeOnTerms: try(settlement.Agree, waymark.AgreeTermsRequest{Shipment: "s1", SHA256: strings.Repeat("0f", 32)}),
		waymark.ActReadTerms:    try(settlement.Terms, query),
		waymark.ActFundEscrow: try(settlement.Fund, waymark.FundEscrowRequest{Shipment: "s1", Issuer: "carrier", Currency: "EUR", Amount: 1, Notes: notes,
			RefundAfter: c.Now.Add(time.Hour)}),
		waymark.ActSettleEscrow:    try(settlement.Pay, waymark.EscrowRequest{Shipment: "s1"}),
		waymark.ActReadSettlement:  try(settlement.Get, query),
		waymark.ActOpenDispute:     try(settlement.Dispute, waymark.OpenDisputeRequest{Shipment: "s1", Reason: "another"}),
		waymark.ActAddEvidence:     try(settlement.AddEvidence, waymark.AddEvidenceRequest{Shipment: "s1", Number: 1, Item: waymark.EvidenceItem{Name: "x", Handoff: 1}}),
		waymark.ActWithdrawDispute: try(settlement.Withdraw, waymark.WithdrawDisputeRequest{Shipment: "s1", Number: 1, Reason: "no"}),
		waymark.ActResolveDispute:  try(settlement.Resolve, waymark.ResolveDisputeRequest{Shipment: "s1", Number: 1, Words: "so"}),
	}
	for _, member := range []string{"producer", "carrier", "retailer", "auditor"} {
		for _, role := range waymark.Roles() {
			for action, transaction := range transactions {
				by := c.As(member, role)
				d := scenario.Must(c, by, policy.Check, waymark.CheckRequest{Action: action, Member: member, Shipment: "s1"})
				err := transaction(c, by)
				forbidden := waymark.CodeOf(err) == waymark.Forbidden
				if d.Allowed == forbidden || forbidden && !slices.Equal(waymark.AsError(err).Reasons, d.Reasons) {
					t.Errorf("%s of %s, %s: the check says %+v, the transaction %v", role, member, action, d, err)
				}
			}
		}
	}
}
