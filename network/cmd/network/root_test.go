package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// execute runs one command line and returns what it printed.
func execute(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out strings.Builder
	root := newRoot()
	root.SetOut(&out)
	root.SetErr(&out)
	root.SetArgs(args)
	err := root.ExecuteContext(t.Context())
	return out.String(), err
}

func TestCommandsOnANetworkThatIsDown(t *testing.T) {
	dir := t.TempDir()
	for _, args := range [][]string{{"status"}, {"start", "peer.producer"}, {"stop", "peer.producer"}, {"kill", "peer.producer"}} {
		_, err := execute(t, append(args, "--dir", dir, "--bin", dir)...)
		if err == nil || !strings.Contains(err.Error(), "the network is down") {
			t.Errorf("%v: got %v", args, err)
		}
	}
	if _, err := execute(t, "logs", "peer.producer", "--dir", dir, "--bin", dir); err == nil || !strings.Contains(err.Error(), "no log") {
		t.Errorf("logs: got %v", err)
	}
	if out, err := execute(t, "down", "--dir", dir, "--bin", dir); err != nil || !strings.Contains(out, "stop all processes") {
		t.Errorf("down: got %q, %v", out, err)
	}
}

func TestLogsStayInTheLogDirectory(t *testing.T) {
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret.log")
	if err := os.WriteFile(secret, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := execute(t, "logs", "../secret", "--dir", dir, "--bin", dir); err == nil || strings.Contains(out, "secret") {
		t.Errorf("got %q, %v", out, err)
	}
}

func TestSettingsAreRemembered(t *testing.T) {
	dir := t.TempDir()
	state := `{"base_port": 9300, "ordering": "raft", "channel": "other", "bin": "/programs"}`
	if err := os.WriteFile(filepath.Join(dir, "network.json"), []byte(state), 0o600); err != nil {
		t.Fatal(err)
	}
	f := &flags{}
	root := newRoot()
	f.set, f.dir = root, dir
	n, err := f.network()
	if err != nil {
		t.Fatal(err)
	}
	if n.BasePort != 9300 || n.Ordering != "raft" || n.Channel != "other" || n.Bin != "/programs" {
		t.Errorf("got %+v", n)
	}
}

func TestBadSettingsAreNamed(t *testing.T) {
	dir := t.TempDir()
	for flag, value := range map[string]string{"base-port": "80", "ordering": "solo", "channel": "UPPER"} {
		_, err := execute(t, "status", "--dir", dir, "--bin", dir, "--"+flag, value)
		if err == nil || !strings.Contains(err.Error(), value) {
			t.Errorf("--%s %s: got %v", flag, value, err)
		}
	}
}
