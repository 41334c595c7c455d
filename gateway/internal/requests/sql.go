package requests

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/database"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// SQL keeps requests in a database.
type SQL struct {
	db *database.DB
}

var _ Store = SQL{}

// NewSQL returns a store in a database, which must be prepared before anything succeeds.
func NewSQL(db *database.DB) SQL { return SQL{db: db} }

// Prepare implements Store.
func (s SQL) Prepare(ctx context.Context) error { return s.db.Prepare(ctx) }

// AskLedger implements Store.
func (s SQL) AskLedger(ctx context.Context) { s.db.AskLedger(ctx) }

// Exclusive implements Store.
func (s SQL) Exclusive() (bool, error) { return s.db.Exclusive() }

// Begin implements Writes.
func (s SQL) Begin(ctx context.Context, r Record, first Step) error {
	r.State, r.TxID, r.Whole = Pending, first.TxID, first.Whole
	r.Answer.Location, r.Answer.Result = first.Location, first.Result
	return s.db.Update(ctx, func(ctx context.Context, tx database.Statements) error {
		if err := insert(ctx, tx, r, "0"); err != nil {
			return err
		}
		return addTransaction(ctx, tx, r.ID, first.Endorsed)
	})
}

// Keep implements Writes.
func (s SQL) Keep(ctx context.Context, r Record) error {
	r.State, r.Gateway = Done, ""
	return s.db.Update(ctx, func(ctx context.Context, tx database.Statements) error {
		if err := insert(ctx, tx, r, s.db.Now()); err != nil {
			return err
		}
		return count(ctx, tx, r.ID)
	})
}

// insert adds a request, which ended at the time of an expression. None has an answer yet that is in a block.
func insert(ctx context.Context, tx database.Statements, r Record, endedAt string) error {
	n, err := exec(ctx, tx, `INSERT INTO requests (id, caller, operation, idempotency_key, digest, gateway, state, tx_id, whole,
			status, location, answer_tx, answer_block, result, ended_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, '', 0, $12, `+endedAt+`)
		ON CONFLICT (caller, idempotency_key) DO NOTHING`,
		r.ID, r.Caller, r.Operation, sql.NullString{String: r.Key, Valid: r.Key != ""}, r.Digest[:], r.Gateway, r.State, r.TxID, flag(r.Whole),
		r.Answer.Status, r.Answer.Location, []byte(r.Answer.Result))
	if err == nil && n == 0 {
		return ErrTaken
	}
	return err
}

// Next implements Writes.
func (s SQL) Next(ctx context.Context, id, gateway string, before ledger.Fate, next Step) error {
	return s.db.Update(ctx, func(ctx context.Context, tx database.Statements) error {
		n, err := exec(ctx, tx, `UPDATE requests SET tx_id = $1, whole = $2, location = $3, result = $4
			WHERE id = $5 AND gateway = $6 AND state = $7`,
			next.TxID, flag(next.Whole), next.Location, []byte(next.Result), id, gateway, Pending)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrLost
		}
		if err := resolve(ctx, tx, before, next.TxID); err != nil {
			return err
		}
		return addTransaction(ctx, tx, id, next.Endorsed)
	})
}

// Finish implements Writes.
func (s SQL) Finish(ctx context.Context, id, gateway string, end End) error {
	var failure []byte
	if end.Error != nil {
		var err error
		if failure, err = json.Marshal(end.Error); err != nil {
			return fmt.Errorf("encode error: %w", err)
		}
	}
	commit := s.db.Update
	if end.Answered {
		commit = s.db.Note
	}
	return commit(ctx, func(ctx context.Context, tx database.Statements) error {
		n, err := exec(ctx, tx, `UPDATE requests SET state = $1, gateway = '', answer_tx = $2, answer_block = $3, result = $4, error = $5,
				ended_at = `+s.db.Now()+`, idempotency_key = CASE WHEN $6 = 1 THEN NULL ELSE idempotency_key END,
				location = CASE WHEN $7 = '' THEN location ELSE $7 END
			WHERE id = $8 AND gateway = $9 AND state = $10`,
			end.State, end.Answer.Commit.TxID, database.Signed(end.Answer.Commit.BlockNumber), []byte(end.Answer.Result), failure,
			flag(end.State == Failed || end.Free), end.Answer.Location, id, gateway, Pending)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrLost
		}
		if end.Fate != nil {
			if err := resolve(ctx, tx, *end.Fate, ""); err != nil {
				return err
			}
		}
		return count(ctx, tx, id)
	})
}

