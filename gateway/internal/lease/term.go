package lease

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/waymark-ledger/waymark/gateway/internal/database"
	"github.com/waymark-ledger/waymark/gateway/internal/pause"
)

// Term is one time that a process holds a lease.
type Term struct {
	lease *Lease
	id    string    // of no other term
	began time.Time // before it was the holder's
}

// Fence fails with ErrLost unless the lease is still held in this term, and keeps others from taking it until the
// transaction that s is of has ended: what the transaction writes nobody wrote who had lost the lease.
func (t Term) Fence(ctx context.Context, s database.Statements) error {
	done, err := s.ExecContext(ctx, `UPDATE leases SET beat = beat + 1 WHERE name = $1 AND holder = $2`, t.lease.name, t.id)
	if err != nil {
		return fmt.Errorf("lease %s: %w", t.lease.name, err)
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		return errors.Join(ErrLost, err)
	}
	return nil
}

// take makes the lease this term's, if it is still as it was seen.
func (t Term) take(ctx context.Context, is state) (taken bool, err error) {
	err = t.lease.db.Update(ctx, func(ctx context.Context, s database.Statements) error {
		done, err := s.ExecContext(ctx, `INSERT INTO leases (name, holder, beat) VALUES ($1, $2, 1)
			ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, beat = leases.beat + 1 WHERE leases.holder = $3 AND leases.beat = $4`,
			t.lease.name, t.id, is.holder, is.beat)
		if err != nil {
			return fmt.Errorf("take lease %s: %w", t.lease.name, err)
		}
		n, err := done.RowsAffected()
		taken = n > 0
		return err //nolint:wrapcheck // no driver of ours fails here
	})
	return taken && err == nil, err
}

// keep counts until ctx is done, and returns ErrLost once it cannot.
func (t Term) keep(ctx context.Context) error {
	counted := t.began
	for pause.For(ctx, t.lease.pace.beat) {
		began := time.Now()
		switch err := t.beat(ctx, counted.Add(t.lease.pace.lost)); {
		case err == nil:
			counted = began
		case errors.Is(err, ErrLost):
			return err
		case time.Since(counted) >= t.lease.pace.lost:
			return fmt.Errorf("%w: %w", ErrLost, err)
		}
	}
	return nil
}

func (t Term) beat(ctx context.Context, until time.Time) error {
	ctx, cancel := context.WithDeadline(ctx, until)
	defer cancel()
	return t.lease.db.Update(ctx, t.Fence)
}

// releaseTimeout bounds how long giving a lease up may take. It is taken from whoever does not.
const releaseTimeout = time.Second

// release gives the lease up, also when ctx is done.
func (t Term) release(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTimeout)
	defer cancel()
	_ = t.lease.db.Update(ctx, func(ctx context.Context, s database.Statements) error { // see above
		_, err := s.ExecContext(ctx, `UPDATE leases SET holder = '' WHERE name = $1 AND holder = $2`, t.lease.name, t.id)
		return err
	})
}
