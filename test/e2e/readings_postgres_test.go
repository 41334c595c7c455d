//go:build e2e && postgres

package e2e

import (
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// A gateway over PostgreSQL lists, sums up and proves the same.
func TestPostgresReadings(t *testing.T) {
	ctx := limit(t, 3*time.Minute)
	j := sail(ctx, t)
	operator := newReplica(ctx, t, postgresDSN(t)).App
	var list waymark.ReadingList
	for {
		var err error // while its model is made of all blocks so far, they are waited for
		list, err = operator.ListReadings(ctx, waymark.ReadingsQuery{Device: j.device, Name: "temperature", At: j.block})
		if err == nil {
			break
		}
		if ctx.Err() != nil {
			t.Fatal(err)
		}
		time.Sleep(faultInterval)
	}
	j.sameAsWindows(ctx, t, operator, "operator over PostgreSQL")
	for _, r := range list.Readings {
		raw, err := operator.ReadingProof(ctx, waymark.ProofQuery{Reading: r.ID})
		if err != nil {
			t.Fatal(err)
		}
		proved(t, r, raw)
	}
}
