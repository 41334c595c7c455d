package model_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/gateway/internal/database"
	"github.com/waymark-ledger/waymark/gateway/internal/database/databasetest"
	"github.com/waymark-ledger/waymark/gateway/internal/model"
	"pgregory.net/rapid"
)

// changesByHand are found: each row and column of which one byte is changed, each row that is
// removed and each that is added, and nothing else.
func changesByHand(t *testing.T, open databasetest.Opener) {
	w := newWorld(t)
	rapid.Custom(func(rt *rapid.T) int {
		for range 60 {
			w.step(rt)
			w.block()
		}
		return 0
	}).Example(1)
	c := newChain(0, w.blocks...)
	tests := []struct {
		change string
		row    string // its $1, if that is not empty
		want   string
	}{
		{},
		{"UPDATE records SET value = $2 WHERE key = $1", "member/carrier", "records member/carrier: value is not as the ledger makes it"},
		{"UPDATE records SET position = 1 WHERE key = $1", "member/carrier", "records member/carrier: position is not as the ledger makes it"},
		{"DELETE FROM records WHERE key = $1", "member/auditor", "records member/auditor is missing"},
		{"INSERT INTO records VALUES ($1, $2, 0, 0)", "member/mallory", "records member/mallory is not of the ledger"},
		{"UPDATE transactions SET status = 'VALID' WHERE block = 2 AND position = 1", "", "transactions 2:1: status is not as the ledger makes it"},
		{"UPDATE shipments SET custodian = 'mallory' WHERE id = $1", "s0", "shipments s0: custodian is not as the ledger makes it"},
		{"UPDATE devices SET owner = 'mallory' WHERE id = $1", "logger-1", "devices logger-1: owner is not as the ledger makes it"},
		{"UPDATE goods SET kind = 'lot' WHERE id = $1", item("s3-1"), "goods shipment/s3:" + item("s3-1") + ": kind is not as the ledger makes it"},
		{"UPDATE places SET holder = 'mallory' WHERE place = $1", "stock/producer/producer", "places stock/producer/producer: holder is not as the ledger makes it"},
		{"DELETE FROM moves WHERE id = $1 AND block = 0", item("s3-1"), "moves " + item("s3-1") + ":0:0 is missing"},
		{"INSERT INTO names VALUES ($1, $1)", "x", "names x:x is not of the ledger"},
		{"DELETE FROM transactions WHERE block = 3 AND position = 0", "", "transactions 3:0 is missing"},
		{"UPDATE checkpoint SET hash = $2 WHERE $1 = $1", "x", "checkpoint 1: hash is not as the ledger makes it"},
	}
	for _, tt := range tests {
		t.Run(tt.want, func(t *testing.T) {
			m := opened(t, open)
			must(t, m.Replay(t.Context(), c, uint64(len(w.blocks))))
			must(t, m.DB().Update(t.Context(), func(ctx context.Context, s database.Statements) error {
				if tt.change == "" {
					return nil
				}
				var args []any
				for n, arg := range [][]byte{[]byte(tt.row), []byte("{}")} {
					if strings.Contains(tt.change, fmt.Sprint("$", n+1)) {
						args = append(args, arg)
					}
				}
				done, err := s.ExecContext(ctx, tt.change, args...)
				if err == nil {
					if n, _ := done.RowsAffected(); n != 1 {
						err = fmt.Errorf("%d rows were changed", n)
					}
				}
				return err
			}))
			got := ""
			height, err := m.Check(t.Context(), c, opened(t, open), func(d model.Difference) { got += d.String() })
			if err != nil || height != uint64(len(w.blocks)) || got != tt.want {
				t.Errorf("%d blocks, %v, found %q", height, err, got)
			}
		})
	}
}
