package supervisor_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/network/internal/supervisor"
)

// Not even a supervisor that is killed leaves a process behind.
func TestNoProcessOutlivesAKilledSupervisor(t *testing.T) {
	dir, err := os.MkdirTemp("", "sv")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	socket := filepath.Join(dir, "s.sock")
	parent := exec.Command(os.Args[0], "supervise", socket)
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, dir: dir, socket: socket, client: supervisor.Dial(socket)}
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		if _, err = b.client.Statuses(t.Context()); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	child := b.ensure(b.spec("child", "trap '' TERM; exec sleep 60"))
	time.Sleep(200 * time.Millisecond) // the thread that made it would have ended by now
	if !alive(child.PID) {
		t.Fatal("the child died while its supervisor lives")
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait() // it was killed
	for deadline := time.Now().Add(patience); alive(child.PID) && !zombie(child.PID); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the child outlived its supervisor")
		}
	}
	if _, err := b.client.Statuses(t.Context()); !errors.Is(err, supervisor.ErrNotRunning) {
		t.Errorf("got %v, want ErrNotRunning: the socket is a dead one's", err)
	}
}

// zombie tells whether a dead process only waits for its parent to notice, which
// in a container without an init never happens.
func zombie(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && bytes.Contains(stat, []byte(") Z "))
}
