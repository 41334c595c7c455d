package supervisor_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/network/internal/supervisor"
)

// TestMain lets the test binary be a supervisor of its own.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "supervise" {
		if err := supervisor.Serve(context.Background(), os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

const patience = 30 * time.Second

// bench is a supervisor in a process of its own.
type bench struct {
	t      *testing.T
	dir    string
	socket string
	client *supervisor.Client
}

func newBench(t *testing.T) *bench {
	t.Helper()
	dir, err := os.MkdirTemp("", "sv") // short: the path of a socket is limited
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, dir: dir, socket: filepath.Join(dir, "s.sock")}
	argv := []string{os.Args[0], "supervise", b.socket}
	b.client, err = supervisor.Launch(t.Context(), argv, b.socket, filepath.Join(dir, "supervisor.log"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = b.client.Shutdown(context.Background())
		_ = os.RemoveAll(dir)
	})
	return b
}

// spec runs a shell script.
func (b *bench) spec(name, script string) supervisor.Spec {
	return supervisor.Spec{
		Name: name, Path: "/bin/sh", Args: []string{"-c", script},
		Dir: filepath.Join(b.dir, name), LogFile: filepath.Join(b.dir, name+".log"),
	}
}

func (b *bench) ensure(spec supervisor.Spec) supervisor.Status {
	b.t.Helper()
	status, err := b.client.Ensure(b.t.Context(), spec)
	if err != nil {
		b.t.Fatal(err)
	}
	return status
}

// await waits until the process is as wanted.
func (b *bench) await(name string, want func(supervisor.Status) bool) supervisor.Status {
	b.t.Helper()
	var last supervisor.Status
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		statuses, err := b.client.Statuses(b.t.Context())
		if err != nil {
			b.t.Fatal(err)
		}
		for _, s := range statuses {
			if s.Name == name {
				last = s
			}
		}
		if want(last) {
			return last
		}
	}
	b.t.Fatalf("%s never came to be as wanted; it is %+v", name, last)
	return last
}

func in(state supervisor.State) func(supervisor.Status) bool {
	return func(s supervisor.Status) bool { return s.State == state }
}

// alive tells whether there is a process of that id.
func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }

func TestAProcessThatDiesAtStartSaysWhy(t *testing.T) {
	b := newBench(t)
	b.ensure(b.spec("dies", "echo no such disk >&2; exit 3"))
	status := b.await("dies", in(supervisor.Exited))
	if status.Exit != "exit status 3" || status.PID != 0 {
		t.Errorf("got %+v, want exit status 3", status)
	}
	log, err := os.ReadFile(status.LogFile)
	if err != nil || !strings.Contains(string(log), "no such disk") {
		t.Errorf("the log is %q (%v)", log, err)
	}
}

func TestAProgramThatIsMissingIsAnError(t *testing.T) {
	b := newBench(t)
	spec := b.spec("absent", "")
	spec.Path = filepath.Join(b.dir, "absent")
	if _, err := b.client.Ensure(t.Context(), spec); err == nil || !strings.Contains(err.Error(), "absent") {
		t.Errorf("got %v, want an error that names the program", err)
	}
}

func TestStopKillAndStart(t *testing.T) {
	b := newBench(t)
	first := b.ensure(b.spec("sleeper", "exec sleep 60"))
	if first.State != supervisor.Running || !alive(first.PID) || first.RSSBytes == 0 {
		t.Fatalf("got %+v, want it running, with memory", first)
	}
	status, err := b.client.Stop(t.Context(), "sleeper")
	if err != nil || status.State != supervisor.Stopped || alive(first.PID) {
		t.Fatalf("stop: got %+v, %v", status, err)
	}
	second, err := b.client.Start(t.Context(), "sleeper")
	if err != nil || second.State != supervisor.Running || second.PID == first.PID {
		t.Fatalf("start: got %+v, %v", second, err)
	}
	status, err = b.client.Kill(t.Context(), "sleeper")
	if err != nil || status.State != supervisor.Exited || status.Exit != "signal: killed" {
		t.Fatalf("kill: got %+v, %v", status, err)
	}
	if _, err := b.client.Kill(t.Context(), "sleeper"); err == nil {
		t.Error("killing what is down is no error")
	}
	if _, err := b.client.Start(t.Context(), "nobody"); err == nil {
		t.Error("starting what does not exist is no error")
	}
}

// A process that ignores SIGTERM is killed when its grace is over.
func TestStopKillsTheDeaf(t *testing.T) {
	b := newBench(t)
	ready := filepath.Join(b.dir, "ready")
	first := b.ensure(b.spec("deaf", "trap '' TERM; touch "+ready+"; while :; do sleep 0.05; done"))
	for _, err := os.Stat(ready); err != nil; _, err = os.Stat(ready) {
		time.Sleep(5 * time.Millisecond)
	}
	status, err := b.client.Stop(t.Context(), "deaf")
	if err != nil || status.State != supervisor.Stopped || status.Exit != "signal: killed" || alive(first.PID) {
		t.Errorf("got %+v, %v, want it killed", status, err)
	}
}

