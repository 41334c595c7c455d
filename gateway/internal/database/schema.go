package database

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/pressly/goose/v3"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// migrations are in SQL that both databases take, but for what translated leaves out: BYTEA is a
// column without conversion of bytes in SQLite, and $1 a parameter in both.
//
//go:embed migrations/*/*.sql
var migrations embed.FS

// ModelVersion is that of what a gateway writes into a Model. Whoever changes what is made of a block, or adds an event, adds one, or a migration: a
// Model of less is made anew, and one of more is not fed and tells nothing, as while gateways are replaced one by one.
const ModelVersion = 4

var (
	errOtherVersion = waymark.Errorf(waymark.Unavailable, "the read model was made by another version of the gateway: gateway model rebuild makes it anew for this one")
	errNoVersion    = waymark.Errorf(waymark.Unavailable, "the tables of the read model are being made: retry later")
)

// CheckModel fails with Unavailable for a Model that is of another version than this gateway's, or of none yet.
func CheckModel(version int64) error {
	switch version {
	case ModelVersion:
		return nil
	case 0:
		return errNoVersion
	}
	return errOtherVersion
}

// migrate lets one of several gateways that start at once change the schema.
func (d *DB) migrate(ctx context.Context) error {
	return d.alone(ctx, func() error {
		if err := d.clear(ctx); err != nil {
			return err
		}
		return d.create(ctx)
	})
}

// alone changes the schema while no other process does.
func (d *DB) alone(ctx context.Context, change func() error) error {
	unlock, err := d.lockSchema(ctx)
	if err != nil {
		return err
	}
	return errors.Join(change(), unlock())
}

// clear drops the tables of a Model that are of an earlier version than this one, if they are the owner's: it is made
// anew of the ledger, and so nothing has to change what is there.
func (d *DB) clear(ctx context.Context) error {
	if d.kind != Model {
		return nil
	}
	old, err := d.outdated(ctx)
	if err != nil || !old {
		return err
	}
	if err := d.claim(ctx); err != nil {
		return err
	}
	return d.drop(ctx)
}

// outdated reports whether a Model is of an earlier version. It fails with Unavailable if it is of a later one.
func (d *DB) outdated(ctx context.Context) (bool, error) {
	p, err := d.provider()
	if err != nil {
		return false, err
	}
	all, err := p.Status(ctx)
	if err != nil {
		return false, fmt.Errorf("migrations: %w", err)
	}
	in := func(state goose.State) bool {
		return slices.ContainsFunc(all, func(m *goose.MigrationStatus) bool { return m.State == state })
	}
	switch {
	case !in(goose.StateApplied): // there is none
		return false, nil
	case in(goose.StatePending):
		return true, nil
	}
	var version int64
	if err := d.write.QueryRowContext(ctx, "SELECT version FROM checkpoint").Scan(&version); err != nil {
		return false, fmt.Errorf("version: %w", err)
	}
	if version > ModelVersion {
		return false, errOtherVersion
	}
	return version < ModelVersion, nil
}

// create brings the tables up to date.
func (d *DB) create(ctx context.Context) error {
	p, err := d.provider()
	if err != nil {
		return err
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if d.kind != Model {
		return nil
	}
	if _, err := d.write.ExecContext(ctx, "UPDATE checkpoint SET version = $1 WHERE version = 0", ModelVersion); err != nil {
		return fmt.Errorf("version: %w", err)
	}
	return nil
}

// provider knows the migrations. It remembers what there is: one that was made before drop is of no use behind it.
func (d *DB) provider() (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations/"+string(d.kind))
	if err != nil {
		return nil, fmt.Errorf("migrations: %w", err)
	}
	if d.Shared() {
		files = translated{files}
	}
	p, err := goose.NewProvider(d.dialect, d.write, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return nil, fmt.Errorf("migrations: %w", err)
	}
	return p, nil
}

// drop drops all tables. That takes as long as the disk needs for it: SQLite does it page by page.
func (d *DB) drop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), clearTimeout)
	defer cancel()
	tx, err := d.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	if err := dropAll(ctx, tx, d.Shared()); err != nil {
		return errors.Join(err, ignoreDone(tx.Rollback()))
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

func dropAll(ctx context.Context, tx *sql.Tx, onServer bool) error {
	query := `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'`
	if onServer {
		query = `SELECT tablename FROM pg_tables WHERE schemaname = current_schema()`
	}
	names, err := namesOf(tx.QueryContext(ctx, query))
	if err != nil {
		return fmt.Errorf("tables: %w", err)
	}
	for _, name := range names {
		if _, err := tx.ExecContext(ctx, `DROP TABLE "`+strings.ReplaceAll(name, `"`, `""`)+`"`); err != nil {
			return fmt.Errorf("drop table: %w", err)
		}
	}
	return nil
}

func namesOf(rows *sql.Rows, err error) (names []string, _ error) {
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // rows.Err has said what there is to say
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, rows.Err()
}

// Empty makes a Model anew, whatever is in it, also before Prepare has succeeded, which it replaces: nothing in it is not on the ledger. A file of
// SQLite that no gateway uses is replaced, also one that cannot be read. It fails for another member's or channel's, as far as that can be told.
func (d *DB) Empty(ctx context.Context) error {
	if d.kind != Model {
		return errors.New("what callers were told is not to be emptied")
	}
	removed, err := d.remove(ctx)
	if err != nil {
		return err
	}
	if !removed {
		err = d.alone(ctx, func() error {
			if err := d.notAnothers(ctx); err != nil {
				return err
			}
			if err := d.drop(ctx); err != nil {
				return err
			}
			return d.create(ctx)
		})
	}
	switch {
	case err != nil:
		return err
	case d.prepared.Load():
		return d.claim(ctx)
	}
	return d.Prepare(ctx)
}

// remove removes the files of SQLite if no other process has them open, nor this one yet.
func (d *DB) remove(ctx context.Context) (bool, error) {
	if d.Shared() || d.prepared.Load() {
		return false, nil
	}
	free, err := d.Exclusive()
	if err != nil || !free {
		return false, err
	}
	if err := CheckOwner(ctx, d.path, d.owner); err != nil {
		return false, err
	}
	for _, suffix := range []string{"", logSuffix, "-shm"} { // without a database the log is of none
		if err := os.Remove(d.path + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return false, fmt.Errorf("remove: %w", err)
		}
	}
	return true, nil
}

// notAnothers fails if the database says that it is another's.
func (d *DB) notAnothers(ctx context.Context) error {
	var found *fault
	if err := compare(d.write.QueryRowContext(ctx, ownerQuery), owner{member: d.owner.Member, channel: d.owner.Channel}); errors.As(err, &found) {
		return err
	}
	return nil
}
