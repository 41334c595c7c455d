package secret_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/secret"
)

// What cannot be written whole leaves the file as it was, and nothing beside it.
func TestWrite(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "token")
	for _, step := range []struct {
		name, content string
		full          bool
		want          string // empty: no file
	}{
		{"the disk is full", "one", true, ""},
		{"written", "one", false, "one"},
		{"again", "another", false, "another"},
		{"full again", "a third", true, "another"},
	} {
		free := func() {}
		if step.full {
			free = noRoom(t)
		}
		err := secret.Write(path, []byte(step.content))
		free()
		got, _ := os.ReadFile(path)
		if (err != nil) != step.full || string(got) != step.want {
			t.Errorf("%s: %v, now %q", step.name, err, got)
		}
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
		t.Errorf("left %v, %v", files, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
}

// noRoom has every write to a file fail, as on a disk that is full, until free.
func noRoom(t *testing.T) (free func()) {
	t.Helper()
	var was syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 0, Max: was.Max}); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
			t.Fatal(err)
		}
	}
}
