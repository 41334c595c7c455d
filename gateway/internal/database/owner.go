package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Owner is whose a database is: what one member's gateways keep of one ledger is nothing that
// another's could answer with, or bring to an end.
type Owner struct {
	Member, Channel string
	// Ledger returns what tells the ledger from others whose channel has the same name, such as
	// the hash of its first block, or nothing where that cannot be known. It fails while
	// that is not known yet. Nil if it never is.
	Ledger func(context.Context) (string, error)
}

// ErrLedgerUnknown is why a database is not prepared yet: it is not known for which ledger.
var ErrLedgerUnknown = waymark.Errorf(waymark.Unavailable, "it is not known yet which ledger this is, since no peer says so: nothing can be kept")

// owner is the row of it.
type owner struct{ member, channel, ledger string }

func (o owner) String() string {
	if o.ledger == "" {
		return fmt.Sprintf("member %q, channel %q", o.member, o.channel)
	}
	return fmt.Sprintf("member %q, channel %q, ledger %s", o.member, o.channel, o.ledger)
}

// is reports whether two are the same, as far as is known.
func (o owner) is(other owner) bool {
	return o.member == other.member && o.channel == other.channel &&
		(o.ledger == other.ledger || o.ledger == "" || other.ledger == "")
}

// claim makes the database this gateway's if it is nobody's, and fails if it is another's.
func (d *DB) claim(ctx context.Context) error {
	mine := owner{member: d.owner.Member, channel: d.owner.Channel}
	if err := d.sign(ctx, mine); err != nil { // another's is told also while no peer answers
		return err
	}
	if d.owner.Ledger != nil {
		within, cancel := context.WithTimeout(ctx, ledgerTimeout)
		defer cancel()
		var err error
		if mine.ledger, err = d.owner.Ledger(within); err != nil {
			return fmt.Errorf("%w: %w", ErrLedgerUnknown, err)
		}
		if err := d.sign(ctx, mine); err != nil {
			return err
		}
	}
	d.claimed = mine
	return nil
}

// AskLedger asks anew which ledger this is, for it can be replaced under a gateway that runs: Prepare
// tells of it. Where nobody answers nothing has changed.
func (d *DB) AskLedger(ctx context.Context) {
	if d.owner.Ledger == nil {
		return
	}
	within, cancel := context.WithTimeout(ctx, ledgerTimeout)
	defer cancel()
	if ledger, err := d.owner.Ledger(within); err == nil {
		d.served.Store(&ledger)
	}
}

// replaced fails if the ledger is not the one that it was when the database was claimed for it.
func (d *DB) replaced() error {
	ledger := d.served.Load()
	if ledger == nil {
		return nil
	}
	now := d.claimed
	now.ledger = *ledger
	return compareWith(d.claimed, now)
}

// sign writes the row, or what of it is not known yet.
func (d *DB) sign(ctx context.Context, mine owner) error {
	tx, err := d.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	if err := sign(ctx, tx, mine); err != nil {
		return errors.Join(err, ignoreDone(tx.Rollback()))
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

func sign(ctx context.Context, tx *sql.Tx, mine owner) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO owner (one, member, channel, ledger) VALUES (1, $1, $2, $3) ON CONFLICT (one) DO NOTHING`,
		mine.member, mine.channel, mine.ledger)
	if err != nil {
		return fmt.Errorf("owner: %w", err)
	}
	if err := compare(tx.QueryRowContext(ctx, ownerQuery), mine); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `UPDATE owner SET ledger = $1 WHERE ledger = ''`, mine.ledger); err != nil {
		return fmt.Errorf("owner: %w", err)
	}
	return nil
}

const ownerQuery = `SELECT member, channel, ledger FROM owner`

// compare holds the row against whose it should be.
func compare(row *sql.Row, mine owner) error {
	var found owner
	if err := row.Scan(&found.member, &found.channel, &found.ledger); err != nil {
		return fmt.Errorf("owner: %w", err)
	}
	return compareWith(found, mine)
}

func compareWith(found, mine owner) error {
	if !found.is(mine) {
		return faultOf("the database is that of another member, channel or ledger: nothing can be kept",
			fmt.Errorf("it is of %s, and this gateway of %s", found, mine))
	}
	return nil
}

// CheckOwner fails if the SQLite database at path is another's, as far as that can be told
// without a change of anything: it may be in use. It does not ask which ledger the owner has.
func CheckOwner(ctx context.Context, path string, by Owner) error {
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return nil // where there is none it is nobody's
	}
	dsn := dsnOf(path, url.Values{"mode": {"ro"}, "immutable": {"1"}})
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	err = compare(db.QueryRowContext(ctx, ownerQuery), owner{member: by.Member, channel: by.Channel})
	closed := db.Close()
	var found *fault
	if errors.As(err, &found) {
		return err
	}
	return closed // of one that is not this version's, or is being written, nothing can be told
}

// fault is what is wrong with a database that answers. While there is one, nothing of it counts.
type fault struct {
	told  *waymark.Error // Unavailable; to strangers too
	cause error
}

func faultOf(told string, cause error) *fault {
	return &fault{told: waymark.Errorf(waymark.Unavailable, "%s", told), cause: cause}
}

func (f *fault) Error() string { return f.told.Message + ": " + f.cause.Error() }

func (f *fault) Unwrap() []error { return []error{f.told, f.cause} }
