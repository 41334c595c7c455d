package database

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// Exclusive reports whether no other process can have this database open that asked so too: it
// holds a lock beside the file from here on, until Close or the end of the process, however it
// ends. A PostgreSQL database is always shared.
func (d *DB) Exclusive() (bool, error) {
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
