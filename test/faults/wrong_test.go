//go:build e2e && linux

package faults_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// wrongClock is the folder of the programs whose clock is wrong.
const wrongClock = "wrong-clock"

// wrongBy is how far a clock is ahead.
const wrongBy = 20 * time.Minute

// wrongBuild is a program that is built with a clock that is ahead, and where from.
type wrongBuild struct{ name, module, target string }

func wrongBuilds() []wrongBuild {
	return []wrongBuild{
		{"mqtt-bridge", "mqtt-bridge", "./cmd/mqtt-bridge"},
		{"gateway", "gateway", "./cmd/gateway"},
		{"chaincode", "chaincode", "."},
		{"peer", "network", "github.com/hyperledger/fabric/cmd/peer"},
	}
}

// buildWrong builds the same programs with another time.Now. A Go program asks the kernel without a library that could stand
// between, and Linux has no namespace for the time of day; so it is Go's own library that is changed, by one line,
// for these builds alone.
func buildWrong(ctx context.Context, root, dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	goroot, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return err
	}
	original := filepath.Join(strings.TrimSpace(string(goroot)), "src", "time", "time.go")
	source, err := os.ReadFile(original)
	if err != nil {
		return err
	}
	const asked = "func Now() Time {\n\tsec, nsec, mono := runtimeNow()\n"
	if strings.Count(string(source), asked) != 1 {
		return fmt.Errorf("time.Now of %s is not as it was known", runtime.Version())
	}
	changed := strings.Replace(string(source), asked, asked+fmt.Sprintf("\tsec += %d\n", int(wrongBy.Seconds())), 1)
	replacement, overlay := filepath.Join(dir, "time.go"), filepath.Join(dir, "overlay.json")
	replaced, err := json.Marshal(map[string]any{"Replace": map[string]string{original: replacement}})
	if err != nil {
		return err
	}
	for path, content := range map[string][]byte{replacement: []byte(changed), overlay: replaced} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return err
		}
	}
	for _, b := range wrongBuilds() {
		cmd := exec.CommandContext(ctx, "go", "build", "-overlay", overlay, "-o", filepath.Join(dir, b.name), b.target)
		cmd.Dir, cmd.Env = filepath.Join(root, b.module), append(os.Environ(), "GOWORK=off")
		if output, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("build %s with a wrong clock: %w\n%s", b.name, err, output)
		}
	}
	return nil
}

// wrongly runs a process of the network with a clock that is ahead, in its place, until it is put right.
func wrongly(ctx context.Context, t *testing.T, name string) (right func()) {
	t.Helper()
	pid, err := local.PID(ctx, name)
	if err != nil {
		t.Fatal(err)
	}
	kind, _, _ := strings.Cut(name, ".")
	cmd := exec.Command(filepath.Join(local.built, wrongClock, kind))
	cmd.Args = append(cmd.Args, strs(t, pid, "cmdline")[1:]...)
	cmd.Env = strs(t, pid, "environ")
	if cmd.Dir, err = os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid)); err != nil {
		t.Fatal(err)
	}
	log, err := os.OpenFile(logFile(name+".wrong"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close() // the process has its own
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := local.Stop(ctx, name); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // if it has ended, Wait says so
		if err := cmd.Wait(); err != nil && !strings.HasPrefix(err.Error(), "signal: ") {
			t.Errorf("%s with a wrong clock: %v", name, err)
		}
		if err := local.Start(ctx, name); err != nil {
			t.Fatal(err)
		}
	}
}

// strs reads one of Linux's files of strings about a process.
func strs(t *testing.T, pid int, file string) []string {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, file))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for part := range bytes.SplitSeq(bytes.TrimSuffix(data, []byte{0}), []byte{0}) {
		all = append(all, string(part))
	}
	return all
}
