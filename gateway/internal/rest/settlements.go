package rest

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/settlement"
)

// The bodies of what names a shipment in the path.

// termsBody is terms without their shipment. A gateway adds the salt.
type termsBody struct {
	Issuer     string                     `json:"issuer"`
	Currency   string                     `json:"currency"`
	Digits     int                        `json:"digits,omitempty"`
	Units      int64                      `json:"units"`
	Price      int64                      `json:"price"`
	Conditions []waymark.ConditionPenalty `json:"conditions,omitempty"`
	Exceptions []waymark.ExceptionPenalty `json:"exceptions,omitempty"`
	Late       *waymark.LatePenalty       `json:"late,omitempty"`
	Salt       string                     `json:"salt,omitempty"` // 64 lower-case hexadecimal digits
}

// agreementBody agrees to the terms with a hash.
type agreementBody struct {
	SHA256 string `json:"sha256"`
}

// fundingBody puts money into escrow.
type fundingBody struct {
	Issuer      string    `json:"issuer"`
	Currency    string    `json:"currency"`
	Amount      int64     `json:"amount"`
	Notes       []string  `json:"notes"`
	RefundAfter time.Time `json:"refund_after"`
	Reference   string    `json:"reference,omitempty"`
}

// resolutionBody splits what is in escrow.
type resolutionBody struct {
	Paid     int64  `json:"paid"`
	Refunded int64  `json:"refunded"`
	Words    string `json:"words"`
}

// settlementRoutes are about what a shipment is paid.
func settlementRoutes() []route {
	return append(termsRoutes(), escrowRoutes()...)
}

func termsRoutes() []route {
	const terms = "/v1/shipments/{id}/terms"
	return []route{
		settles(route{
			method: http.MethodPut, path: terms, id: "proposeTerms", tag: tagSettlement,
			summary: "Give both parties of a shipment its private terms, where the penalty of an exception is once for each, of a lot whatever quantity it is about; the transaction is empty if both hold them already",
			body:    termsBody{}, result: waymark.StoredTerms{},
			doc: documented{
				rules: []waymark.Transaction{waymark.SettlementPropose},
				about: "The body is the terms, which the gateway brings as transient data, with a salt if there is none.",
			},
		}, func(p path, b termsBody) waymark.Terms { return b.of(p.id) }, (*settlement.Settler).Propose),
		evaluates(route{
			method: http.MethodGet, path: terms, id: "getTerms", tag: tagSettlement,
			summary: "The terms of a shipment, as the caller's member holds them",
		}, waymark.SettlementTerms, waymark.TermsView{}, settlementQuery),
		submits(route{
			method: http.MethodPost, path: terms + "/agree", id: "agreeToTerms", tag: tagSettlement,
			summary: "Agree to the terms with a hash",
		}, waymark.SettlementAgree, waymark.Agreement{}, func(p path, b agreementBody) waymark.AgreeTermsRequest {
			return waymark.AgreeTermsRequest{Shipment: p.id, SHA256: b.SHA256}
		}, nil),
		settles(route{
			method: http.MethodPost, path: terms + "/purge", id: "purgeTerms", tag: tagSettlement,
			summary: "Remove the caller's member's copy of the terms for good; the transaction is empty if there is none",
			result:  waymark.StoredTerms{},
			doc:     documented{rules: []waymark.Transaction{waymark.SettlementPurge}},
		}, func(p path, _ noBody) waymark.PurgeTermsRequest { return waymark.PurgeTermsRequest{Shipment: p.id} }, (*settlement.Settler).Purge),
	}
}

func escrowRoutes() []route {
	const escrow = "/v1/shipments/{id}/escrow"
	return []route{
		evaluates(route{
			method: http.MethodGet, path: "/v1/shipments/{id}/settlement", id: "getSettlement", tag: tagSettlement,
			summary: "The agreement, escrow, settlement and disputes of a shipment",
		}, waymark.SettlementGet, waymark.SettlementView{}, settlementQuery),
		submits(route{
			method: http.MethodPost, path: escrow, id: "fundEscrow", tag: tagSettlement,
			summary: "Put money of the payer into the escrow of a shipment",
		}, waymark.SettlementFund, waymark.Escrow{}, func(p path, b fundingBody) waymark.FundEscrowRequest {
			return waymark.FundEscrowRequest{Shipment: p.id, Issuer: b.Issuer, Currency: b.Currency, Amount: b.Amount, Notes: b.Notes,
				RefundAfter: b.RefundAfter, Reference: b.Reference}
		}, func(q waymark.FundEscrowRequest, _ json.RawMessage) string {
			return shipmentLocation(q.Shipment) + "/settlement"
		}),
		settles(route{
			method: http.MethodPost, path: escrow + "/settle", id: "settleEscrow", tag: tagSettlement,
			summary: "Settle an escrow by the terms and pay it out",
			result:  waymark.Payout{},
			doc: documented{
				rules: []waymark.Transaction{waymark.SettlementSettle, waymark.SettlementPay},
				about: "Two transactions, one after the other: the gateway brings the terms, as its own member holds them, as transient data.",
			},
		}, func(p path, _ noBody) waymark.SettleRequest { return waymark.SettleRequest{Shipment: p.id} }, (*settlement.Settler).Settle),
		bodiless(submits(route{
			method: http.MethodPost, path: escrow + "/refund", id: "refundEscrow", tag: tagSettlement,
			summary: "Give the payer its money back, of a shipment that was not accepted",
		}, waymark.SettlementRefund, waymark.Payout{}, func(p path, _ noBody) waymark.EscrowRequest {
			return waymark.EscrowRequest{Shipment: p.id}
		}, nil)),
	}
}

