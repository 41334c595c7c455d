// Package secret writes files that only the bridge's own user reads, whole or not at all.
package secret

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/disk"
)

// Write puts content into a file at path of mode 0600, in place of one that is there. It is on the disk when Write returns. If that fails,
// or the process dies meanwhile, the file is as before or whole; beside it may be left a part under another name.
func Write(path string, content []byte) error {
	dir := filepath.Dir(path)
	file, err := os.CreateTemp(dir, filepath.Base(path)+"-*") // mode 0600
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	err = errors.Join(err, file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return disk.SyncFolder(dir)
}
