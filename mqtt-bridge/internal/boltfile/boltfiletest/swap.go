package boltfiletest

import (
	"os"
	"strconv"
	"syscall"
	"testing"
)

// Swap puts another file in the place of the one that this process has open at a path, under bbolt, so that what it writes
// goes there. At /dev/null writes succeed and are gone, and a sync fails: what a disk does that fails. At /dev/full there is no room.
func Swap(t testing.TB, path, with string) {
	t.Helper()
	other, err := os.OpenFile(with, os.O_RDWR, 0) //nolint:gosec // a test says which
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Close() }()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	swapped := 0
	for _, e := range entries {
		fd, err := strconv.Atoi(e.Name())
		if target, linkErr := os.Readlink("/proc/self/fd/" + e.Name()); err != nil || linkErr != nil || target != path {
			continue
		}
		if err := syscall.Dup3(int(other.Fd()), fd, 0); err != nil {
			t.Fatal(err)
		}
		swapped++
	}
	if swapped != 1 {
		t.Fatalf("%d files swapped", swapped)
	}
}
