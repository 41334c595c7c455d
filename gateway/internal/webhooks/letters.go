package webhooks

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/gateway/internal/database"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/model"
)

// letterColumns are those of a dead letter.
const letterColumns = `block, position, n, problem, attempts, died_at, waiting`

func scanLetter(row interface{ Scan(into ...any) error }) (client.DeadLetter, error) {
	var l client.DeadLetter
	var block, diedAt int64
	var at model.Position
	if err := row.Scan(&block, &at.Position, &at.N, &l.Problem, &l.Attempts, &diedAt, &l.Waiting); err != nil {
		return l, err
	}
	at.Block = uint64(block) //nolint:gosec // it was one
	l.Event, l.At = at.String(), timeOf(diedAt)
	return l, nil
}

// letters returns at most limit dead letters of a webhook of an identity, those after an event.
func (s *Store) letters(ctx context.Context, as ledger.Identity, id string, after model.Position, limit int) (all []client.DeadLetter, err error) {
	all = []client.DeadLetter{}
	err = s.view(ctx, func(ctx context.Context, db database.Statements) error {
		if _, err := s.of(ctx, db, as, id); err != nil {
			return err
		}
		rows, err := db.QueryContext(ctx, `SELECT `+letterColumns+` FROM dead_letters
			WHERE webhook = $1 AND (block, position, n) > ($2, $3, $4) ORDER BY block, position, n LIMIT $5`, id, database.Signed(after.Block), after.Position, after.N, limit)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }() // rows.Err has said what there is to say
		for rows.Next() {
			l, err := scanLetter(rows)
			if err != nil {
				return err
			}
			all = append(all, l)
		}
		return rows.Err()
	})
	return all, err
}

var errNoLetter = waymark.Errorf(waymark.NotFound, "the webhook has no dead letter of this event")

// replay has dead letters of a webhook of an identity sent once more, that of an event or, if there is none, all. It
// returns how many are to be.
func (s *Store) replay(ctx context.Context, as ledger.Identity, id string, event *model.Position) (waiting int, err error) {
	err = s.update(ctx, func(ctx context.Context, tx database.Statements) error {
		if _, err := s.of(ctx, tx, as, id); err != nil {
			return err
		}
		if event != nil {
			n, err := database.Exec(ctx, tx, `UPDATE dead_letters SET waiting = 1 WHERE webhook = $1 AND block = $2 AND position = $3 AND n = $4`,
				id, database.Signed(event.Block), event.Position, event.N)
			if err == nil && n == 0 {
				err = errNoLetter
			}
			if err != nil {
				return err
			}
		} else if _, err := database.Exec(ctx, tx, `UPDATE dead_letters SET waiting = 1 WHERE webhook = $1 AND waiting = 0`, id); err != nil {
			return err
		}
		if _, err := database.Exec(ctx, tx, `UPDATE webhooks SET refused = 0, resend_at = 0 WHERE id = $1`, id); err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM dead_letters WHERE webhook = $1 AND waiting = 1`, id).Scan(&waiting)
	})
	return waiting, err
}

// waiting returns the first dead letter of a webhook that is to be sent once more, or false if there is none.
func (s *Store) waiting(ctx context.Context, id string) (l client.DeadLetter, found bool, err error) {
	err = s.view(ctx, func(ctx context.Context, db database.Statements) error {
		l, err = scanLetter(db.QueryRowContext(ctx, `SELECT `+letterColumns+` FROM dead_letters
			WHERE webhook = $1 AND waiting = 1 ORDER BY block, position, n LIMIT 1`, id))
		found = err == nil
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	return l, found, err
}

// A dead letter of a webhook.
const thisLetter = ` WHERE webhook = $1 AND block = $2 AND position = $3 AND n = $4`

// forget drops a dead letter that is not for its webhook any more.
func (s *Store) forget(ctx context.Context, id, event string) error {
	return s.letter(ctx, id, event, func(ctx context.Context, tx database.Statements, letter ...any) error {
		_, err := database.Exec(ctx, tx, `DELETE FROM dead_letters`+thisLetter, letter...)
		return err
	})
}

// taken drops a dead letter that was delivered, after which nothing fails.
func (s *Store) taken(ctx context.Context, id, event string) error {
	return s.letter(ctx, id, event, func(ctx context.Context, tx database.Statements, letter ...any) error {
		if _, err := database.Exec(ctx, tx, `DELETE FROM dead_letters`+thisLetter, letter...); err != nil {
			return err
		}
		_, err := database.Exec(ctx, tx, `UPDATE webhooks SET refused = 0, resend_at = 0, failing_since = 0, problem = '' WHERE id = $1 AND attempts = 0`, id)
		return err
	})
}

// leave notes that sending a dead letter once more was in vain, how long the others are to wait, and how long the
// target asks that nothing is sent.
func (s *Store) leave(ctx context.Context, id, event, problem string, wait, asked time.Duration) error {
	return s.letter(ctx, id, event, func(ctx context.Context, tx database.Statements, letter ...any) error {
		if _, err := database.Exec(ctx, tx, `UPDATE dead_letters SET waiting = 0, attempts = attempts + 1, problem = $5`+thisLetter, append(letter, problem)...); err != nil {
			return err
		}
		_, err := database.Exec(ctx, tx, `UPDATE webhooks SET refused = refused + 1, resend_at = `+s.db.Now()+` + $2, retry_at = `+s.db.Now()+` + $3
			WHERE id = $1 AND attempts = 0`, id, wait.Milliseconds(), asked.Milliseconds())
		return err
	})
}

// letter changes what is kept of a dead letter, which thisLetter finds.
func (s *Store) letter(ctx context.Context, id, event string, do func(ctx context.Context, tx database.Statements, letter ...any) error) error {
	at, err := model.ParsePosition(event)
	if err != nil {
		return err
	}
	return s.update(ctx, func(ctx context.Context, tx database.Statements) error {
		return do(ctx, tx, id, database.Signed(at.Block), at.Position, at.N)
	})
}
