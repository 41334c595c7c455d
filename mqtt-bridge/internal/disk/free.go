package disk

import (
	"fmt"
	"syscall"
)

// Free returns the bytes that this process may still use on the disk that a folder is on.
func Free(folder string) (int64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(folder, &s); err != nil {
		return 0, fmt.Errorf("look for room on the disk: %w", err)
	}
	return int64(s.Bavail) * s.Bsize, nil //nolint:gosec // no disk has 2^63 bytes
}
