package model_test

import (
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/rules/goods"
	rules "github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/database/databasetest"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// provenanceEnds however far the container of a thing has travelled.
func provenanceEnds(t *testing.T, open databasetest.Opener) {
	d := newDepot(t)
	done(t, d, d.As("producer", waymark.Operator), goods.Pack, waymark.PackRequest{ID: "pack", Container: depotContainers[0], Lines: []waymark.Line{{ID: depotItems[0]}}})
	box := rules.GoodsKey(waymark.MustGoods(depotContainers[0])).String()
	here := d.known[box]
	there := []byte(strings.Replace(string(here), "producer", "carrier", 1))
	d.block()
	travels := &d.blocks[len(d.blocks)-1]
	travels.Transactions = nil
	for n := range waymark.MaxSteps + 10 {
		to := [][]byte{there, here}[n%2]
		travels.Transactions = append(travels.Transactions, ledger.BlockTransaction{TxID: "forged", Position: n, Status: ledger.Valid, Function: "move", Writes: []ledger.Write{{Key: box, Value: to}}})
	}
	p, err := d.modelOf(t, open).Provenance(t.Context(), d.by("producer", waymark.Operator), waymark.ProvenanceQuery{ID: depotItems[0]})
	if err != nil || len(p.Steps) != waymark.MaxSteps || !p.MoreSteps || p.Steps[waymark.MaxSteps-1].What != "move" {
		t.Errorf("%d steps, more: %v, %v", len(p.Steps), p.MoreSteps, err)
	}
}
