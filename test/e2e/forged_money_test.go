//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/test/internal/fixture"
)

// moneyForgeries are of money and what decides about it, as it is on the ledger: what the liar
// issued and has itself, what it issued and another has, what another issued and it has, and a
// sale in its money. Each is forged in its text, in its policy, in both, and removed.
func moneyForgeries(ctx context.Context, t *testing.T, sale *deal) []forgery {
	t.Helper()
	foreign := newCurrency()
	issue := func(issuer, currency, to string) string {
		p, _ := done(ctx, t, operator(t, issuer).IssueMoney, waymark.IssueRequest{ID: name("issue"), Currency: currency, Digits: 2, To: to, Amount: 5})
		return p.Made[0].ID
	}
	note := func(issuer, currency, owner, id string) [2]string {
		const text = `{"id":%q,"issuer":"retailer","currency":%q,"digits":2,"owner":"carrier","amount":1000000}`
		return [2]string{"note/" + issuer + "/" + currency + "/" + owner + "/" + id, fmt.Sprintf(text, id, currency)}
	}
	own := onlyThe(t, liar)
	var all []forgery
	for what, record := range map[string][2]string{
		"its own note of its own issue":     note(liar, sale.currency, liar, issue(liar, sale.currency, liar)),
		"its own note of another's issue":   note("producer", foreign, liar, issue("producer", foreign, liar)),
		"another's note of its own issue":   note(liar, sale.currency, "retailer", noteOf(ctx, t, sale)),
		"another's note of another's issue": note("producer", foreign, "retailer", issue("producer", foreign, "retailer")),
		"its currency":                      {"currency/" + liar + "/" + sale.currency, `{"issuer":"carrier","issued":1,"redeemed":1}`},
		"an escrow in its money":            {"escrow/" + sale.id, `{"issuer":"retailer","payee":"carrier","amount":1000000,"state":"funded"}`},
		"what was funded":                   {"funding/" + sale.id, `{"issuer":"retailer","payee":"carrier","amount":1000000,"state":"funded"}`},
		"a settlement":                      {"settlement/" + sale.id, `{"state":"decided","basis":"terms","paid":1}`},
		"an agreement":                      {"agreement/" + sale.id, `{"payer":"carrier","payee":"carrier"}`},
	} {
		key, text := record[0], record[1]
		all = append(all,
			forgery{what, []fixture.Write{{Key: key, Text: text}}},
			forgery{what + ", a weaker policy", []fixture.Write{{Key: key, Policy: own}}},
			forgery{what + ", with a weaker policy", []fixture.Write{{Key: key, Text: text, Policy: own}}},
			forgery{what + ", removed", []fixture.Write{{Key: key, Deleted: true}}},
		)
	}
	return all
}
