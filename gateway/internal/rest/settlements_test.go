package rest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

const termsJSON = `{"issuer":"carrier","currency":"EUR","digits":2,"units":5000,"price":424242,"conditions":[{"condition":"temperature","side":"above","per_unit_degree":10}],` +
	`"exceptions":[{"reason":"missing","each":50}],"late":{"due":"2026-01-02T03:04:05Z","per_hour":100},"salt":"5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a"}`

// settled answers as a ledger with an open settlement that holds the terms.
func settled(q ledger.Call) (json.RawMessage, error) {
	switch q.Transaction {
	case waymark.SettlementGet:
		return json.RawMessage(`{"shipment":"S1","payer":"retailer","payee":"producer","settlement":{"state":"open"}}`), nil
	case waymark.SettlementTerms:
		return json.RawMessage(`{"terms":{"shipment":"S1",` + termsJSON[1:] + `}`), nil
	}
	return json.RawMessage(`{"changed":true}`), nil
}

func TestTermsReachTheirPartiesAlone(t *testing.T) {
	for _, tt := range []struct {
		method, path, body string
		want               string // transactions, and where
	}{
		{"PUT", "/v1/shipments/S1/terms", termsJSON, "settlement:Get at , settlement:Propose at producer retailer"},
		{"POST", "/v1/shipments/S1/escrow/settle", "", "settlement:Get at , settlement:Terms at , settlement:Settle at producer retailer, settlement:Pay at "},
		{"POST", "/v1/shipments/S1/terms/purge", "", "settlement:Purge at producer"},
	} {
		a := newAPI(t)
		a.ledger.answer = settled
		w := a.do(tt.method, tt.path, tt.body)
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), someTx) {
			t.Errorf("%s: %d %s", tt.path, w.Code, w.Body)
		}
		var got []string
		for _, c := range a.ledger.seen() {
			got = append(got, fmt.Sprintf("%s at %s", c.Tx, c.At))
			if strings.Contains(fmt.Sprintf("%+v", c.Request), "424242") {
				t.Errorf("%s has the price in its request", c.Tx)
			}
		}
		if strings.Join(got, ", ") != tt.want {
			t.Errorf("%s: %v, want %s", tt.path, got, tt.want)
		}
		for _, entry := range a.logs.All() {
			if text := fmt.Sprintf("%s %v", entry.Message, entry.ContextMap()); strings.Contains(text, "424242") || strings.Contains(text, "5a5a5a") {
				t.Errorf("the log has %s", text)
			}
		}
	}
}

func TestFaultyTermsAreRefused(t *testing.T) {
	for body, field := range map[string]string{
		strings.Replace(termsJSON, `"units":5000`, `"units":0`, 1):                "/units",
		strings.Replace(termsJSON, `"price":424242`, `"price":1.5`, 1):            "/price",
		strings.Replace(termsJSON, `"price":424242`, `"price":424242,"a":1`, 1):   "/a",
		strings.Replace(termsJSON, `"side":"above"`, `"side":"beside"`, 1):        "/conditions/0/side",
		strings.Replace(termsJSON, `"per_hour":100`, `"per_hour":1,"x":true`, 1):  "/late/x",
		strings.Replace(termsJSON, `"reason":"missing"`, `"reason":"ugly"`, 1):    "/exceptions/0/reason",
		strings.Replace(termsJSON, `"currency":"EUR"`, `"currency":"eur"`, 1):     "/currency",
		strings.Replace(termsJSON, `"per_hour":100`, `"per_hour":100000000e9`, 1): "/late/per_hour",
	} {
		a := newAPI(t)
		a.ledger.answer = settled
		w := a.do("PUT", "/v1/shipments/S1/terms", body)
		if p := problem(t, w); w.Code != http.StatusBadRequest || p.Field != field {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
		for _, c := range a.ledger.seen() {
			if c.Tx != waymark.SettlementGet {
				t.Errorf("%s was called", c.Tx)
			}
		}
	}
}
