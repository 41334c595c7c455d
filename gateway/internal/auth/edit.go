package auth

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Add puts an entry into the tokens file at path, which it makes if there is none.
//
// Codes: AlreadyExists for a name that is taken.
func Add(path string, e Entry) error {
	return edit(path, func(entries []Entry) ([]Entry, error) {
		if named(entries, e.Name) >= 0 {
			return nil, waymark.Errorf(waymark.AlreadyExists, "there is a token %q already: revoke it, or choose another name", e.Name)
		}
		return append(entries, e), nil
	})
}

// Remove takes the entry of that name out of the tokens file at path.
//
// Codes: NotFound if there is none.
func Remove(path, name string) error {
	return edit(path, func(entries []Entry) ([]Entry, error) {
		at := named(entries, name)
		if at < 0 {
			return nil, waymark.Errorf(waymark.NotFound, "there is no token %q", name)
		}
		return slices.Delete(entries, at, at+1), nil
	})
}

// List returns the entries of the tokens file at path.
func List(path string) ([]Entry, error) { return readEntries(path) }

func named(entries []Entry, name string) int {
	return slices.IndexFunc(entries, func(e Entry) bool { return e.Name == name })
}

// edit changes the file under a lock that all editors take. It is replaced in one step, so
// that whoever reads it sees it as it was or as it is.
func edit(path string, change func([]Entry) ([]Entry, error)) (err error) {
	lock, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // the operator names the file
	if err != nil {
		return fmt.Errorf("lock tokens file: %w", err)
	}
	defer func() { err = errors.Join(err, lock.Close()) }() // which ends the lock
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return fmt.Errorf("lock tokens file: %w", err)
	}
	entries, err := readEntries(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if entries, err = change(entries); err != nil {
		return err
	}
	data, err := json.MarshalIndent(entries, "", "  ")
	if err != nil {
		return fmt.Errorf("encode tokens: %w", err)
	}
	return replace(path, append(data, '\n'))
}

// replace writes the file anew, for its owner's eyes only. The owner stays who it is: the
// gateway may run as another than the one who edits.
func replace(path string, data []byte) error {
	temp, err := os.CreateTemp(filepath.Dir(path), ".tokens-*") // mode 0600
	if err != nil {
		return fmt.Errorf("write tokens file: %w", err)
	}
	_, err = temp.Write(data)
	err = errors.Join(err, keepOwner(path, temp), temp.Sync(), temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write tokens file: %w", errors.Join(err, os.Remove(temp.Name())))
	}
	return syncFolder(filepath.Dir(path))
}

func keepOwner(path string, temp *os.File) error {
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok || int(owner.Uid) == os.Geteuid() {
		return nil
	}
	return temp.Chown(int(owner.Uid), int(owner.Gid))
}

// syncFolder makes a rename in the folder durable: a revocation outlives a loss of power.
func syncFolder(path string) error {
	folder, err := os.Open(path) //nolint:gosec // of the file that the operator names
	if err != nil {
		return fmt.Errorf("sync folder: %w", err)
	}
	return errors.Join(folder.Sync(), folder.Close())
}
