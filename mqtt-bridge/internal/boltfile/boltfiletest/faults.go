package boltfiletest

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
)

// Child is what the test binary is when it is run as a process of its own, whose disk fails: Main makes it that.
type Child struct {
	Variable string                 // of the environment, with the folder in which it works
	Work     func(dir string) error // says a line for each thing that is stored, and "failed" for each try that is not
}

// Left looks at what a child left, and at what it said.
type Left func(t *testing.T, dir, said string)

// Main runs the child if this process is one, and else the tests. It returns the status with which to exit.
func (c Child) Main(m *testing.M) int {
	dir := os.Getenv(c.Variable)
	if dir == "" {
		return m.Run()
	}
	if err := c.Work(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// Trace runs the child under strace (see Trace) with a folder.
func (c Child) Trace(t testing.TB, dir string, options ...string) (said, traced string, err error) {
	t.Helper()
	return Trace(t, c.Variable+"="+dir, options...)
}

// Failing runs the child again and again, each time with a call that fails now and then. The child must end in peace, and what it leaves is
// looked at. It returns what all of each fault have said.
func (c Child) Failing(t *testing.T, look Left) map[string]string {
	all := make(map[string]string)
	for _, fault := range []string{
		"fdatasync:error=EIO", "fsync:error=EIO", "pwrite64:error=EIO", "pwrite64:error=ENOSPC", "ftruncate:error=ENOSPC", "fdatasync:error=ENOSPC",
	} {
		// Every so many calls: more than an append and what puts its failure right make, or each append would meet one.
		for _, when := range []string{"1+17", "2+19", "3+23", "4+29", "5+31", "6+37"} {
			t.Run(fault+" "+when, func(t *testing.T) {
				dir := t.TempDir()
				said, _, err := c.Trace(t, dir, "-e", "inject="+fault+":when="+when)
				if err != nil {
					t.Fatal(err)
				}
				all[fault] += said
				look(t, dir, said)
			})
		}
		if !strings.Contains(all[fault], "failed") {
			t.Errorf("%s: nothing failed", fault)
		}
	}
	return all
}

// Killed runs the child again and again, each time killed in another call, and looks at what it leaves.
func (c Child) Killed(t *testing.T, look Left) {
	killed := 0
	for n := 1; n <= 60; n += 5 {
		for _, name := range []string{"fdatasync", "pwrite64"} {
			dir := t.TempDir()
			said, _, err := c.Trace(t, dir, "-e", fmt.Sprintf("inject=%s:signal=KILL:when=%d", name, n))
			if err != nil { // strace counts the calls of each thread, so that some may end in peace
				killed++
			}
			look(t, dir, said)
		}
	}
	if killed < 8 {
		t.Errorf("%d of 24 were killed", killed)
	}
}

// SmallDisk mounts a disk of a size, as in 2m, and returns its folder. It takes root.
func SmallDisk(t testing.TB, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Fatalf("this test mounts a small disk, which takes root: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}
