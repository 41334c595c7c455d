package boltfile

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	bolt "go.etcd.io/bbolt"
)

// lockWait is how long another process may still have a file open.
const lockWait = 3 * time.Second

var (
	// ErrDamaged says that a file is not as it was written: nothing is stored in it any more until a person has looked at it.
	ErrDamaged = errors.New("its file is damaged")
	// ErrDoubt says that a commit failed: whether it stands is not known until Reassure succeeds.
	ErrDoubt = errors.New("a commit failed")

	// ErrReplaced says that the open file is not the one that has its name any more: somebody removed it, moved it or put
	// another in its place, and what is stored is gone once this process ends.
	ErrReplaced = errors.New("its file was removed or replaced while it was open")

	errClosed = errors.New("its file is not open")
)

// File is an open file. View is safe for concurrent use, beside whatever else; of Update and Reassure there is one at a time.
type File struct {
	path  string
	tried int // the transaction whose commit failed, 0 if none did

	open    sync.RWMutex                // held for reading by whoever uses db
	db      *bolt.DB                    // nil while it could not be opened again
	damaged atomic.Bool                 // nothing of the file is believed any more
	is      atomic.Pointer[os.FileInfo] // the file that is open
}

// Open opens a file that is there, and fails if another process has it open. To be called after Examine.
func Open(path string) (*File, error) {
	f := &File{path: path}
	if err := f.openDB(); err != nil {
		return nil, err
	}
	return f, nil
}

// openDB opens the file. To be called with f.open, or by Open.
func (f *File) openDB() error {
	db, is, err := openDB(f.path)
	if err != nil {
		return err
	}
	f.db = db
	f.is.Store(&is)
	return nil
}

// openDB has the freelist rebuilt instead of written with each commit. It also returns which file it is that is open, whatever has its name later.
func openDB(path string) (db *bolt.DB, is os.FileInfo, err error) {
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
		return nil, nil, fmt.Errorf("open %s (has another process opened it?): %w", path, err)
	}
	return db, is, nil
}

// InPlace returns ErrReplaced unless the file that is open has its name.
func (f *File) InPlace() error {
	named, err := os.Stat(f.path)
	if err == nil && os.SameFile(named, *f.is.Load()) {
		return nil
	}
	return errors.Join(ErrReplaced, err)
}

// Close closes the file. Another process can open it afterwards. Once damage was found the file stays locked until the process ends.
func (f *File) Close() error {
	f.open.Lock()
	defer f.open.Unlock()
	if f.db == nil || f.damaged.Load() { // bbolt may hold locks that it never gives back
		return nil
	}
	if err := f.db.Close(); err != nil {
		return fmt.Errorf("close %s: %w", f.path, err)
	}
	return nil
}

// View runs a function in a transaction that only reads.
func (f *File) View(read func(tx *bolt.Tx) error) error {
	return f.guarded(func(db *bolt.DB) error { return db.View(read) })
}

// Update runs change in one transaction, which is on the disk when it returns. With ErrDoubt nobody knows whether it is, and Reassure
// has to be called before anything else; with any other error nothing was written.
func (f *File) Update(change func(tx *bolt.Tx) error) error {
	f.tried = 0
	err := f.guarded(func(db *bolt.DB) error {
		return db.Update(func(tx *bolt.Tx) error {
			if err := change(tx); err != nil {
				return err
			}
			f.tried = tx.ID()
			return nil
		})
	})
	switch {
	case err == nil:
		f.tried = 0
		return nil
	case f.tried > 0 && !errors.Is(err, ErrDamaged):
		return fmt.Errorf("%w: %w", ErrDoubt, err)
	}
	return err
}

// FreeBytes is what can be stored before the file has to grow. It is not to be called within a transaction.
func (f *File) FreeBytes() (free int64, err error) {
	err = f.guarded(func(db *bolt.DB) error {
		tx, err := db.Begin(true)
		if err != nil {
			return err
		}
		if err := tx.Rollback(); err != nil { // free pages are counted when a transaction ends
			return err
		}
		free = int64(db.Stats().FreePageN) * int64(db.Info().PageSize)
		return nil
	})
	return free, err
}

// guarded makes ErrDamaged of what bbolt does at a page that was damaged since the file was opened: it
// panics, or reads where nothing is mapped. From then on every call returns ErrDamaged.
func (f *File) guarded(use func(db *bolt.DB) error) (err error) {
	f.open.RLock()
	defer f.open.RUnlock()
	switch {
	case f.damaged.Load():
		return ErrDamaged
	case f.db == nil:
		return errClosed
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", ErrDamaged, p)
		}
		if errors.Is(err, ErrDamaged) {
			f.damaged.Store(true)
		}
	}()
	return use(f.db)
}

// Reassure makes the file certain again after ErrDoubt, and reports whether the commit stands. After
// a sync that failed what the kernel shows is not what a power loss would leave. So both meta pages are written once
// more and synced; then the file is opened anew, so that bbolt goes on from what is there and not from what it
// remembers. With an error it is as uncertain as before; a file that was replaced stays as it is open: it has no name by which it could be.
func (f *File) Reassure() (stands bool, err error) {
	if err := f.InPlace(); err != nil {
		return false, err
	}
	file, err := os.OpenFile(f.path, os.O_RDWR, 0)
	if err != nil {
		return false, fmt.Errorf("sync again: %w", err)
	}
	_, _, _, err = settleMetas(file)
	if err := errors.Join(err, file.Close()); err != nil {
		return false, fmt.Errorf("sync again: %w", err)
	}
	if err := f.reopen(); err != nil {
		return false, err
	}
	err = f.View(func(tx *bolt.Tx) error {
		stands = f.tried > 0 && tx.ID() >= f.tried
		return nil
	})
	return stands, err
}

func (f *File) reopen() error {
	f.open.Lock()
	defer f.open.Unlock()
	if f.damaged.Load() {
		return ErrDamaged
	}
	if f.db != nil {
		if err := f.db.Close(); err != nil {
			return fmt.Errorf("close %s: %w", f.path, err)
		}
		f.db = nil
	}
	return f.openDB()
}
