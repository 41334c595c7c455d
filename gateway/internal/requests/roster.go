package requests

import (
	"context"

	"github.com/waymark-ledger/waymark/gateway/internal/database"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// nobody is the process of requests that a process left when it ended in order.
const nobody = ""

// Beat implements Roster.
func (s SQL) Beat(ctx context.Context, gateway string) error {
	return s.db.Update(ctx, func(ctx context.Context, tx database.Statements) error {
		_, err := exec(ctx, tx, `INSERT INTO gateways (id, beat) VALUES ($1, 1)
			ON CONFLICT (id) DO UPDATE SET beat = gateways.beat + 1`, gateway)
		return err
	})
}

// Beats implements Roster.
func (s SQL) Beats(ctx context.Context) (map[string]int64, error) {
	beats := make(map[string]int64)
	err := s.db.View(ctx, func(ctx context.Context, db database.Statements) error {
		rows, err := db.QueryContext(ctx, `SELECT id, beat FROM gateways
			UNION SELECT gateway, -1 FROM requests WHERE state = 'pending' AND gateway NOT IN (SELECT id FROM gateways)`)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }() // rows.Err has said what there is to say
		for rows.Next() {
			var gateway string
			var beat int64
			if err := rows.Scan(&gateway, &beat); err != nil {
				return err
			}
			beats[gateway] = beat
		}
		return rows.Err()
	})
	return beats, err
}

// Adopt implements Roster.
func (s SQL) Adopt(ctx context.Context, from, to string) error {
	return s.db.Update(ctx, func(ctx context.Context, tx database.Statements) error {
		if _, err := exec(ctx, tx, `UPDATE requests SET gateway = $1 WHERE gateway = $2 AND state = 'pending'`, to, from); err != nil {
			return err
		}
		_, err := exec(ctx, tx, `DELETE FROM gateways WHERE id = $1`, from)
		return err
	})
}

// Leave implements Roster.
func (s SQL) Leave(ctx context.Context, gateway string) error { return s.Adopt(ctx, gateway, nobody) }

// Pending implements Backlog.
func (s SQL) Pending(ctx context.Context, gateway string, limit int) ([]string, error) {
	var ids []string
	err := s.db.View(ctx, func(ctx context.Context, db database.Statements) error {
		rows, err := db.QueryContext(ctx, `SELECT id FROM requests WHERE gateway = $1 AND state = 'pending' LIMIT $2`, gateway, limit)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }() // rows.Err has said what there is to say
		for rows.Next() {
			var id string
			if err := rows.Scan(&id); err != nil {
				return err
			}
			ids = append(ids, id)
		}
		return rows.Err()
	})
	return ids, err
}

// Open implements Backlog.
func (s SQL) Open(ctx context.Context, id, gateway string) (Record, ledger.Endorsed, error) {
	var found Record
	var e ledger.Endorsed
	err := s.db.View(ctx, func(ctx context.Context, db database.Statements) error {
		row := db.QueryRowContext(ctx, `SELECT `+recordColumns+`, t.envelope FROM requests r JOIN transactions t ON t.tx_id = r.tx_id
			WHERE r.id = $1 AND r.gateway = $2 AND r.state = 'pending'`, id, gateway)
		var err error
		found, err = scan(row, &e.Envelope)
		return err
	})
	found, ok, err := one(found, err)
	if err == nil && !ok {
		err = ErrLost
	}
	e.TxID, e.Result = found.TxID, found.Answer.Result
	return found, e, err
}
