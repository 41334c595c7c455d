// Package disk is what of a file system has to be on its disk, and how much room there is.
package disk

import (
	"errors"
	"os"
)

// SyncFolder has the names in a folder on the disk when it returns: a file that was made there or got its name there is there after a
// power loss. It fails as os.Open does if there is no such folder.
func SyncFolder(path string) error {
	folder, err := os.Open(path) //nolint:gosec // a folder of the program's own
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
