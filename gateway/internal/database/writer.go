package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

const (
	// maxGroup bounds the updates that one sync serves.
	maxGroup = 256
	// maxDelay is how long a note waits for an update that it can be committed with.
	maxDelay = 50 * time.Millisecond
)

var (
	errClosed = errors.New("the database is closed")
	errSlow   = errors.New("the disk is slow: it is not known whether this was written")
)

// writer makes one commit, and so one sync of the disk, of all updates that arrive while the
// one before is under way. Each is in a savepoint of its own and costs no other its place.
type writer struct {
	db      *sql.DB
	intact  func(context.Context) error // whether what was committed will be found
	delay   time.Duration               // maxDelay
	updates chan *update
	stop    chan struct{}
	stopped chan struct{}
	session *session // of run alone; nil until it is needed
}

type update struct {
	do     func(context.Context, Statements) error
	note   bool        // it can wait for others
	taken  atomic.Bool // by the writer, or by a caller who does not wait any more
	result chan error  // of one
}

func newWriter(db *sql.DB, intact func(context.Context) error) *writer {
	return startWriter(db, intact, maxDelay)
}

func startWriter(db *sql.DB, intact func(context.Context) error, delay time.Duration) *writer {
	w := &writer{
		db: db, intact: intact, delay: delay, updates: make(chan *update), stop: make(chan struct{}), stopped: make(chan struct{}),
	}
	go w.run()
	return w
}

// close ends the writer after the group that it has.
func (w *writer) close() error {
	close(w.stop)
	<-w.stopped
	return w.leave()
}

// update queues do. Once the writer has begun it the caller waits a while longer for the end of its
// group, so that it knows what became of it.
func (w *writer) update(ctx context.Context, u *update) error {
	u.result = make(chan error, 1)
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
	}
	select {
	case err := <-u.result:
		return err
	case <-time.After(timeout):
		return errSlow
	}
}

// run commits group after group. Notes alone are held until one that is none comes, or they
// have waited long enough.
func (w *writer) run() {
	defer close(w.stopped)
	var held []*update
	delay := time.NewTimer(w.delay)
	defer delay.Stop()
	for {
		select {
		case first := <-w.updates:
			if held = append(held, first); first.note && len(held) < maxGroup {
				if len(held) == 1 {
					delay.Reset(w.delay)
				}
				continue
			}
		case <-delay.C:
			if len(held) == 0 {
				continue
			}
		case <-w.stop:
			w.commit(held)
			return
		}
		w.commit(w.gather(held))
		held = nil
	}
}

// gather adds the updates that are waiting already.
func (w *writer) gather(group []*update) []*update {
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

// commit answers each update of a group. What takes long is bounded by the database's own
// timeout of a lock: a statement that has begun is not interrupted.
func (w *writer) commit(group []*update) {
	group = taken(group)
	if len(group) == 0 {
		return
	}
	ctx := context.Background()
	results := make([]error, len(group))
	err := w.within(ctx, func(s Statements) (err error) {
		if len(group) == 1 { // its failure takes nothing from others
			return group[0].do(ctx, s)
		}
		for i, u := range group {
			if results[i], err = inSavepoint(ctx, s, u.do); err != nil {
				return err // nothing of the group is written
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

// taken leaves out those whose callers have gone.
func taken(group []*update) (there []*update) {
	for _, u := range group {
		if u.taken.CompareAndSwap(false, true) {
			there = append(there, u)
		}
	}
	return there
}

func (w *writer) enter(ctx context.Context) (*session, error) {
	if w.session != nil {
		return w.session, nil
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var err error
	w.session, err = newSession(ctx, w.db)
	return w.session, err
}

func (w *writer) leave() error {
	if w.session == nil {
		return nil
	}
	err := w.session.close()
	w.session = nil
	return err
}

// within makes one transaction of do. After a failure of the database itself the connection is
// made anew.
func (w *writer) within(ctx context.Context, do func(Statements) error) error {
	s, err := w.enter(ctx)
	if err != nil {
		return err
	}
	if _, err := s.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return errors.Join(fmt.Errorf("begin: %w", err), w.leave())
	}
	if err := do(s); err != nil {
		return errors.Join(err, w.undo(ctx, s))
	}
	if _, err := s.ExecContext(ctx, "COMMIT"); err != nil {
		return errors.Join(fmt.Errorf("commit: %w", err), w.undo(ctx, s))
	}
	return nil
}

func (w *writer) undo(ctx context.Context, s *session) error {
	if _, err := s.ExecContext(ctx, "ROLLBACK"); err != nil { // as when SQLite has undone it itself
		return w.leave()
	}
	return nil
}

// inSavepoint runs do so that its failure leaves the rest of the transaction as it is. It fails itself where that
// cannot be, as when SQLite has undone the transaction on a full disk.
func inSavepoint(ctx context.Context, s Statements, do func(context.Context, Statements) error) (failed, err error) {
	if _, err := s.ExecContext(ctx, "SAVEPOINT one"); err != nil {
		return nil, fmt.Errorf("savepoint: %w", err)
	}
	failed = do(ctx, s)
	if failed != nil {
		if _, err := s.ExecContext(ctx, "ROLLBACK TO one"); err != nil {
			return failed, errors.Join(failed, fmt.Errorf("roll back to savepoint: %w", err))
		}
	}
	if _, err := s.ExecContext(ctx, "RELEASE one"); err != nil {
		return failed, fmt.Errorf("release savepoint: %w", err)
	}
	return failed, nil
}
