package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"
)

// maxGroup bounds the updates that one sync serves.
const maxGroup = 256

var errClosed = errors.New("the database is closed")

// writer makes one commit, and so one sync of the disk, of all updates that arrive while the
// one before is under way. Each is in a savepoint of its own and costs no other its place.
type writer struct {
	db      *sql.DB
	intact  func(context.Context) error // whether what was committed will be found
	updates chan *update
	stop    chan struct{}
	stopped chan struct{}
}

type update struct {
	do     func(context.Context, *sql.Tx) error
	taken  atomic.Bool // by the writer, or by a caller who does not wait any more
	result chan error  // of one
}

func newWriter(db *sql.DB, intact func(context.Context) error) *writer {
	w := &writer{db: db, intact: intact, updates: make(chan *update), stop: make(chan struct{}), stopped: make(chan struct{})}
	go w.run()
	return w
}

// close ends the writer after the group that it has.
func (w *writer) close() {
	close(w.stop)
	<-w.stopped
}

// update queues do. Once the writer has begun it the caller waits for the end of its group,
// which is bounded, so that it knows what became of it.
func (w *writer) update(ctx context.Context, do func(context.Context, *sql.Tx) error) error {
	u := &update{do: do, result: make(chan error, 1)}
	select {
	case w.updates <- u:
	case <-ctx.Done():
		return ctx.Err()
	case <-w.stopped:
		return errClosed
	}
	select {
	case err := <-u.result:
		return err
	case <-ctx.Done():
		if u.taken.CompareAndSwap(false, true) {
			return ctx.Err()
		}
		return <-u.result
	}
}

func (w *writer) run() {
	defer close(w.stopped)
	for {
		select {
		case first := <-w.updates:
			w.commit(w.gather(first))
		case <-w.stop:
			return
		}
	}
}

// gather adds the updates that are waiting already.
func (w *writer) gather(first *update) []*update {
	group := []*update{first}
	for len(group) < maxGroup {
		select {
		case next := <-w.updates:
			group = append(group, next)
		default:
			return group
		}
	}
	return group
}

// commit answers each update of a group.
func (w *writer) commit(group []*update) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	results := make([]error, len(group))
	err := w.within(ctx, func(tx *sql.Tx) error {
		for i, u := range group {
			if u.taken.CompareAndSwap(false, true) {
				results[i] = inSavepoint(ctx, tx, u.do)
			}
		}
		return nil
	})
	if err == nil {
		err = w.intact(ctx)
	}
	for i, u := range group {
		if err != nil && results[i] == nil {
			results[i] = err
		}
		u.result <- results[i]
	}
}

func (w *writer) within(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := w.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	if err := do(tx); err != nil {
		return errors.Join(err, ignoreDone(tx.Rollback()))
	}
	if err := tx.Commit(); err != nil {
		return errors.Join(fmt.Errorf("commit: %w", err), ignoreDone(tx.Rollback()))
	}
	return nil
}

// inSavepoint runs do so that its failure leaves the rest of the transaction as it is.
func inSavepoint(ctx context.Context, tx *sql.Tx, do func(context.Context, *sql.Tx) error) error {
	if _, err := tx.ExecContext(ctx, "SAVEPOINT one"); err != nil {
		return fmt.Errorf("savepoint: %w", err)
	}
	failed := do(ctx, tx)
	if failed != nil {
		if _, err := tx.ExecContext(ctx, "ROLLBACK TO one"); err != nil {
			return errors.Join(failed, err)
		}
	}
	if _, err := tx.ExecContext(ctx, "RELEASE one"); err != nil {
		return errors.Join(failed, fmt.Errorf("release savepoint: %w", err))
	}
	return failed
}
