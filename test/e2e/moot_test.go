//go:build e2e

package e2e

import (
	"maps"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	gateway "github.com/waymark-ledger/waymark/gateway/client"
)

// The same terms again change nothing and need no transaction. Their key has that answer all the
// same: for another body it is taken, and when there are other terms by then it does not undo them.
func TestSameKeyForNothingToChange(t *testing.T) {
	ctx := limit(t, time.Minute)
	d, _ := proposedDeal(ctx, t, "EUR")
	a, key := operator(t, "producer"), name("key")
	put := func(terms map[string]any, key string) (gateway.Written[waymark.StoredTerms], error) {
		return gateway.Write[waymark.StoredTerms](ctx, a.Client, http.MethodPut, d.at("/terms"), terms, gateway.WithKey(key))
	}
	first, err := put(d.terms, key)
	if err != nil || first.Replayed || first.Result.Changed || first.Transaction.TxID != "" {
		t.Fatalf("got %+v %v", first, err)
	}
	others := maps.Clone(d.terms)
	others["units"] = d.units + 1
	_, err = put(others, key)
	if p, ok := gateway.AsProblem(err); !ok || p.Status != http.StatusUnprocessableEntity || !slices.Equal(p.Reasons, []string{"idempotency-key-reused"}) {
		t.Errorf("another body: %v", err)
	}
	changed, err := put(others, name("key"))
	if err != nil || !changed.Result.Changed {
		t.Fatalf("got %+v %v", changed, err)
	}
	again, err := put(d.terms, key)
	if err != nil || !again.Replayed || again.Result != first.Result || again.Transaction != first.Transaction {
		t.Errorf("got %+v %v, want %+v", again, err, first)
	}
	held, err := a.Client.Terms(ctx, waymark.SettlementQuery{Shipment: d.id})
	if err != nil || held.Terms.Units != d.units+1 {
		t.Errorf("the terms are of %d units, %v", held.Terms.Units, err)
	}
}