func TestAProcessThatIsToComesBack(t *testing.T) {
	b := newBench(t)
	spec := b.spec("phoenix", "exec sleep 60")
	spec.Restart = true
	first := b.ensure(spec)
	if _, err := b.client.Kill(t.Context(), "phoenix"); err != nil {
		t.Fatal(err)
	}
	again := b.await("phoenix", in(supervisor.Running))
	if again.PID == first.PID || again.Restarts != 1 {
		t.Errorf("got %+v, want another process and one restart", again)
	}
	if _, err := b.client.Stop(t.Context(), "phoenix"); err != nil {
		t.Fatal(err)
	}
	time.Sleep(300 * time.Millisecond) // longer than the first backoff
	b.await("phoenix", in(supervisor.Stopped))
}

func TestStopEndsTheWaitForARestart(t *testing.T) {
	b := newBench(t)
	spec := b.spec("flapper", "exit 1")
	spec.Restart = true
	b.ensure(spec)
	b.await("flapper", func(s supervisor.Status) bool { return s.Restarts >= 2 })
	status, err := b.client.Stop(t.Context(), "flapper")
	if err != nil || status.State != supervisor.Stopped {
		t.Fatalf("got %+v, %v", status, err)
	}
	time.Sleep(time.Second)
	if again := b.await("flapper", in(supervisor.Stopped)); again.Restarts != status.Restarts {
		t.Errorf("it was restarted after it was stopped: %+v", again)
	}
}

func TestEnsureRestartsOnlyWhatChanged(t *testing.T) {
	b := newBench(t)
	input := filepath.Join(b.dir, "config")
	write := func(text string) {
		if err := os.WriteFile(input, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("one")
	spec := b.spec("configured", "exec sleep 60")
	spec.Inputs = []string{input}
	first := b.ensure(spec)
	if again := b.ensure(spec); again.PID != first.PID {
		t.Error("it was restarted though nothing had changed")
	}
	write("two")
	second := b.ensure(spec)
	if second.PID == first.PID {
		t.Error("it was not restarted though its input had changed")
	}
	spec.Env = []string{"KEY=value"}
	if third := b.ensure(spec); third.PID == second.PID {
		t.Error("it was not restarted though its environment had changed")
	}
}

func TestChildrenSeeOnlyTheirOwnEnvironment(t *testing.T) {
	t.Setenv("CORE_PEER_ID", "stray")
	b := newBench(t)
	spec := b.spec("environment", "env")
	spec.Env = []string{"KEY=value"}
	b.ensure(spec)
	status := b.await("environment", in(supervisor.Exited))
	log, err := os.ReadFile(status.LogFile)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(log), "stray") || !strings.Contains(string(log), "KEY=value") {
		t.Errorf("the environment is %q", log)
	}
}

func TestShutdownStopsTheHighestTierFirst(t *testing.T) {
	b := newBench(t)
	trace := filepath.Join(b.dir, "trace")
	var pids []int
	for tier := range 3 {
		ready := filepath.Join(b.dir, fmt.Sprint("ready", tier))
		spec := b.spec(fmt.Sprint("tier", tier), fmt.Sprintf(
			"trap 'echo %d >> %s; exit' TERM; touch %s; while :; do sleep 0.02; done", tier, trace, ready))
		spec.Tier = tier
		pids = append(pids, b.ensure(spec).PID)
		for _, err := os.Stat(ready); err != nil; _, err = os.Stat(ready) {
			time.Sleep(5 * time.Millisecond)
		}
	}
	if err := b.client.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	order, err := os.ReadFile(trace)
	if err != nil || string(order) != "2\n1\n0\n" {
		t.Errorf("stopped in the order %q (%v), want 2, 1, 0", order, err)
	}
	for _, pid := range pids {
		if alive(pid) {
			t.Errorf("process %d is still there", pid)
		}
	}
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		if _, err := b.client.Statuses(t.Context()); errors.Is(err, supervisor.ErrNotRunning) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the supervisor is still there")
		}
	}
}

func TestOneSupervisorASocket(t *testing.T) {
	b := newBench(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := supervisor.Serve(ctx, b.socket); err == nil || !strings.Contains(err.Error(), "another supervisor") {
		t.Errorf("got %v, want a refusal", err)
	}
	if _, err := b.client.Statuses(t.Context()); err != nil {
		t.Errorf("the first supervisor no longer answers: %v", err)
	}
	info, err := os.Stat(b.socket)
	if err != nil {
		t.Fatal(err)
	}
	if mode := info.Mode().Perm(); mode != 0o600 {
		t.Errorf("the socket's mode is %o: others could control the network", mode)
	}
}

func TestLaunchNamesTheLogOfASupervisorThatDies(t *testing.T) {
	dir := t.TempDir()
	log := filepath.Join(dir, "log")
	_, err := supervisor.Launch(t.Context(), []string{"/bin/sh", "-c", "exit 1"}, filepath.Join(dir, "s"), log)
	if err == nil || !strings.Contains(err.Error(), log) {
		t.Errorf("got %v, want an error that names %s", err, log)
	}
}

// A process that is removed is gone for good, and not there to be named.
func TestRemove(t *testing.T) {
	b := newBench(t)
	spec := b.spec("old", "exec sleep 60")
	spec.Restart = true
	pid := b.ensure(spec).PID
	for range 2 { // the second time there is nothing to do
		if err := b.client.Remove(t.Context(), "old"); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("the process lives: %v", err)
	}
	if statuses, err := b.client.Statuses(t.Context()); err != nil || len(statuses) != 0 {
		t.Errorf("got %+v, %v", statuses, err)
	}
	if _, err := b.client.Start(t.Context(), "old"); err == nil || !strings.Contains(err.Error(), "no such process") {
		t.Errorf("start: got %v", err)
	}
}
