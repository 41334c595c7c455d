package spool

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	bolt "go.etcd.io/bbolt"
)

// lockPoll is the time between two tries for the lock.
const lockPoll = 20 * time.Millisecond

// openFile opens a file that is there. The freelist is rebuilt at open instead of written with each commit.
func openFile(path string) (*bolt.DB, error) {
	db, _, err := openKnown(path)
	return db, err
}

// openKnown also returns which file it is that is open, whatever has its name later.
func openKnown(path string) (db *bolt.DB, is os.FileInfo, err error) {
	known := func(name string, flag int, mode os.FileMode) (*os.File, error) {
		file, err := os.OpenFile(name, flag, mode) //nolint:gosec // the operator's folder
		if err != nil {
			return nil, err
		}
		if is, err = file.Stat(); err != nil {
			return nil, errors.Join(err, file.Close())
		}
		return file, nil
	}
	db, err = bolt.Open(path, 0o600, &bolt.Options{Timeout: lockWait, FreelistType: bolt.FreelistMapType, NoFreelistSync: true, OpenFile: known})
	if err != nil {
		return nil, nil, fmt.Errorf("open spool %s (is another bridge running?): %w", path, err)
	}
	return db, is, nil
}

// create makes a file under another name and then gives it its own, so that a power loss leaves a whole one
// or none. It reports whether there was none, and returns ErrGone if there should be one.
func (s *Spool) create() (bool, error) {
	if _, err := os.Stat(s.path); !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	if err := s.missed(); err != nil {
		return false, err
	}
	fresh := s.path + ".new"
	if err := os.Remove(fresh); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, fmt.Errorf("make spool: %w", err)
	}
	db, err := openFile(fresh)
	if err != nil {
		return false, err
	}
	if err := errors.Join(db.Update(s.prepare), db.Close()); err != nil {
		return false, fmt.Errorf("make spool: %w", err)
	}
	if err := rename(fresh, s.path); err != nil {
		return false, err
	}
	// The folder may be as new as the file.
	if err := syncFolder(filepath.Dir(filepath.Dir(s.path))); err != nil && !errors.Is(err, fs.ErrPermission) {
		return false, fmt.Errorf("sync the folder above the spool's: %w", err)
	}
	return true, nil
}

// rename has the new name on the disk when it returns.
func rename(from, to string) error {
	if err := os.Rename(from, to); err != nil {
		return fmt.Errorf("make spool: %w", err)
	}
	if err := syncFolder(filepath.Dir(to)); err != nil {
		return fmt.Errorf("sync the spool's folder: %w", err)
	}
	return nil
}

func syncFolder(path string) error {
	folder, err := os.Open(path) //nolint:gosec // the operator's folder
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// lock takes the lock that bbolt takes while a file is open, and waits for it as long.
func lock(path string) (unlock func(), err error) {
	file, err := os.Open(path) //nolint:gosec // the operator's folder
	if err != nil {
		return nil, fmt.Errorf("open spool: %w", err)
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

// reassure makes the file certain again after a commit that failed. Whether that commit stands is not known, and after
// a sync that failed neither is what is on the disk: what the kernel shows is not what a power loss would
// leave. So both meta pages are written once more and synced. Until that succeeds nothing is stored;
// then the file is opened anew, so that bbolt goes on from what is there and not from what it remembers. A file that
// was replaced stays as it is open: it has no name by which it could be.
func (s *Spool) reassure() error {
	if err := s.InPlace(); err != nil {
		return err
	}
	file, err := os.OpenFile(s.path, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("sync spool again: %w", err)
	}
	_, _, _, err = settleMetas(file)
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("sync spool again: %w", err)
	}
	if err := s.reopen(); err != nil {
		return err
	}
	if err := s.view(func(tx *bolt.Tx) (err error) { s.state, err = readState(tx); return err }); err != nil {
		return fmt.Errorf("read spool again: %w", err)
	}
	s.doubt = false
	return nil
}

func (s *Spool) reopen() error {
	s.open.Lock()
	defer s.open.Unlock()
	if s.damaged.Load() {
		return ErrDamaged
	}
	if s.db != nil {
		if err := s.db.Close(); err != nil {
			return fmt.Errorf("close spool: %w", err)
		}
		s.db = nil
	}
	return s.openDB()
}

// openDB opens the file. To be called with s.open, or by Open.
func (s *Spool) openDB() error {
	db, is, err := openKnown(s.path)
	if err != nil {
		return err
	}
	s.db = db
	s.is.Store(&is)
	return nil
}
