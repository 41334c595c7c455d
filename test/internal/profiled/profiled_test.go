package profiled_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/network/endpoints"
	"github.com/waymark-ledger/waymark/test/internal/profiled"
)

// program says so when it runs, and ends with its input.
const program = `package main

import (
	"fmt"
	"io"
	"os"
)

func main() {
	fmt.Println("runs")
	io.Copy(io.Discard, os.Stdin)
}
`

// write writes a file below a folder, and returns its path.
func write(t *testing.T, dir, name, content string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestAProgramIsProfiled that has nothing for it itself, and its folder stays as it was.
func TestAProgramIsProfiled(t *testing.T) {
	module, built, work := t.TempDir(), filepath.Join(t.TempDir(), "program"), t.TempDir()
	write(t, module, "go.mod", "module example\n\ngo 1.26.0\n", 0o600)
	write(t, module, "main.go", program, 0o600)
	if err := profiled.Build(t.Context(), module, ".", built); err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(module); err != nil || len(entries) != 2 {
		t.Errorf("%v, %v", entries, err)
	}
	cmd := exec.CommandContext(t.Context(), built)
	cmd.Dir = work
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 5)); err != nil {
		t.Fatal(err)
	}
	source, err := profiled.Of(&endpoints.Network{}, "program", cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	profiles := filepath.Join(work, "profiles")
	if err := profiled.Take(t.Context(), profiles, "test", map[string]profiled.Source{"program": source}, 1); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"test", "program"} {
		content, err := os.ReadFile(filepath.Join(profiles, name+".pprof"))
		if err != nil || !bytes.HasPrefix(content, []byte("\x1f\x8b")) {
			t.Errorf("the profile of %s is %d bytes, %v", name, len(content), err)
		}
	}
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	if err := profiled.Take(t.Context(), profiles, "test", map[string]profiled.Source{"program": source}, 1); err == nil {
		t.Error("a process that is gone is profiled")
	}
}

// TestFabricIsToldToBeProfiled where it is asked afterwards.
func TestFabricIsToldToBeProfiled(t *testing.T) {
	root, bin := t.TempDir(), filepath.Join(t.TempDir(), "bin")
	built := filepath.Join(root, ".waymark", "bin")
	for _, name := range []string{"peer", "orderer", "cryptogen"} {
		write(t, built, name, "#!/bin/sh\necho $CORE_PEER_PROFILE_LISTENADDRESS $ORDERER_GENERAL_PROFILE_ADDRESS $1\n", 0o700)
	}
	if err := profiled.Programs(t.Context(), root, bin); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"peer": "127.0.0.1:7151 start", "orderer": "127.0.0.1:7155 start", "cryptogen": "start"} {
		cmd := exec.CommandContext(t.Context(), filepath.Join(bin, name), "start")
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "CORE_PEER_LISTENADDRESS=127.0.0.1:7101", "ORDERER_GENERAL_LISTENPORT=7105"}
		said, err := cmd.Output()
		if err != nil || strings.TrimSpace(string(said)) != want {
			t.Errorf("%s: %s, %v", name, said, err)
		}
	}
	if err := profiled.Programs(t.Context(), t.TempDir(), bin); err == nil {
		t.Error("programs of a repository that has none")
	}
}
