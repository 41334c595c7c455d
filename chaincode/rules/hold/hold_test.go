package hold_test

import (
	"slices"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/memledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/hold"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
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

func load(c *scenario.Consortium) *hold.Standing {
	c.T.Helper()
	h, err := hold.Load(c.World.Begin(c.Tx(c.As("producer", waymark.Operator))), "s1", []string{lot})
	if err != nil {
		c.T.Fatal(err)
	}
	return h
}

func standing(c *scenario.Consortium) []waymark.Hold { return load(c).List() }

var lot = waymark.Goods{GTIN: scenario.GTIN, Lot: "L1"}.String()

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
			if _, err := hold.Set(l, waymark.Hold{Shipment: "s1", Kind: kind, Reason: "because"}, nil); err != nil {
				return err
			}
		}
		return nil
	})
	holds := standing(c)
	if kinds := load(c).Kinds(); !slices.Equal(kinds, []string{"pending_data", "quarantine", "dispute"}) {
		t.Errorf("kinds %v", kinds)
	}
	e := waymark.AsError(load(c).Refuse("carrier"))
	if e.Code != waymark.FailedPrecondition || !slices.Equal(e.Reasons, []string{"dispute", "pending-data", "quarantine"}) {
		t.Errorf("refused with %v %v", e, e.Reasons)
	}
	do(c, func(l ledger.Ledger) error { return hold.Lift(l, &holds[1], "tested") })
	if kinds := load(c).Kinds(); !slices.Equal(kinds, []string{"pending_data", "dispute"}) {
		t.Errorf("kinds %v", kinds)
	}
}

// TestARecallHoldsUnlessGoodsGoBack: to the brand owner, or to whoever recalls them.
func TestARecallHoldsUnlessGoodsGoBack(t *testing.T) {
	c := scenario.New(t)
	if err := load(c).Refuse("carrier"); err != nil || len(load(c).Kinds()) > 0 {
		t.Errorf("nothing stands: %v, %v", err, load(c).Kinds())
	}
	do(c, func(l ledger.Ledger) error {
		return ledger.Save(l, ledger.RecallKey(waymark.MustGoods(lot)), &waymark.LotRecalls{Lot: lot, Owner: "producer",
			Standing: []waymark.Recall{{By: "auditor", Reason: "glass", Set: l.Tx().Stamp()}}})
	})
	if h := standing(c); len(h) != 1 || h[0].Kind != waymark.HoldRecall || h[0].Reason != lot+": glass" || h[0].Set.TxID == "" {
		t.Errorf("holds %+v", h)
	}
	for to, refused := range map[string]bool{"carrier": true, "retailer": true, "producer": false, "auditor": false} {
		e := waymark.AsError(load(c).Refuse(to))
		if (e != nil) != refused || refused && !slices.Equal(e.Reasons, []string{"recall"}) {
			t.Errorf("to %s: %v", to, e)
		}
	}
	do(c, func(l ledger.Ledger) error {
		_, err := hold.Set(l, waymark.Hold{Shipment: "s1", Kind: waymark.HoldQuarantine, Reason: "because"}, nil)
		return err
	})
	if e := waymark.AsError(load(c).Refuse("producer")); e == nil || !slices.Equal(e.Reasons, []string{"quarantine"}) {
		t.Errorf("to the brand owner: %v", e)
	}
	if kinds := load(c).Kinds(); !slices.Equal(kinds, []string{"quarantine", "recall"}) {
		t.Errorf("kinds %v", kinds)
	}
}

// TestWhoeverSetAHoldByHandIsKnownLater: the last one does not hide those before it, and a dispute is none.
func TestWhoeverSetAHoldByHandIsKnownLater(t *testing.T) {
	c := scenario.New(t)
	set := func(member string, kind waymark.HoldKind) {
		t.Helper()
		if _, err := c.World.Submit(c.Tx(c.As(member, waymark.Operator)), func(l ledger.Ledger) error {
			last, err := hold.Last(l, "s1", kind)
			if err != nil {
				return err
			}
			_, err = hold.Set(l, waymark.Hold{Shipment: "s1", Kind: kind, Reason: "because"}, last)
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	want := func(members ...string) {
		t.Helper()
		for _, member := range []string{"producer", "carrier", "retailer", "auditor"} {
			got, err := hold.Delayed(c.World.Begin(ledger.Tx{}), "s1", member)
			if err != nil || got != slices.Contains(members, member) {
				t.Errorf("%s delayed it: %v (%v)", member, got, err)
			}
		}
	}
	want()
	set("auditor", waymark.HoldDispute)
	want()
	set("retailer", waymark.HoldPendingData)
	for range 2 {
		set("carrier", waymark.HoldPendingData)
	}
	set("producer", waymark.HoldQuarantine)
	want("retailer", "carrier", "producer")
	do(c, func(l ledger.Ledger) error { // a record of before all of them were kept
		return ledger.Save(l, ledger.HoldKey("s1", "pending_data"), &waymark.Hold{Shipment: "s1", Kind: waymark.HoldPendingData, Set: waymark.Stamp{Member: "retailer"}})
	})
	want("retailer", "producer")
}
