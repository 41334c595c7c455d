package database_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/gateway/internal/database"
)

// queued: what is read is behind what was queued, all of it is written, and nothing of an update of which one statement fails.
func queued(t *testing.T, db *database.DB) {
	t.Helper()
	const many = 1201
	insert := func(ctx context.Context, q *database.Queue, from, to int) error {
		for n := from; n < to; n++ {
			if err := q.Add(ctx, "INSERT INTO gateways (id, beat) VALUES ($1, $2)", fmt.Sprint("g", n), n); err != nil {
				return err
			}
		}
		return nil
	}
	err := db.UpdateWithin(t.Context(), time.Minute, func(ctx context.Context, s database.Statements) error {
		q := database.NewQueue(s)
		if err := insert(ctx, q, 0, many); err != nil {
			return err
		}
		var n int
		if err := q.QueryRowContext(ctx, "SELECT COUNT(*) FROM gateways").Scan(&n); err != nil || n != many {
			t.Errorf("%d of %d rows are read, %v", n, many, err)
		}
		if err := insert(ctx, q, many, many+1); err != nil {
			return err
		}
		return q.Flush(ctx)
	})
	if err != nil || len(ids(t, db)) != many+1 {
		t.Errorf("%d rows, %v", len(ids(t, db)), err)
	}
	err = db.Update(t.Context(), func(ctx context.Context, s database.Statements) error {
		q := database.NewQueue(s)
		err := insert(ctx, q, many+1, many+3)
		if err == nil {
			err = insert(ctx, q, 0, 1) // there is one
		}
		if err != nil {
			return err
		}
		return q.Flush(ctx)
	})
	if err == nil || len(ids(t, db)) != many+1 {
		t.Errorf("%d rows after a failure, %v", len(ids(t, db)), err)
	}
}
