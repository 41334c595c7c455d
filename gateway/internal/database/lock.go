package database

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"github.com/waymark-ledger/waymark/gateway/internal/pause"
)

// Shared reports whether several processes have this database open by design. A SQLite file is one process's, and
// Exclusive says whether it is this one's.
func (d *DB) Shared() bool { return d.dialect == goose.DialectPostgres }

// Exclusive reports whether no other process can have this database open that asked so too: it
// holds a lock beside the file from here on, until Close or the end of the process, however it
// ends. A PostgreSQL database is always shared.
func (d *DB) Exclusive() (bool, error) {
	d.locking.Lock()
	defer d.locking.Unlock()
	if d.path == "" || d.lock != nil {
		return d.lock != nil, nil
	}
	file, err := os.OpenFile(d.path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return false, fmt.Errorf("lock: %w", err)
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err != nil {
		closed := file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return false, closed
		}
		return false, errors.Join(fmt.Errorf("lock: %w", err), closed)
	}
	d.lock = file
	return true, nil
}

// lockSchema waits until no other process changes the schema.
func (d *DB) lockSchema(ctx context.Context) (unlock func() error, err error) {
	if !d.Shared() {
		return lockFolder(ctx, d.path)
	}
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 60)) // look every second: Prepare does not wait five
	if err != nil {
		return nil, fmt.Errorf("migration lock: %w", err)
	}
	conn, err := d.write.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	if err := locker.SessionLock(ctx, conn); err != nil {
		return nil, errors.Join(fmt.Errorf("lock schema: %w", err), conn.Close())
	}
	return func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
		defer cancel()
		if err := locker.SessionUnlock(ctx, conn); err != nil {
			_ = conn.Raw(func(any) error { return driver.ErrBadConn }) // its end is that of the lock
			return fmt.Errorf("unlock schema: %w", err)
		}
		return conn.Close()
	}, nil
}

// lockInterval is how often it is tried to lock what another process has locked.
const lockInterval = 10 * time.Millisecond

// lockFolder waits until no other process changes the schema of a SQLite file in the same folder. It
// is the folder that is locked, since nothing is left beside the file then.
func lockFolder(ctx context.Context, path string) (unlock func() error, err error) {
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("lock schema: %w", err)
	}
	for {
		err = syscall.Flock(int(folder.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return folder.Close, nil // which ends the lock
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			break
		}
		if !pause.For(ctx, lockInterval) {
			err = ctx.Err()
			break
		}
	}
	return nil, errors.Join(fmt.Errorf("lock schema: %w", err), folder.Close())
}
