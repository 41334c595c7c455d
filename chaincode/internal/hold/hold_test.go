package hold_test

import (
	"slices"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/internal/hold"
	"github.com/waymark-ledger/waymark/chaincode/internal/ledger"
	"github.com/waymark-ledger/waymark/chaincode/internal/memledger"
	"github.com/waymark-ledger/waymark/chaincode/internal/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// do runs one transaction of the consortium.
func do(c *scenario.Consortium, rule func(ledger.Ledger) error) *memledger.Transaction {
	c.T.Helper()
	tx := c.World.Begin(c.Tx(c.As("producer", waymark.Operator)))
	if err := rule(tx); err != nil {
		c.T.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		c.T.Fatal(err)
	}
	return tx
}

func standing(c *scenario.Consortium) []waymark.Hold {
	c.T.Helper()
	holds, err := hold.Standing(c.World.Begin(c.Tx(c.As("producer", waymark.Operator))), &waymark.Shipment{ID: "s1"})
	if err != nil {
		c.T.Fatal(err)
	}
	return holds
}

func TestADisputeHoldsWhileItLasts(t *testing.T) {
	c := scenario.New(t)
	open := func(reason string) func(ledger.Ledger) error {
		return func(l ledger.Ledger) error { return hold.Dispute(l, "s1", reason) }
	}
	end := func(l ledger.Ledger) error { return hold.EndDispute(l, "s1") }
	if tx := do(c, end); len(tx.Writes()) > 0 || len(standing(c)) > 0 {
		t.Errorf("the end of no dispute wrote %v", tx.Writes())
	}
	do(c, open("short by two"))
	if tx := do(c, open("another")); len(tx.Writes()) > 0 {
		t.Errorf("a dispute that stands wrote %v", tx.Writes())
	}
	if h := standing(c); len(h) != 1 || h[0].Kind != waymark.HoldDispute || h[0].Reason != "short by two" || h[0].Lifted != nil {
		t.Errorf("holds %+v", h)
	}
	do(c, end)
	if h := standing(c); len(h) != 0 {
		t.Errorf("holds %+v", h)
	}
	do(c, open("again"))
	if h := standing(c); len(h) != 1 || h[0].Reason != "again" || h[0].Lifted != nil || h[0].Why != "" {
		t.Errorf("holds %+v", h)
	}
}

func TestHoldsRefuseEachForItsKind(t *testing.T) {
	c := scenario.New(t)
	do(c, func(l ledger.Ledger) error {
		for _, kind := range []waymark.HoldKind{waymark.HoldDispute, waymark.HoldQuarantine, waymark.HoldPendingData} {
			if _, err := hold.Set(l, "s1", kind, "because"); err != nil {
				return err
			}
		}
		return nil
	})
	holds := standing(c)
	if kinds := hold.Kinds(holds); !slices.Equal(kinds, []string{"pending_data", "quarantine", "dispute"}) {
		t.Errorf("kinds %v", kinds)
	}
	e := waymark.AsError(hold.Refuse(holds))
	if e.Code != waymark.FailedPrecondition || !slices.Equal(e.Reasons, []string{"dispute", "pending-data", "quarantine"}) {
		t.Errorf("refused with %v %v", e, e.Reasons)
	}
	if err := hold.Refuse(nil); err != nil {
		t.Errorf("nothing stands: %v", err)
	}
	do(c, func(l ledger.Ledger) error { return hold.Lift(l, &holds[1], "tested") })
	if kinds := hold.Kinds(standing(c)); !slices.Equal(kinds, []string{"pending_data", "dispute"}) {
		t.Errorf("kinds %v", kinds)
	}
}
