package rest

import (
	"net/http"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// accountRoutes are about money. The issuer is the member in the path.
func accountRoutes() []route {
	const at = "/v1/members/{id}/currencies/{currency}"
	return []route{
		submits(route{
			method: http.MethodPost, path: "/v1/payments:issue", id: "issueMoney", tag: tagMoney,
			summary: "Make money of the caller's member",
		}, waymark.AccountsIssue, waymark.Payment{}, whole[waymark.IssueRequest], nil),
		submits(route{
			method: http.MethodPost, path: "/v1/payments:transfer", id: "transferMoney", tag: tagMoney,
			summary: "Pay out of notes of the caller's member",
		}, waymark.AccountsTransfer, waymark.Payment{}, whole[waymark.TransferMoneyRequest], nil),
		submits(route{
			method: http.MethodPost, path: "/v1/payments:redeem", id: "redeemMoney", tag: tagMoney,
			summary: "End money that came back to its issuer, the caller's member",
		}, waymark.AccountsRedeem, waymark.Payment{}, whole[waymark.RedeemRequest], nil),
		evaluates(route{
			method: http.MethodGet, path: "/v1/payments/{id}", id: "getPayment", tag: tagMoney,
			summary: "A payment by the caller's member: issued, transferred or redeemed",
		}, waymark.AccountsPayment, waymark.Payment{}, func(p path) waymark.PaymentQuery { return waymark.PaymentQuery{ID: p.id} }),
		evaluates(route{
			method: http.MethodGet, path: at, id: "getCurrency", tag: tagMoney,
			summary: "How much of a currency was issued and redeemed",
		}, waymark.AccountsCurrency, waymark.Currency{}, func(p path) waymark.CurrencyQuery {
			return waymark.CurrencyQuery{Issuer: p.id, Currency: p.currency}
		}),
		evaluates(route{
			method: http.MethodGet, path: at + "/notes", id: "listNotes", tag: tagMoney,
			summary: "Notes of the caller's member in a currency, in the order of their ids",
			paged:   Page{Entries: "Notes", All: "Notes"},
		}, waymark.AccountsNotes, waymark.Notes{}, func(p path) waymark.NotesQuery {
			return waymark.NotesQuery{Issuer: p.id, Currency: p.currency, Limit: p.thing.limit, Cursor: p.thing.cursor}
		}),
	}
}
