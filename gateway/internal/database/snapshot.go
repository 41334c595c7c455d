package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/pressly/goose/v3"
)

// Snapshot runs do with what reads, all of it as it was committed at one moment.
func (d *DB) Snapshot(ctx context.Context, do func(context.Context, Statements) error) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return d.Pinned(ctx, do)
}

// Pinned is Snapshot for as long as ctx lasts. Meanwhile nothing that is replaced is cleared away. Callers have them in turn, as those of
// a peer.
func (d *DB) Pinned(ctx context.Context, do func(context.Context, Statements) error) error {
	if err := d.ready(); err != nil {
		return err
	}
	turn, err := d.turns.Take(ctx)
	if err != nil {
		return err
	}
	defer turn.Leave()
	if d.dialect == goose.DialectPostgres {
		tx, err := d.read.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
		if err != nil {
			return fmt.Errorf("begin: %w", err)
		}
		defer func() { _ = tx.Rollback() }() // nothing was written
		return do(ctx, tx)
	}
	s, err := d.readers.take(ctx)
	if err != nil {
		return err
	}
	defer d.readers.give(s)
	if _, err := s.ExecContext(ctx, "BEGIN"); err != nil {
		s.broken = true
		return fmt.Errorf("begin: %w", err)
	}
	defer func() {
		if _, err := s.ExecContext(context.WithoutCancel(ctx), "ROLLBACK"); err != nil {
			s.broken = true
		}
	}()
	return do(ctx, s)
}

// readers are connections that keep their statements ready.
type readers struct {
	db   *sql.DB
	free chan *session // each place holds a connection, or nil for one that is not open
}

func newReaders(db *sql.DB, n int) *readers {
	r := &readers{db: db, free: make(chan *session, n)}
	for range n {
		r.free <- nil
	}
	return r
}

// take waits for a connection.
func (r *readers) take(ctx context.Context) (*session, error) {
	select {
	case s := <-r.free:
		if s != nil {
			return s, nil
		}
		s, err := newSession(ctx, r.db)
		if err != nil {
			r.free <- nil
		}
		return s, err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (r *readers) give(s *session) {
	if s.broken {
		_ = s.close() // it is made anew
		s = nil
	}
	r.free <- s
}

func (r *readers) close() error {
	var all error
	for range cap(r.free) {
		if s := <-r.free; s != nil {
			all = errors.Join(all, s.close())
		}
	}
	return all
}
