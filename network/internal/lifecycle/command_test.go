package lifecycle

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/network/internal/topology"
)

// deployerWith is a deployer whose osnadmin and peer are the given script.
func deployerWith(t *testing.T, script string) *Deployer {
	t.Helper()
	bin := t.TempDir()
	for _, name := range []string{"osnadmin", "peer"} {
		if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return New(topology.Network{Dir: t.TempDir(), Bin: bin, BasePort: 7100, Ordering: topology.BFT, Channel: "waymark"})
}

// osnadmin exits with 0 even when the orderer refuses.
func TestJoinOrderersReadsTheAnswer(t *testing.T) {
	tests := []struct {
		name, script string
		want         string
	}{
		{"joined", "echo 'Status: 201'", ""},
		{"joined before", `echo 'Status: 405'; echo '"error": "cannot join: channel already exists"'`, ""},
		{"refused", `echo 'Status: 400'; echo '"error": "bad block"'`, "bad block"},
		{"failed", "echo no route >&2; exit 1", "producer: osnadmin channel join: exit status 1: no route"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := deployerWith(t, tt.script).JoinOrderers(t.Context())
			if tt.want == "" && err != nil {
				t.Errorf("got %v", err)
			}
			if tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestStepsMayBeRepeated(t *testing.T) {
	tests := []struct {
		name, said string
		step       func(*Deployer) error
	}{
		{"join", "ledger [waymark] already exists with state [ACTIVE]", func(d *Deployer) error { return d.JoinPeers(t.Context()) }},
		{"install", "chaincode already successfully installed", func(d *Deployer) error { return d.Install(t.Context()) }},
		{"approve", "attempted to redefine uncommitted sequence (1) for namespace waymark with unchanged content", func(d *Deployer) error { return d.Approve(t.Context(), nil) }},
		{"approve what is committed", "attempted to redefine the current committed sequence (1) for namespace waymark", func(d *Deployer) error { return d.Approve(t.Context(), nil) }},
		{"commit", "requested sequence is 1, but new definition must be sequence 2", func(d *Deployer) error { return d.Commit(t.Context()) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.step(deployerWith(t, "echo '"+tt.said+"' >&2; exit 1")); err != nil {
				t.Errorf("what was done before is an error: %v", err)
			}
			err := tt.step(deployerWith(t, "echo access denied >&2; exit 1"))
			if err == nil || !strings.Contains(err.Error(), "access denied") {
				t.Errorf("got %v, want the command's own words", err)
			}
		})
	}
}

func TestApprovingSomethingElseIsAnError(t *testing.T) {
	said := "attempted to redefine the current committed sequence (1) for namespace waymark with different parameters: expected Version 1"
	if err := deployerWith(t, "echo '"+said+"' >&2; exit 1").Approve(t.Context(), nil); err == nil {
		t.Error("a definition other than the committed one passes")
	}
}

func TestUnless(t *testing.T) {
	if err := unless(nil, "x"); err != nil {
		t.Errorf("got %v", err)
	}
	other := errors.New("other")
	if err := unless(other, "x"); !errors.Is(err, other) {
		t.Errorf("got %v", err)
	}
}
