package lease

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/waymark-ledger/waymark/gateway/internal/database"
	"github.com/waymark-ledger/waymark/gateway/internal/pause"
)

// ErrLost says that this process does not hold the lease any more.
var ErrLost = errors.New("another process has the lease now, or may have it")

// Lease is a right that one process at a time has, by its name in a database. A process has one Lease of a name, which
// it holds once at a time.
//
// In PostgreSQL the holder counts, and who has seen the count stand still for 2.5 s of its own clock takes the lease; at once
// if its holder left in order. A SQLite file is one process's at a time: whoever has its lock holds all its leases, and
// how ever that process ends the next one has them at once.
type Lease struct {
	db   *database.DB
	name string
	pace pace
}

// pace is how often a holder counts and the others look.
type pace struct {
	beat, look time.Duration
	// dead is how long a count must stand still for another to take the lease. One that could not
	// count for as long as lost, which is shorter, gives up by itself.
	lost, dead time.Duration
}

func usualPace() pace {
	return pace{beat: 500 * time.Millisecond, look: 250 * time.Millisecond, lost: 2 * time.Second, dead: 2500 * time.Millisecond}
}

// New returns a lease in a database, which must be prepared before it is held.
func New(db *database.DB, name string) *Lease { return &Lease{db: db, name: name, pace: usualPace()} }

// Hold waits for the lease, calls do, and gives the lease up. The context of do is done when ctx is, and when the lease is
// lost; do must return then.
//
// It returns what do does, with ErrLost if the lease was lost, and else the error of ctx or of the database, by which
// nothing was done. Who calls it again after a failure waits a while, so that another process has its turn.
func (l *Lease) Hold(ctx context.Context, do func(context.Context, Term) error) error {
	t, err := l.await(ctx)
	if err != nil {
		return err
	}
	defer t.release(ctx)
	held, end := context.WithCancelCause(ctx)
	var beating sync.WaitGroup
	if l.db.Shared() { // else nobody can take it
		beating.Go(func() { end(t.keep(held)) })
	}
	err = do(held, t)
	end(nil)
	beating.Wait()
	if lost := context.Cause(held); errors.Is(lost, ErrLost) {
		return errors.Join(lost, err)
	}
	return err
}

// state is a lease as its row says. The zero state is that of one that nobody ever held.
type state struct {
	holder string // of which term; empty if it was given up
	beat   int64
}

// sighting is a state and since when it has been seen, by this process's own clock.
type sighting struct {
	state
	since time.Time
}

// still is how long a state has stood, now that it is seen again.
func (s *sighting) still(is state, now time.Time) time.Duration {
	if s.since.IsZero() || s.state != is {
		*s = sighting{is, now}
	}
	return now.Sub(s.since)
}

// await returns once the lease is this process's.
func (l *Lease) await(ctx context.Context) (Term, error) {
	for seen := (sighting{}); ; {
		began := time.Now()
		is, err := l.look(ctx)
		if err != nil {
			return Term{}, err
		}
		free, err := l.free(is, &seen, began)
		if err != nil {
			return Term{}, err
		}
		if free {
			t := Term{lease: l, id: rand.Text(), began: began}
			if taken, err := t.take(ctx, is); taken || err != nil {
				return t, err
			}
		}
		if !pause.For(ctx, l.pace.look) {
			return Term{}, ctx.Err()
		}
	}
}

func (l *Lease) look(ctx context.Context) (is state, err error) {
	err = l.db.View(ctx, func(ctx context.Context, s database.Statements) error {
		return s.QueryRowContext(ctx, `SELECT holder, beat FROM leases WHERE name = $1`, l.name).Scan(&is.holder, &is.beat)
	})
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return is, fmt.Errorf("lease %s: %w", l.name, err)
	}
	return is, nil
}

// free reports whether the lease can be taken.
func (l *Lease) free(is state, seen *sighting, now time.Time) (bool, error) {
	if !l.db.Shared() {
		return l.db.Exclusive() //nolint:wrapcheck // it says all
	}
	return is.holder == "" || seen.still(is, now) >= l.pace.dead, nil
}
