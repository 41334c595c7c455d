package requests

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/waymark-ledger/waymark/gateway/internal/database"
)

// sizeOf is how much an ended request takes: its answer, and about a kilobyte of two rows and what
// finds them. It has not changed since the request ended.
const sizeOf = `(1024 + length(location) + COALESCE(length(result), 0))`

// slotOf is the part of what a caller's requests take that a request counts to.
const slotOf = `substr(id, 1, 1)`

// Kept implements Answers.
func (s SQL) Kept(ctx context.Context) (map[string]int64, error) {
	kept := make(map[string]int64)
	err := s.db.View(ctx, func(ctx context.Context, db database.Statements) error {
		rows, err := db.QueryContext(ctx, `SELECT caller, CAST(SUM(bytes) AS BIGINT) FROM kept GROUP BY caller`)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }() // rows.Err has said what there is to say
		for rows.Next() {
			var caller string
			var size int64
			if err := rows.Scan(&caller, &size); err != nil {
				return err
			}
			kept[caller] = size
		}
		return rows.Err()
	})
	return kept, err
}

// count adds a request that has ended to what its caller's take. It comes last in its transaction:
// the others that count to the same row wait for it.
func count(ctx context.Context, tx database.Statements, id string) error {
	_, err := exec(ctx, tx, `INSERT INTO kept (caller, slot, bytes) SELECT caller, `+slotOf+`, `+sizeOf+` FROM requests WHERE id = $1
		ON CONFLICT (caller, slot) DO UPDATE SET bytes = kept.bytes + excluded.bytes`, id)
	return err
}

// part is a row of what callers' requests take.
type part struct{ caller, slot string }

func (a part) compare(b part) int {
	return cmp.Or(cmp.Compare(a.caller, b.caller), cmp.Compare(a.slot, b.slot))
}

// Prune implements Answers.
func (s SQL) Prune(ctx context.Context, keep time.Duration, limit int) (int, error) {
	var n int
	err := s.db.Update(ctx, func(ctx context.Context, tx database.Statements) (err error) {
		var gone map[part]int64
		if gone, n, err = s.remove(ctx, tx, keep, limit); err != nil {
			return err
		}
		for _, at := range slices.SortedFunc(maps.Keys(gone), part.compare) { // so that no two wait for each other
			if _, err := exec(ctx, tx, `UPDATE kept SET bytes = bytes - $1 WHERE caller = $2 AND slot = $3`, gone[at], at.caller, at.slot); err != nil {
				return err
			}
			if _, err := exec(ctx, tx, `DELETE FROM kept WHERE caller = $1 AND slot = $2 AND bytes <= 0`, at.caller, at.slot); err != nil {
				return err
			}
		}
		return nil
	})
	return n, err
}

// remove deletes at most limit old requests, and returns what they took and how many they were.
func (s SQL) remove(ctx context.Context, tx database.Statements, keep time.Duration, limit int) (gone map[part]int64, n int, err error) {
	rows, err := tx.QueryContext(ctx, `DELETE FROM requests WHERE id IN
		(SELECT id FROM requests WHERE state <> 'pending' AND ended_at <= `+s.db.Now()+` - $1 ORDER BY ended_at LIMIT $2)
		RETURNING caller, `+slotOf+`, `+sizeOf, keep.Milliseconds(), limit)
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = rows.Close() }() // rows.Err has said what there is to say
	gone = make(map[part]int64)
	for rows.Next() {
		var at part
		var size int64
		if err := rows.Scan(&at.caller, &at.slot, &size); err != nil {
			return nil, 0, err
		}
		gone[at] += size
		n++
	}
	return gone, n, rows.Err()
}
