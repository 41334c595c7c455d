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
)

// Store keeps webhooks and their dead letters in a database of the kind database.Requests, which must be prepared
// before anything succeeds. It is safe for concurrent use, of several processes too.
//
// Its errors are waymark.Errors: Unavailable for what the database did not do, or may have.
type Store struct {
	db *database.DB
}

// NewStore returns the store in a database.
func NewStore(db *database.DB) *Store { return &Store{db: db} }

var (
	errNone = waymark.Errorf(waymark.NotFound, "there is no such webhook of this identity")
	// errMoved says that another process, or its owner, has changed what was read of a webhook: read it again.
	errMoved = waymark.Errorf(waymark.Conflict, "the webhook is not as it was read")
)

// oldSecretFor is how long a secret signs beside the one that took its place.
const oldSecretFor = 24 * time.Hour

func (s *Store) update(ctx context.Context, do func(context.Context, database.Statements) error) error {
	return database.Away(s.db.Update(ctx, do))
}

// note is update for what may be a little later, and needs no sync of its own.
func (s *Store) note(ctx context.Context, do func(context.Context, database.Statements) error) error {
	return database.Away(s.db.Note(ctx, do))
}

func (s *Store) view(ctx context.Context, do func(context.Context, database.Statements) error) error {
	return database.Away(s.db.View(ctx, do))
}

// counted counts the dead letters of a webhook.
const counted = `(SELECT COUNT(*) FROM dead_letters d WHERE d.webhook = w.id)`

// columns are those of a hook; letters is an expression for how many dead letters it has.
func (s *Store) columns(letters string) string {
	return `w.id, w.identity, w.caller, w.url, w.kind, w.device, w.shipment, w.member, w.purpose, w.secret,
		CASE WHEN w.old_until > ` + s.db.Now() + ` THEN w.old_secret ELSE '' END, w.state, w.checkpoint, w.attempts, w.failing_since, w.retry_at,
		w.problem, w.trouble, w.refused, w.resend_at, w.made_at, ` + s.db.Now() + `, ` + letters + `,
		EXISTS (SELECT 1 FROM dead_letters d WHERE d.webhook = w.id AND d.waiting = 1)`
}

// scan reads the columns.
func scan(row interface{ Scan(into ...any) error }) (h hook, err error) {
	err = row.Scan(&h.id, &h.identity, &h.caller, &h.url, &h.filter.Kind, &h.filter.Device, &h.filter.Shipment, &h.filter.Member, &h.filter.Purpose, &h.secret,
		&h.oldSecret, &h.state, &h.checkpoint, &h.attempts, &h.failingSince, &h.retryAt, &h.problem, &h.trouble, &h.refused, &h.resendAt, &h.madeAt, &h.now, &h.letters, &h.waiting)
	if errors.Is(err, sql.ErrNoRows) {
		err = errNone
	}
	return h, err
}

// add keeps a webhook that is new, unless there are as many already: ResourceExhausted.
func (s *Store) add(ctx context.Context, h hook, l Limits) (added hook, err error) {
	err = s.update(ctx, func(ctx context.Context, tx database.Statements) error {
		if err := roomFor(ctx, tx, h.identity, l); err != nil {
			return err
		}
		_, err := database.Exec(ctx, tx, `INSERT INTO webhooks (id, identity, caller, url, kind, device, shipment, member, purpose, secret, old_secret, old_until,
				state, checkpoint, attempts, failing_since, retry_at, problem, made_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '', 0, $11, $12, 0, 0, 0, '', `+s.db.Now()+`)`,
			h.id, h.identity, h.caller, h.url, h.filter.Kind, h.filter.Device, h.filter.Shipment, h.filter.Member, h.filter.Purpose, h.secret,
			client.WebhookActive, h.checkpoint)
		if err != nil {
			return err
		}
		added, err = s.of(ctx, tx, h.identity, h.id)
		return err
	})
	return added, err
}

