package boltfiletest

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Trace runs the test binary as a process under strace, with one more variable in its environment, and returns what it said, and the calls
// by which it writes and syncs. options let calls fail.
func Trace(t testing.TB, variable string, options ...string) (said, traced string, err error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "trace")
	args := append([]string{"-f", "-qq", "-s", "16", "-o", file, "-e", "trace=pwrite64,ftruncate,fdatasync,fsync,write,renameat,renameat2,rename"}, options...)
	child := exec.CommandContext(t.Context(), "strace", append(args, os.Args[0])...) //nolint:gosec // a test says what
	child.Env = append(os.Environ(), variable)
	var out, complaints bytes.Buffer
	child.Stdout, child.Stderr = &out, &complaints
	err = child.Run()
	calls, readErr := os.ReadFile(file) //nolint:gosec // a file of the test
	if readErr != nil {
		t.Fatalf("strace: %v, %s", readErr, complaints.String())
	}
	if err != nil {
		err = fmt.Errorf("%w: %s", err, complaints.String())
	}
	return out.String(), string(calls), err
}
