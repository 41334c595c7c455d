package database

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/share"
)

var errAway = waymark.Errorf(waymark.Unavailable, "the gateway's database does not answer: retry later")

// Away is err as a caller may be told it: Unavailable, if it has no code of its own.
func Away(err error) error {
	var coded *waymark.Error
	if err == nil || errors.As(err, &coded) {
		return err
	}
	return fmt.Errorf("%w: %w", errAway, err)
}

// errUnprepared is what is said before Prepare has succeeded.
var errUnprepared = waymark.Errorf(waymark.Unavailable, "the gateway's database is not prepared yet: retry later")

// DB is an open database. It is safe for concurrent use. Close it when done.
type DB struct {
	dialect goose.Dialect
	read    *sql.DB
	view    Statements   // on read
	turns   *share.Turns // of snapshots
	readers *readers     // of SQLite
	kind    Kind
	write   *sql.DB
	writer  *writer // of SQLite; nil for PostgreSQL, which groups commits by itself
	path    string  // of SQLite
	locking sync.Mutex
	lock    *os.File  // of Exclusive; it needs locking
	holder  *sql.Conn // of SQLite: as long as it is open the log stays the file that it is
	owner   Owner
	files   atomic.Pointer[files] // of SQLite

	preparing chan struct{}          // of one place, for who changes the schema
	claimed   owner                  // set before prepared
	served    atomic.Pointer[string] // the ledger that was found since then; nil before
	prepared  atomic.Bool
	fault     atomic.Pointer[fault] // found since then
}

// Open opens a database. It fails on a configuration that can never work, and does not wait
// for a server.
func Open(c Config) (*DB, error) {
	percent := cmp.Or(c.CallerPercent, 50)
	if c.PostgresFile != "" {
		db, err := openPostgres(c.PostgresFile, c.Kind)
		if err != nil {
			return nil, err
		}
		return &DB{dialect: goose.DialectPostgres, read: db, view: db, write: db, kind: c.Kind, owner: c.Owner, preparing: make(chan struct{}, 1),
			turns: share.NewTurns(maxOnServer, percent)}, nil
	}
	write, read, err := openSQLite(c.SQLite, c.Kind, newClock())
	if err != nil {
		return nil, err
	}
	d := &DB{
		dialect: goose.DialectSQLite3, read: read, view: &prepared{on: read}, readers: newReaders(read, maxSnapshots), write: write,
		kind: c.Kind, path: c.SQLite, owner: c.Owner,
		preparing: make(chan struct{}, 1), turns: share.NewTurns(maxSnapshots, percent),
	}
	d.writer = newWriter(write, d.intact)
	return d, nil
}

// Prepare connects, brings the schema up to date and makes the database its owner's the first
// time that it can. Until it has succeeded once nothing else does. It serves as a check too: what
// it finds wrong with a database that answers stops all else, until it finds that right.
//
// It fails with Unavailable, which may be told to anybody, for such a fault, and as
// ErrLedgerUnknown while that is so; else with what the database said.
func (d *DB) Prepare(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*timeout)
	defer cancel()
	if d.prepared.Load() {
		return d.recheck(ctx)
	}
	select {
	case d.preparing <- struct{}{}:
		defer func() { <-d.preparing }()
	case <-ctx.Done():
		return fmt.Errorf("the database is being prepared: %w", ctx.Err())
	}
	if d.prepared.Load() {
		return nil
	}
	if err := d.fit(ctx); err != nil {
		return err
	}
	if err := d.migrate(ctx); err != nil {
		return err
	}
	if err := d.claim(ctx); err != nil {
		return err
	}
	if err := d.hold(ctx); err != nil {
		return err
	}
	d.prepared.Store(true)
	return nil
}

