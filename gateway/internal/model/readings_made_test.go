package model_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
	"github.com/waymark-ledger/waymark/gateway/internal/database"
	"github.com/waymark-ledger/waymark/gateway/internal/database/databasetest"
	"github.com/waymark-ledger/waymark/gateway/internal/model"
)

// readingsByHand: a byte that is changed in any of the tables is found.
func readingsByHand(t *testing.T, open databasetest.Opener) {
	w := newTelemetryWorld(t)
	w.report(t, celsius(w.Now, 500), celsius(w.Now.Add(time.Second), 600))
	w.block()
	c, at := newChain(0, w.blocks...), w.Now.UnixMilli()
	for change, want := range map[string]string{
		"UPDATE readings SET packed = (SELECT hash FROM checkpoint)":         fmt.Sprintf("readings 1:%d:1:0: packed is not as the ledger makes it", at),
		"UPDATE readings SET last = last - 1":                                fmt.Sprintf("readings 1:%d:1:0: last is not as the ledger makes it", at),
		"DELETE FROM readings":                                               fmt.Sprintf("readings 1:%d:1:0 is missing", at),
		"INSERT INTO readings SELECT 1, 5, 1, 0, 1, 5, hash FROM checkpoint": "readings 1:5:1:0 is not of the ledger",
		"UPDATE hours SET low = low + 1":                                     fmt.Sprintf("hours 1:%d:1: low is not as the ledger makes it", w.Now.Truncate(time.Hour).UnixMilli()),
		"UPDATE series SET owner = 'carrier'":                                "series 1: owner is not as the ledger makes it",
		"UPDATE measurements SET name = 'pressure'":                          "measurements 1: name is not as the ledger makes it",
		"INSERT INTO measurements VALUES (2, 'logger-1', 'x')":               "measurements 2 is not of the ledger",
	} {
		m := opened(t, open)
		must(t, m.Replay(t.Context(), c, uint64(len(w.blocks))))
		must(t, m.DB().Update(t.Context(), func(ctx context.Context, s database.Statements) error {
			_, err := s.ExecContext(ctx, change)
			return err
		}))
		got := ""
		if _, err := m.Check(t.Context(), c, opened(t, open), func(d model.Difference) { got += d.String() }); err != nil || got != want {
			t.Errorf("%s: %v, found %q", change, err, got)
		}
	}
}

// numberedAlike also when a model is made anew while a gateway goes on with it, by itself or by another.
func numberedAlike(t *testing.T, open databasetest.Opener) {
	w := newTelemetryWorld(t)
	for n := range 6 {
		w.report(t, senml.Reading{Name: fmt.Sprint("probe-", n%4), Unit: "Cel", Value: int64(n), Time: w.Now}, celsius(w.Now, int64(n)))
		w.block()
	}
	c, same, height := newChain(0, w.blocks...), open(t), uint64(len(w.blocks))
	one, other := model.New(same()), model.New(same())
	must(t, one.Replay(t.Context(), c, height))
	must(t, other.DB().Empty(t.Context()))
	must(t, other.Replay(t.Context(), c, 3))
	must(t, one.Replay(t.Context(), c, 5))
	must(t, other.Replay(t.Context(), c, height))
	if _, err := one.Check(t.Context(), c, opened(t, open), func(d model.Difference) { t.Error(d) }); err != nil {
		t.Error(err)
	}
	must(t, one.DB().Empty(t.Context()))
	must(t, one.Replay(t.Context(), c, height))
	if _, err := one.Check(t.Context(), c, opened(t, open), func(d model.Difference) { t.Error(d) }); err != nil {
		t.Error(err)
	}
}

// unreadable: what a transaction recorded that this gateway cannot read is not passed over.
func unreadable(t *testing.T, open databasetest.Opener) {
	for name, change := range map[string]func(request string) string{
		"no messages":     func(string) string { return "{" },
		"fewer messages":  func(string) string { return `{"messages":[]}` },
		"another message": func(string) string { return `{"messages":["e30.e30.e30"]}` },
	} {
		w := newTelemetryWorld(t)
		w.report(t, celsius(w.Now, 500))
		w.block()
		tx := &w.blocks[len(w.blocks)-1].Transactions[0]
		whole := tx.Request
		tx.Request = change(whole)
		m := opened(t, open)
		must(t, m.Apply(t.Context(), w.blocks[0]))
		if err := m.Apply(t.Context(), w.blocks[1]); err == nil || errors.Is(err, model.ErrNotNext) {
			t.Errorf("%s: %v", name, err)
		}
		writes := tx.Writes
		tx.Writes = nil // as of two members that may write a handoff, and call it a message
		must(t, opened(t, open).Replay(t.Context(), newChain(0, w.blocks...), uint64(len(w.blocks))))
		tx.Request, tx.Writes = whole, writes
		must(t, m.Apply(t.Context(), w.blocks[1]))
	}
}
