package boltfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/disk"
	bolt "go.etcd.io/bbolt"
)

// lockPoll is the time between two tries for the lock.
const lockPoll = 20 * time.Millisecond

// Lock takes the lock that bbolt takes while a file is open, and waits for it as long.
func Lock(path string) (unlock func(), err error) {
	file, err := os.Open(path) //nolint:gosec // the operator's folder
	if err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	for until := time.Now().Add(lockWait); ; time.Sleep(lockPoll) {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { _ = file.Close() }, nil // which unlocks it
		}
		if time.Now().After(until) {
			return nil, errors.Join(fmt.Errorf("another process has %s open: %w", path, err), file.Close())
		}
	}
}

// Make makes a file unless it is there, and reports whether it was not. prepare writes what a new one has.
func Make(path string, prepare func(tx *bolt.Tx) error) (bool, error) {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	if err := Draft(path, func(db *bolt.DB) error { return db.Update(prepare) }); err != nil {
		return false, err
	}
	if err := Adopt(path); err != nil {
		return false, err
	}
	// The folder may be as new as the file.
	if err := disk.SyncFolder(filepath.Dir(filepath.Dir(path))); err != nil && !errors.Is(err, fs.ErrPermission) {
		return false, fmt.Errorf("sync the folder above that of %s: %w", path, err)
	}
	return true, nil
}

// Draft makes a file under another name beside a path; Adopt gives it that path. So a power loss in between leaves a whole file at the
// path or none, or the one that was there.
func Draft(path string, fill func(db *bolt.DB) error) error {
	if err := os.Remove(draftOf(path)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("make file: %w", err)
	}
	db, _, err := openDB(draftOf(path))
	if err != nil {
		return err
	}
	if err := errors.Join(fill(db), db.Close()); err != nil {
		return fmt.Errorf("make file: %w", err)
	}
	return nil
}

// Adopt gives the draft its name, which is on the disk when it returns.
func Adopt(path string) error {
	if err := os.Rename(draftOf(path), path); err != nil {
		return fmt.Errorf("make file: %w", err)
	}
	if err := disk.SyncFolder(filepath.Dir(path)); err != nil {
		return fmt.Errorf("sync the folder of %s: %w", path, err)
	}
	return nil
}

func draftOf(path string) string { return path + ".new" }
