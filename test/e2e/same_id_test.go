//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	gateway "github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/gateway/client/transaction"
	"github.com/waymark-ledger/waymark/test/internal/app"
)

// endorsedProduct is a signed transaction that registers a product, of a nonce if there is one.
func endorsedProduct(ctx context.Context, t *testing.T, caller *app.App, gtin string, nonce []byte) (txID string, body map[string][]byte) {
	t.Helper()
	id := local.at.Members["producer"].Identities[string(waymark.Admin)]
	key := keyOf(t, id.KeyFile)
	creator, err := transaction.Creator("producer", content(t, id.CertFile))
	if err != nil {
		t.Fatal(err)
	}
	request, err := json.Marshal(waymark.RegisterProductRequest{GTIN: gtin, Name: "Vaccine"})
	if err != nil {
		t.Fatal(err)
	}
	p := transaction.New(local.at.Channel, local.at.Chaincode, creator, []byte(waymark.GoodsRegisterProduct), request)
	if nonce != nil {
		p.Nonce = nonce
	}
	raw, err := p.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	tx := step(ctx, t, caller, "/v1/proposals:endorse", map[string][]byte{"proposal": raw, "signature": signed(t, key, raw)}, http.StatusOK).Transaction
	return p.ID(), map[string][]byte{"transaction": tx, "signature": signed(t, key, tx)}
}

// submitSigned sends a signed transaction, under a key if there is one, and returns the status of the answer.
func submitSigned(ctx context.Context, t *testing.T, caller *app.App, key string, body map[string][]byte) int {
	t.Helper()
	header := make(http.Header)
	if key != "" {
		header.Set("Idempotency-Key", key)
	}
	answer, err := caller.Client.Do(ctx, gateway.Call{Method: http.MethodPost, Path: "/v1/transactions:submit", Body: body, Header: header})
	if err != nil {
		t.Error(err)
	}
	return answer.Status
}

// Of two transactions that their creator signed with one nonce, and so with one id, one takes effect. Whoever
// submitted the other is told so, at once and when it asks later.
func TestTwoTransactionsOfOneID(t *testing.T) {
	ctx := limit(t, 3*time.Minute)
	caller := as(t, "producer", waymark.Admin)
	for round := range 4 {
		nonce := fmt.Appendf(nil, "%024d", time.Now().UnixNano())
		products, bodies := [2]string{someGTIN(), someGTIN()}, [2]map[string][]byte{}
		var txID string
		for i, gtin := range products {
			txID, bodies[i] = endorsedProduct(ctx, t, caller, gtin, nonce)
		}
		keys := [2]string{}
		for i := range round % 3 { // none of them is kept, or one, or both
			keys[i] = fmt.Sprint(txID, i)
		}
		var statuses [2]int
		var both sync.WaitGroup
		for i := range bodies {
			both.Go(func() { statuses[i] = submitSigned(ctx, t, caller, keys[i], bodies[i]) })
		}
		both.Wait()
		if statuses != [2]int{http.StatusOK, http.StatusConflict} && statuses != [2]int{http.StatusConflict, http.StatusOK} {
			t.Errorf("round %d: %v", round, statuses)
		}
		for i, gtin := range products {
			there, _, err := caller.Do(ctx, http.MethodGet, "/v1/products/"+gtin, nil)
			if err != nil || (there == http.StatusOK) != (statuses[i] == http.StatusOK) {
				t.Errorf("round %d: submitting %d is %d, and the product %d: %v", round, i, statuses[i], there, err)
			}
			if again := submitSigned(ctx, t, caller, keys[i], bodies[i]); again != statuses[i] {
				t.Errorf("round %d: submitting %d again is %d after %d", round, i, again, statuses[i])
			}
		}
	}
}

// Who repeats one signed transaction impatiently, each time under another key, is told the same each time.
func TestOneTransactionManyTimes(t *testing.T) {
	ctx := limit(t, 3*time.Minute)
	caller := as(t, "producer", waymark.Admin)
	const rounds, copies = 5, 12
	for round := range rounds {
		txID, body := endorsedProduct(ctx, t, caller, someGTIN(), nil)
		var all sync.WaitGroup
		for i := range copies {
			all.Go(func() {
				for n := range 3 { // one after another, so that some meet the block
					if status := submitSigned(ctx, t, caller, fmt.Sprintf("%s-%d-%d", txID, i, n), body); status != http.StatusOK {
						t.Errorf("round %d, copy %d: %d", round, i, status)
					}
				}
			})
		}
		all.Wait()
	}
}
