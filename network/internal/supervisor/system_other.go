//go:build !linux

package supervisor

import (
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// childAttributes puts a child in a process group of its own, away from the
// terminal's signals. Only Linux can have the kernel kill it when the
// supervisor dies.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}

// residentBytes is the resident memory of a process, 0 if it cannot be told.
func residentBytes(pid int) int64 {
	out, err := exec.Command("ps", "-o", "rss=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		return 0
	}
	kib, err := strconv.ParseInt(strings.TrimSpace(string(out)), 10, 64)
	if err != nil {
		return 0
	}
	return kib << 10
}
