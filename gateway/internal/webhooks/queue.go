package webhooks

import (
	"context"
	"time"

	"github.com/waymark-ledger/waymark/gateway/internal/database"
	"github.com/waymark-ledger/waymark/gateway/internal/model"
)

// What a Deliverer reads and writes. Each change is made only to what is as it was read, so that of two processes
// that deliver the same webhook for a moment the second changes nothing.

// active returns the ids of the webhooks that are to be delivered, of which add bounds how many there are, and for how long the one
// fails that has failed longest, of those whose next event was refused.
func (s *Store) active(ctx context.Context) (ids []string, failing time.Duration, err error) {
	err = s.view(ctx, func(ctx context.Context, db database.Statements) error {
		rows, err := db.QueryContext(ctx, `SELECT id, CASE WHEN failing_since = 0 OR attempts = 0 THEN 0 ELSE `+s.db.Now()+` - failing_since END
			FROM webhooks WHERE state = 'active' ORDER BY id`)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }() // rows.Err has said what there is to say
		for rows.Next() {
			var id string
			var milli int64
			if err := rows.Scan(&id, &milli); err != nil {
				return err
			}
			ids, failing = append(ids, id), max(failing, time.Duration(milli)*time.Millisecond)
		}
		return rows.Err()
	})
	return ids, failing, err
}

// load returns a webhook to deliver, or errNone if it is not active any more. Its dead letters are not counted.
func (s *Store) load(ctx context.Context, id string) (h hook, err error) {
	err = s.view(ctx, func(ctx context.Context, db database.Statements) error {
		h, err = scan(db.QueryRowContext(ctx, `SELECT `+s.columns("0")+` FROM webhooks w WHERE w.id = $1 AND w.state = 'active'`, id))
		return err
	})
	return h, err
}

// skip moves the checkpoint of a webhook behind what is not for it, after which nothing fails: errMoved if it is not where it was.
// It is lost with the process at the worst, and found out again.
func (s *Store) skip(ctx context.Context, h hook, to string) error {
	return s.note(ctx, func(ctx context.Context, tx database.Statements) error {
		_, err := s.move(ctx, tx, h, nextEvent+`, failing_since = 0, problem = ''`, to)
		return err
	})
}

// advance moves the checkpoint to an event that was delivered: errMoved as skip. It returns the webhook as it is then.
func (s *Store) advance(ctx context.Context, h hook, to string) (now hook, err error) {
	err = s.update(ctx, func(ctx context.Context, tx database.Statements) error {
		now, err = s.move(ctx, tx, h, nextEvent+`, failing_since = 0, problem = '', refused = 0`, to)
		return err
	})
	return now, err
}

// nextEvent is what a move does that is done with an event.
const nextEvent = `checkpoint = $3, attempts = 0, retry_at = 0`

// move changes a webhook whose checkpoint is as it was read, and returns it as it is then.
func (s *Store) move(ctx context.Context, tx database.Statements, h hook, what string, args ...any) (now hook, err error) {
	n, err := database.Exec(ctx, tx, `UPDATE webhooks SET `+what+` WHERE id = $1 AND checkpoint = $2`, append([]any{h.id, h.checkpoint}, args...)...)
	if err != nil {
		return now, err
	}
	if n == 0 {
		return now, errMoved
	}
	return scan(tx.QueryRowContext(ctx, `SELECT `+s.columns("0")+` FROM webhooks w WHERE w.id = $1`, h.id))
}

// fail notes an attempt that was in vain, and when the next one is to be: errMoved as skip, and if the
// webhook was resumed meanwhile.
func (s *Store) fail(ctx context.Context, h hook, problem string, wait time.Duration) error {
	return s.update(ctx, func(ctx context.Context, tx database.Statements) error {
		n, err := database.Exec(ctx, tx, `UPDATE webhooks SET attempts = attempts + 1, retry_at = `+s.db.Now()+` + $4, problem = $5,
				failing_since = CASE WHEN failing_since = 0 THEN `+s.db.Now()+` ELSE failing_since END
			WHERE id = $1 AND checkpoint = $2 AND attempts = $3`,
			h.id, h.checkpoint, h.attempts, wait.Milliseconds(), problem)
		if err == nil && n == 0 {
			err = errMoved
		}
		return err
	})
}

// bury makes an event after the checkpoint a dead letter, and moves the checkpoint there: errMoved as skip. A webhook that has as many dead
// letters as it may is paused instead. It returns the webhook as it is then.
func (s *Store) bury(ctx context.Context, h hook, event, problem string, most int) (now hook, err error) {
	at, err := model.ParsePosition(event)
	if err != nil {
		return now, err
	}
	err = s.update(ctx, func(ctx context.Context, tx database.Statements) error {
		var letters int
		if err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM dead_letters WHERE webhook = $1`, h.id).Scan(&letters); err != nil {
			return err
		}
		if letters >= most {
			now, err = s.move(ctx, tx, h, `state = 'paused', problem = $3`, problemFull)
			return err
		}
		if now, err = s.move(ctx, tx, h, nextEvent+`, problem = $4`, event, problem); err != nil {
			return err
		}
		_, err = database.Exec(ctx, tx, `INSERT INTO dead_letters (webhook, block, position, n, problem, attempts, died_at, waiting)
			VALUES ($1, $2, $3, $4, $5, $6, `+s.db.Now()+`, 0) ON CONFLICT DO NOTHING`,
			h.id, database.Signed(at.Block), at.Position, at.N, problem, h.attempts+1)
		return err
	})
	return now, err
}

// disable stops a webhook whose target wants nothing any more, after so many attempts at the next event: errMoved as skip.
func (s *Store) disable(ctx context.Context, h hook, attempts int, problem string) error {
	return s.update(ctx, func(ctx context.Context, tx database.Statements) error {
		_, err := s.move(ctx, tx, h, `state = 'gone', attempts = $3, problem = $4`, attempts, problem)
		return err
	})
}

// hinder notes why nothing can be sent by a webhook, but for its target; empty: all is well again.
func (s *Store) hinder(ctx context.Context, id, trouble string) error {
	return s.note(ctx, func(ctx context.Context, tx database.Statements) error {
		_, err := database.Exec(ctx, tx, `UPDATE webhooks SET trouble = $2 WHERE id = $1 AND state = 'active'`, id, trouble)
		return err
	})
}