// recheck looks whether what Prepare found is still so.
func (d *DB) recheck(ctx context.Context) error {
	err := d.sound(ctx)
	if err == nil {
		err = errors.Join(compare(d.read.QueryRowContext(ctx, ownerQuery), d.claimed), d.replaced())
	}
	var found *fault
	if errors.As(err, &found) || err == nil {
		d.fault.Store(found)
	}
	return err
}

// sound fails if what is committed may be lost.
func (d *DB) sound(ctx context.Context) error {
	if d.dialect == goose.DialectPostgres {
		return d.durable(ctx)
	}
	return d.intact(ctx)
}

// hold remembers the files of SQLite, and keeps them open. What has been written so far is, if it
// can be, brought into the database itself, where CheckOwner finds it.
func (d *DB) hold(ctx context.Context) error {
	if d.dialect == goose.DialectPostgres || d.holder != nil {
		return nil
	}
	holder, err := d.read.Conn(ctx)
	if err != nil {
		return fmt.Errorf("hold the database: %w", err)
	}
	err = compare(holder.QueryRowContext(ctx, ownerQuery), d.claimed) // reads, and so opens the log
	if err == nil {
		_ = checkpoint(ctx, holder) // with a full disk it fails, and the log is read all the same
	}
	found, failed := filesOf(d.path)
	if err = errors.Join(err, failed); err != nil {
		return errors.Join(err, holder.Close())
	}
	d.holder = holder
	d.files.Store(found)
	return nil
}

// fit makes the file of SQLite so that nobody else reads what callers were answered, and what
// SQLite puts beside it likewise; of PostgreSQL it asks whether a commit is one.
func (d *DB) fit(ctx context.Context) error {
	if d.dialect == goose.DialectPostgres {
		return d.durable(ctx)
	}
	if _, err := os.Stat(d.path); err == nil {
		return nil // to close what was opened of it would end the locks that SQLite has on it
	}
	file, err := os.OpenFile(d.path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("database file: %w", err)
	}
	return file.Close()
}

func (d *DB) ready() error {
	if !d.prepared.Load() {
		return errUnprepared
	}
	if f := d.fault.Load(); f != nil {
		return f
	}
	return nil
}

// Update runs do in a transaction and returns once it is committed and synced. When do fails
// nothing of it is written, and its error is returned. After any other error it is not known
// whether it was committed.
func (d *DB) Update(ctx context.Context, do func(context.Context, Statements) error) error {
	return d.commit(ctx, &update{do: do}, timeout)
}

// UpdateWithin is Update of much, that is bounded by so long a time.
func (d *DB) UpdateWithin(ctx context.Context, within time.Duration, do func(context.Context, Statements) error) error {
	return d.commit(ctx, &update{do: do}, within)
}

// Note is Update for what nobody waits for: it may be a little later, so that it is committed
// with another update and costs no sync of its own.
func (d *DB) Note(ctx context.Context, do func(context.Context, Statements) error) error {
	return d.commit(ctx, &update{do: do, note: true}, timeout)
}

func (d *DB) commit(ctx context.Context, u *update, within time.Duration) error {
	if err := d.ready(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	if d.writer != nil {
		return d.writer.update(ctx, u)
	}
	tx, err := beginOnServer(ctx, d.write)
	if err != nil {
		return err
	}
	return tx.end(u.do(ctx, tx))
}

// View runs do with what reads. It sees everything that was committed before.
func (d *DB) View(ctx context.Context, do func(context.Context, Statements) error) error {
	if err := d.ready(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return do(ctx, d.view)
}

// Close ends the connections. Nothing may be running.
func (d *DB) Close() error {
	if d.writer == nil {
		return d.read.Close()
	}
	err := errors.Join(d.writer.close(), d.readers.close())
	if d.holder != nil {
		err = errors.Join(err, d.holder.Close())
	}
	err = errors.Join(err, d.read.Close(), d.write.Close())
	if d.lock != nil {
		err = errors.Join(err, d.lock.Close())
	}
	return err
}

// ignoreDone drops the complaint that a transaction has ended by itself.
func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}