// roomFor fails if there are as many as may be. Of two who ask at once one waits for the other, by a row that nobody else changes.
func roomFor(ctx context.Context, tx database.Statements, as ledger.Identity, l Limits) error {
	if _, err := database.Exec(ctx, tx, `UPDATE owner SET one = 1`); err != nil {
		return err
	}
	var all, own int
	err := tx.QueryRowContext(ctx, `SELECT COUNT(*), COALESCE(SUM(CASE WHEN identity = $1 THEN 1 ELSE 0 END), 0) FROM webhooks`, as).Scan(&all, &own)
	switch {
	case err != nil:
		return err
	case own >= l.PerIdentity:
		return waymark.Errorf(waymark.ResourceExhausted, "this identity has %d webhooks, which is as many as it may: delete one", own)
	case all >= l.Most:
		return waymark.Errorf(waymark.ResourceExhausted, "there are %d webhooks at this member's gateways, which is as many as there may be", all)
	}
	return nil
}

// of returns a webhook of an identity.
func (s *Store) of(ctx context.Context, db database.Statements, as ledger.Identity, id string) (hook, error) {
	return scan(db.QueryRowContext(ctx, `SELECT `+s.columns(counted)+` FROM webhooks w WHERE w.id = $1 AND w.identity = $2`, id, as))
}

// get returns a webhook of an identity, or errNone.
func (s *Store) get(ctx context.Context, as ledger.Identity, id string) (h hook, err error) {
	err = s.view(ctx, func(ctx context.Context, db database.Statements) error {
		h, err = s.of(ctx, db, as, id)
		return err
	})
	return h, err
}

// list returns the webhooks of an identity, by id.
func (s *Store) list(ctx context.Context, as ledger.Identity) (all []hook, err error) {
	err = s.view(ctx, func(ctx context.Context, db database.Statements) error {
		rows, err := db.QueryContext(ctx, `SELECT `+s.columns(counted)+` FROM webhooks w WHERE w.identity = $1 ORDER BY w.id`, as)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }() // rows.Err has said what there is to say
		for rows.Next() {
			h, err := scan(rows)
			if err != nil {
				return err
			}
			all = append(all, h)
		}
		return rows.Err()
	})
	return all, err
}

// remove forgets a webhook of an identity and its dead letters, and returns what it was.
func (s *Store) remove(ctx context.Context, as ledger.Identity, id string) (hook, error) {
	return s.change(ctx, as, id, true, `DELETE FROM webhooks WHERE id = $1`)
}

// pause stops a webhook of an identity; resume lets it go on, and has it tried at once if it is failing.
func (s *Store) pause(ctx context.Context, as ledger.Identity, id string) (hook, error) {
	return s.change(ctx, as, id, false, `UPDATE webhooks SET state = 'paused', trouble = '' WHERE id = $1`)
}

func (s *Store) resume(ctx context.Context, as ledger.Identity, id string) (hook, error) {
	return s.change(ctx, as, id, false, `UPDATE webhooks SET state = 'active', attempts = 0, retry_at = 0, failing_since = 0, problem = '', refused = 0, resend_at = 0
		WHERE id = $1`)
}

// renew gives a webhook of an identity another secret. The one before signs too for oldSecretFor.
func (s *Store) renew(ctx context.Context, as ledger.Identity, id, secret string) (hook, error) {
	return s.change(ctx, as, id, false, `UPDATE webhooks SET old_secret = secret, old_until = `+s.db.Now()+` + $2, secret = $3 WHERE id = $1`,
		oldSecretFor.Milliseconds(), secret)
}

// change runs a statement about a webhook of an identity, and returns what that was before, or is then.
func (s *Store) change(ctx context.Context, as ledger.Identity, id string, before bool, statement string, args ...any) (h hook, err error) {
	err = s.update(ctx, func(ctx context.Context, tx database.Statements) error {
		if h, err = s.of(ctx, tx, as, id); err != nil {
			return err
		}
		if _, err = database.Exec(ctx, tx, statement, append([]any{id}, args...)...); err != nil || before {
			return err
		}
		h, err = s.of(ctx, tx, as, id)
		return err
	})
	return h, err
}
