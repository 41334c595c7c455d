package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
)

// Statements runs statements: within a transaction, or on what is committed. It is for a
// statement with $1 and so on for what differs, since each text is kept.
type Statements interface {
	ExecContext(ctx context.Context, statement string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Exec runs a statement and returns how many rows it changed.
func Exec(ctx context.Context, on Statements, statement string, args ...any) (int64, error) {
	done, err := on.ExecContext(ctx, statement, args...)
	if err != nil {
		return 0, err
	}
	return done.RowsAffected()
}

var _ = []Statements{(*sql.DB)(nil), (*sql.Tx)(nil), (*prepared)(nil)}

// maxPrepared bounds the statements that are kept ready on one connection.
const maxPrepared = 128

// prepared keeps ready whatever it has run once. Of short transactions of SQLite a third was
// reading the statements; the driver of PostgreSQL keeps them ready by itself.
type prepared struct {
	on interface {
		Statements
		PrepareContext(ctx context.Context, statement string) (*sql.Stmt, error)
	}
	mu    sync.Mutex
	ready map[string]*sql.Stmt
}

// statement returns nil for one that cannot be kept ready: run it as it is, which says why.
func (p *prepared) statement(ctx context.Context, text string) *sql.Stmt {
	p.mu.Lock()
	known, full := p.ready[text], len(p.ready) >= maxPrepared
	p.mu.Unlock()
	if known != nil || full {
		return known
	}
	s, err := p.on.PrepareContext(ctx, text)
	if err != nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if known := p.ready[text]; known != nil { // another was faster
		_ = s.Close()
		return known
	}
	if p.ready == nil {
		p.ready = make(map[string]*sql.Stmt)
	}
	p.ready[text] = s
	return s
}

func (p *prepared) ExecContext(ctx context.Context, statement string, args ...any) (sql.Result, error) {
	if s := p.statement(ctx, statement); s != nil {
		return s.ExecContext(ctx, args...)
	}
	return p.on.ExecContext(ctx, statement, args...)
}

func (p *prepared) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if s := p.statement(ctx, query); s != nil {
		return s.QueryContext(ctx, args...)
	}
	return p.on.QueryContext(ctx, query, args...)
}

func (p *prepared) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if s := p.statement(ctx, query); s != nil {
		return s.QueryRowContext(ctx, args...)
	}
	return p.on.QueryRowContext(ctx, query, args...)
}

func (p *prepared) forget() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all error
	for _, s := range p.ready {
		all = errors.Join(all, s.Close())
	}
	clear(p.ready)
	return all
}

// session is one connection with its statements ready.
type session struct {
	prepared
	conn   *sql.Conn
	broken bool // it is not to be used again
}

func newSession(ctx context.Context, db *sql.DB) (*session, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	return &session{prepared: prepared{on: conn}, conn: conn}, nil
}

func (s *session) close() error { return errors.Join(s.forget(), s.conn.Close()) }