// disputeRoutes are about disputes of shipments.
func disputeRoutes() []route {
	const at = "/v1/shipments/{id}/disputes"
	return []route{
		submits(route{
			method: http.MethodPost, path: at, id: "openDispute", tag: tagSettlement,
			summary: "Dispute a shipment, which holds its goods and freezes its escrow",
		}, waymark.SettlementDispute, waymark.Dispute{}, func(p path, b disputeBody) waymark.OpenDisputeRequest {
			return waymark.OpenDisputeRequest{Shipment: p.id, Reason: b.Reason}
		}, func(q waymark.OpenDisputeRequest, _ json.RawMessage) string {
			return shipmentLocation(q.Shipment) + "/settlement"
		}),
		submits(route{
			method: http.MethodPost, path: at + "/{number}/evidence", id: "addEvidence", tag: tagSettlement,
			summary: "Add evidence to an open dispute",
		}, waymark.SettlementAddEvidence, waymark.Dispute{}, func(p path, b evidenceBody) waymark.AddEvidenceRequest {
			return waymark.AddEvidenceRequest{Shipment: p.id, Number: p.number, Item: waymark.EvidenceItem(b)}
		}, nil),
		submits(route{
			method: http.MethodPost, path: at + "/{number}/withdraw", id: "withdrawDispute", tag: tagSettlement,
			summary: "Withdraw a dispute that the caller's member opened",
		}, waymark.SettlementWithdraw, waymark.Dispute{}, func(p path, b disputeBody) waymark.WithdrawDisputeRequest {
			return waymark.WithdrawDisputeRequest{Shipment: p.id, Number: p.number, Reason: b.Reason}
		}, nil),
		submits(route{
			method: http.MethodPost, path: at + "/{number}/resolve", id: "resolveDispute", tag: tagSettlement,
			summary: "Resolve a dispute by a split of the escrow, which is paid out",
		}, waymark.SettlementResolve, waymark.Dispute{}, func(p path, b resolutionBody) waymark.ResolveDisputeRequest {
			return waymark.ResolveDisputeRequest{Shipment: p.id, Number: p.number, Paid: b.Paid, Refunded: b.Refunded, Words: b.Words}
		}, nil),
	}
}

// evidenceBody is a piece of evidence.
type evidenceBody struct {
	Name    string `json:"name"` // what the piece of evidence is called
	SHA256  string `json:"sha256,omitempty"`
	TxID    string `json:"tx_id,omitempty"`
	Device  string `json:"device,omitempty"`
	First   uint64 `json:"first,omitempty"` // number of the first message of a window
	Handoff uint64 `json:"handoff,omitempty"`
}

func settlementQuery(p path) waymark.SettlementQuery { return waymark.SettlementQuery{Shipment: p.id} }

// of are the terms of a shipment.
func (b termsBody) of(shipment string) waymark.Terms {
	return waymark.Terms{Shipment: shipment, Salt: b.Salt, Issuer: b.Issuer, Currency: b.Currency, Digits: b.Digits, Units: b.Units, Price: b.Price,
		Conditions: b.Conditions, Exceptions: b.Exceptions, Late: b.Late}
}

// settles completes a route whose transactions bring private terms. What is in them is checked
// by the settler, which completes them. B is the body; request makes what is asked for of it.
func settles[B, Q any](r route, request func(path, B) Q, do func(*settlement.Settler, context.Context, ledger.Journal, ledger.Identity, Q) (ledger.Committed, error)) route {
	r.write = true
	r.doc.asked = func(p path) any { return request(p, *new(B)) }
	r.serve = func(s *service, c *gin.Context) error {
		p, err := parsePath(c.Params)
		if err != nil {
			return err
		}
		body, data, err := bodyOf[B](s, c)
		if err != nil {
			return err
		}
		as := exchangeOf(c).caller.Identity
		return s.write(c, r, data, nil, func(ctx context.Context, j ledger.Journal) (ledger.Committed, error) {
			return do(s.settler, ctx, j, as, request(p, body))
		})
	}
	return r
}