// addTransaction keeps a transaction whose fate is open.
func addTransaction(ctx context.Context, tx database.Statements, request string, e ledger.Endorsed) error {
	n, err := exec(ctx, tx, `INSERT INTO transactions (tx_id, request, signed, envelope, replaced_by, fate, block, position)
		VALUES ($1, $2, $3, $4, '', '', 0, 0) ON CONFLICT (tx_id) DO NOTHING`, e.TxID, request, e.Signed[:], e.Envelope)
	if err != nil || n > 0 {
		return err
	}
	var signed []byte
	if err := tx.QueryRowContext(ctx, `SELECT signed FROM transactions WHERE tx_id = $1`, e.TxID).Scan(&signed); err != nil {
		return err
	}
	if signed != nil && !bytes.Equal(signed, e.Signed[:]) {
		return ErrDisplaced
	}
	return ErrKept
}

// resolve notes what became of a transaction. The envelope is on the ledger then.
func resolve(ctx context.Context, tx database.Statements, fate ledger.Fate, replacedBy string) error {
	if fate.Status == ledger.Valid { // what follows a valid one takes the place of nothing
		replacedBy = ""
	}
	_, err := exec(ctx, tx, `UPDATE transactions SET envelope = NULL, fate = $1, block = $2, position = $3, replaced_by = $4 WHERE tx_id = $5`,
		fate.Status, database.Signed(fate.BlockNumber), fate.Position, replacedBy, fate.TxID)
	return err
}

const recordColumns = `r.id, r.caller, r.operation, r.idempotency_key, r.digest, r.gateway, r.state, r.tx_id, r.whole,
	r.status, r.location, r.answer_tx, r.answer_block, r.result, r.error`

// Find implements Answers.
func (s SQL) Find(ctx context.Context, caller, key string) (Record, bool, error) {
	var found Record
	err := s.db.View(ctx, func(ctx context.Context, db database.Statements) error {
		var err error
		found, err = scan(db.QueryRowContext(ctx, `SELECT `+recordColumns+` FROM requests r WHERE caller = $1 AND idempotency_key = $2`, caller, key))
		return err
	})
	return one(found, err)
}

// Transaction implements Answers.
func (s SQL) Transaction(ctx context.Context, txID string) (Transaction, bool, error) {
	found := Transaction{TxID: txID}
	err := s.db.View(ctx, func(ctx context.Context, db database.Statements) error {
		fate, block := ledger.Fate{TxID: txID}, int64(0)
		row := db.QueryRowContext(ctx, `SELECT `+recordColumns+`, t.replaced_by, t.fate, t.block, t.position
			FROM transactions t JOIN requests r ON r.id = t.request WHERE t.tx_id = $1`, txID)
		var err error
		if found.Request, err = scan(row, &found.ReplacedBy, &fate.Status, &block, &fate.Position); err != nil {
			return err
		}
		if fate.Status != "" {
			fate.BlockNumber = database.Unsigned(block)
			found.Fate = &fate
		}
		return nil
	})
	return one(found, err)
}

// one tells that there is none from a failure.
func one[T any](found T, err error) (T, bool, error) {
	if errors.Is(err, sql.ErrNoRows) {
		return found, false, nil
	}
	return found, err == nil, err
}

// scan reads the columns of a record, and more after them.
func scan(row *sql.Row, more ...any) (Record, error) {
	var r Record
	var key sql.NullString
	var digest, result, failure []byte
	var whole, block int64
	err := row.Scan(append([]any{&r.ID, &r.Caller, &r.Operation, &key, &digest, &r.Gateway, &r.State, &r.TxID, &whole,
		&r.Answer.Status, &r.Answer.Location, &r.Answer.Commit.TxID, &block, &result, &failure}, more...)...)
	if err != nil {
		return r, err
	}
	copy(r.Digest[:], digest)
	r.Key, r.Whole = key.String, whole == 1
	r.Answer.Result = result
	if r.State == Done {
		r.Answer.Commit.Status, r.Answer.Commit.BlockNumber = commitStatus(r.Answer.Commit.TxID), database.Unsigned(block)
	}
	if len(failure) > 0 {
		r.Error = new(waymark.Error)
		if err := json.Unmarshal(failure, r.Error); err != nil {
			return r, fmt.Errorf("decode error of request %s: %w", r.ID, err)
		}
	}
	return r, nil
}

// commitStatus is empty for the commit of a write that had nothing to change.
func commitStatus(txID string) string {
	if txID == "" {
		return ""
	}
	return ledger.Valid
}

// exec runs a statement and returns how many rows it changed.
func exec(ctx context.Context, tx database.Statements, statement string, args ...any) (int64, error) {
	done, err := tx.ExecContext(ctx, statement, args...)
	if err != nil {
		return 0, err
	}
	return done.RowsAffected()
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
