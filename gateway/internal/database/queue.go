package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// maxQueued bounds the statements that are sent at once.
const maxQueued = 500

// Queue is the statements of an update, of which those whose result nobody asks for are sent many at a time: a server is asked once
// for all of them. What is read, or gives a result, is run when they have been. It is not safe for concurrent use.
type Queue struct {
	on     Statements
	queued []queued
	failed error
}

type queued struct {
	statement string
	args      []any
}

var _ Statements = (*Queue)(nil)

// NewQueue returns a queue of statements of an update, which is to end with Flush.
func NewQueue(s Statements) *Queue { return &Queue{on: s} }

// Add runs a statement, now or later: its failure is that of a later call at the latest, and in the end of Flush.
func (q *Queue) Add(ctx context.Context, statement string, args ...any) error {
	if _, batches := q.on.(batcher); !batches {
		_, err := q.on.ExecContext(ctx, statement, args...)
		return err
	}
	if q.queued = append(q.queued, queued{statement, args}); len(q.queued) < maxQueued {
		return nil
	}
	return q.Flush(ctx)
}

// Flush sends what is queued. After a failure it fails for good.
func (q *Queue) Flush(ctx context.Context) error {
	if q.failed == nil && len(q.queued) > 0 {
		if b, batches := q.on.(batcher); batches {
			q.failed = b.batch(ctx, q.queued)
		}
		q.queued = nil
	}
	return q.failed
}

// ExecContext implements Statements.
func (q *Queue) ExecContext(ctx context.Context, statement string, args ...any) (sql.Result, error) {
	if err := q.Flush(ctx); err != nil {
		return nil, err
	}
	return q.on.ExecContext(ctx, statement, args...)
}

// QueryContext implements Statements.
func (q *Queue) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if err := q.Flush(ctx); err != nil {
		return nil, err
	}
	return q.on.QueryContext(ctx, query, args...)
}

// QueryRowContext implements Statements.
func (q *Queue) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	_ = q.Flush(ctx) // if it fails the transaction is at its end: the query fails too, and Flush again
	return q.on.QueryRowContext(ctx, query, args...)
}

// batcher runs statements at once.
type batcher interface {
	batch(ctx context.Context, all []queued) error
}

// serverTx is a transaction of PostgreSQL on its connection.
type serverTx struct {
	*sql.Tx
	conn *sql.Conn
}

var _ batcher = (*serverTx)(nil)

func beginOnServer(ctx context.Context, db *sql.DB) (*serverTx, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("begin: %w", err), conn.Close())
	}
	return &serverTx{tx, conn}, nil
}

// end commits what was done, or undoes it if that failed.
func (t *serverTx) end(failed error) error {
	if failed != nil {
		return errors.Join(failed, ignoreDone(t.Rollback()), t.conn.Close())
	}
	if err := t.Commit(); err != nil {
		return errors.Join(fmt.Errorf("commit: %w", err), t.conn.Close())
	}
	return t.conn.Close()
}

func (t *serverTx) batch(ctx context.Context, all []queued) error {
	var b pgx.Batch
	for _, q := range all {
		b.Queue(q.statement, q.args...)
	}
	return t.conn.Raw(func(driver any) error {
		c, ok := driver.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("a connection of the driver is a %T", driver)
		}
		return c.Conn().SendBatch(ctx, &b).Close()
	})
}
