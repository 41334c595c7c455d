package disk

import (
	"errors"
	"os"
	"path/filepath"
)

// SyncFile has what was written to a file, by whomever, on the disk when it returns.
func SyncFile(path string) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0) //nolint:gosec // a file of the program's own
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

// Write has a file on the disk when it returns, but for its name (SyncFolder).
func Write(path string, content []byte) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600) //nolint:gosec // a file of the program's own
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	return errors.Join(err, file.Sync(), file.Close())
}

// Replace has a file of this content on the disk when it returns, and at any time before that the one that was there.
func Replace(path string, content []byte) error {
	beside := path + ".new"
	if err := Write(beside, content); err != nil {
		return err
	}
	if err := os.Rename(beside, path); err != nil {
		return err
	}
	return SyncFolder(filepath.Dir(path))
}
