package leases

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/gateway/internal/database"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// MostPerIdentity is how many leases an identity has at most, those included that ended within forgetAfter.
const MostPerIdentity = 1024

// longest is the longest time for which a lease is given.
const longest = waymark.MaxLeaseSeconds * time.Second

// forgetAfter is how long a lease is kept that nobody has any more.
const forgetAfter = time.Minute

// Book is what callers do with leases. A lease is an identity's: others have none of it, and their own under the same name. It is safe
// for concurrent use, of several processes too.
//
// Codes of all its methods: Unavailable while the database does not answer.
type Book struct {
	db *database.DB
}

// NewBook returns the leases in a database of the kind database.Requests, which must be prepared before anything succeeds.
func NewBook(db *database.DB) *Book { return &Book{db: db} }

var errNotHeld = waymark.Errorf(waymark.NotFound, "this holder does not have that lease")

// Take makes a lease the holder's from now on, and renews it if it is already, which renewed says.
//
// Codes: AlreadyExists while another holder has it; ResourceExhausted past MostPerIdentity.
func (b *Book) Take(ctx context.Context, as ledger.Identity, r waymark.LeaseRequest) (l client.Lease, renewed bool, err error) {
	err = b.db.Update(ctx, func(ctx context.Context, tx database.Statements) error {
		if err := b.shorten(ctx, tx, as); err != nil {
			return err
		}
		was, err := b.row(ctx, tx, as, r.Name)
		if errors.Is(err, sql.ErrNoRows) {
			err = b.add(ctx, tx, as, r.Name)
		}
		if err != nil {
			return err
		}
		n, err := database.Exec(ctx, tx, `UPDATE caller_leases SET holder = $3, note = $4, ends_at = `+b.db.Now()+` + $5,
				term = CASE WHEN holder = $3 AND ends_at > `+b.db.Now()+` THEN term WHEN term >= `+b.db.Now()+` THEN term + 1 ELSE `+b.db.Now()+` END
			WHERE identity = $1 AND name = $2 AND (holder = $3 OR ends_at <= `+b.db.Now()+`)`,
			as, r.Name, r.Holder, r.Note, int64(r.Seconds)*1000)
		if err != nil {
			return err
		}
		if l, err = b.row(ctx, tx, as, r.Name); err == nil && n == 0 {
			err = waymark.Errorf(waymark.AlreadyExists, "%s has this lease until %s, unless it is renewed", l.Holder, l.Until.Format(time.RFC3339))
		}
		renewed = l.Term == was.Term
		return err
	})
	return l, renewed, database.Away(err)
}

// shorten gives leases that last longer than any does the longest time there is. They were given by a clock that was ahead and has been put right: nobody else would have
// them until it is so late again.
func (b *Book) shorten(ctx context.Context, tx database.Statements, as ledger.Identity) error {
	_, err := database.Exec(ctx, tx, `UPDATE caller_leases SET ends_at = `+b.db.Now()+` + $2 WHERE identity = $1 AND ends_at > `+b.db.Now()+` + $2`, as, longest.Milliseconds())
	return err
}

// add makes a row of a lease that nobody has, unless there are as many as may be. Of two who ask at once one waits for the other, by a
// row that nobody else changes.
func (b *Book) add(ctx context.Context, tx database.Statements, as ledger.Identity, name string) error {
	if _, err := database.Exec(ctx, tx, `UPDATE owner SET one = 1`); err != nil {
		return err
	}
	if _, err := database.Exec(ctx, tx, `DELETE FROM caller_leases WHERE identity = $1 AND ends_at <= `+b.db.Now()+` - $2`, as, forgetAfter.Milliseconds()); err != nil {
		return err
	}
	var all int
	if err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM caller_leases WHERE identity = $1`, as).Scan(&all); err != nil {
		return err
	}
	if all >= MostPerIdentity {
		return waymark.Errorf(waymark.ResourceExhausted, "this identity has %d leases, which is as many as it may: release some, or wait until they end", all)
	}
	_, err := database.Exec(ctx, tx, `INSERT INTO caller_leases (identity, name, holder, note, term, ends_at) VALUES ($1, $2, '', '', 0, 0) ON CONFLICT DO NOTHING`, as, name)
	return err
}

// Release ends a lease that the holder has, and returns it as it was.
//
// Codes: NotFound if the holder does not have it.
func (b *Book) Release(ctx context.Context, as ledger.Identity, r waymark.ReleaseRequest) (l client.Lease, err error) {
	err = b.db.Update(ctx, func(ctx context.Context, tx database.Statements) error {
		if l, err = b.row(ctx, tx, as, r.Name); err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		n, err := database.Exec(ctx, tx, `UPDATE caller_leases SET ends_at = `+b.db.Now()+` WHERE identity = $1 AND name = $2 AND holder = $3 AND ends_at > `+b.db.Now(),
			as, r.Name, r.Holder)
		if err == nil && n == 0 {
			err = errNotHeld
		}
		return err
	})
	return l, database.Away(err)
}

// columns are those of a lease.
const columns = `name, holder, note, term, ends_at`

func scan(row interface{ Scan(into ...any) error }) (l client.Lease, err error) {
	var endsAt int64
	err = row.Scan(&l.Name, &l.Holder, &l.Note, &l.Term, &endsAt)
	l.Until = time.UnixMilli(endsAt).UTC()
	return l, err
}

// row returns a lease, which may have ended, or sql.ErrNoRows.
func (b *Book) row(ctx context.Context, db database.Statements, as ledger.Identity, name string) (client.Lease, error) {
	return scan(db.QueryRowContext(ctx, `SELECT `+columns+` FROM caller_leases WHERE identity = $1 AND name = $2`, as, name))
}

// List returns the leases that are held now, of which there are MostPerIdentity at most.
func (b *Book) List(ctx context.Context, as ledger.Identity, q waymark.LeasesQuery) (list client.LeaseList, err error) {
	list.Leases = []client.Lease{}
	err = b.db.View(ctx, func(ctx context.Context, db database.Statements) error {
		rows, err := db.QueryContext(ctx, `SELECT `+columns+` FROM caller_leases
			WHERE identity = $1 AND substr(name, 1, $2) = $3 AND ends_at > `+b.db.Now(), as, len(q.Prefix), q.Prefix)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }() // rows.Err has said what there is to say
		for rows.Next() {
			l, err := scan(rows)
			if err != nil {
				return err
			}
			list.Leases = append(list.Leases, l)
		}
		return rows.Err()
	})
	slices.SortFunc(list.Leases, func(a, b client.Lease) int { return cmp.Compare(a.Name, b.Name) })
	return list, database.Away(err)
}
