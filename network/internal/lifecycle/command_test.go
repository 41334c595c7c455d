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
	first, second := Definition{Sequence: 1}, Definition{Sequence: 2}
	tests := []struct {
		name, said string
		step       func(*Deployer) error
	}{
		{"join", "ledger [waymark] already exists with state [ACTIVE]", func(d *Deployer) error { return d.JoinPeers(t.Context()) }},
		{"install", "chaincode already successfully installed", func(d *Deployer) error { return d.Install(t.Context(), first) }},
		{"approve", "attempted to redefine uncommitted sequence (1) for namespace waymark with unchanged content", func(d *Deployer) error { return d.Approve(t.Context(), first) }},
		{"approve what is committed", "attempted to redefine the current committed sequence (1) for namespace waymark", func(d *Deployer) error { return d.Approve(t.Context(), first) }},
		{"commit", "requested sequence is 1, but new definition must be sequence 2", func(d *Deployer) error { return d.Commit(t.Context(), first) }},
		{"commit the next", "requested sequence is 2, but new definition must be sequence 3", func(d *Deployer) error { return d.Commit(t.Context(), second) }},
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
	if err := deployerWith(t, "echo '"+said+"' >&2; exit 1").Approve(t.Context(), Definition{Sequence: 1}); err == nil {
		t.Error("a definition other than the committed one passes")
	}
}

// A definition that is committed by the members before does not count as the next one.
func TestCommittingTooEarlyIsAnError(t *testing.T) {
	said := "requested sequence is 3, but new definition must be sequence 2"
	if err := deployerWith(t, "echo '"+said+"' >&2; exit 1").Commit(t.Context(), Definition{Sequence: 3}); err == nil {
		t.Error("a definition that leaves one out passes")
	}
}

// A command that was killed may have left its transaction on the way.
func TestATransactionThatAnotherOvertookIsRepeated(t *testing.T) {
	overtaken := func(then string) *Deployer {
		d := deployerWith(t, "")
		once := filepath.Join(t.TempDir(), "once")
		script := "#!/bin/sh\nmkdir " + once + "-$CORE_PEER_LOCALMSPID 2>/dev/null && echo 'transaction invalidated with status (MVCC_READ_CONFLICT)' >&2 && exit 1\n" + then + "\n"
		if err := os.WriteFile(d.network.Binary("peer"), []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
		return d
	}
	def := Definition{Sequence: 2}
	steps := map[string]struct {
		done string
		do   func(*Deployer) error
	}{
		"approve": {"attempted to redefine uncommitted sequence (2) for namespace waymark with unchanged content", func(d *Deployer) error { return d.Approve(t.Context(), def) }},
		"commit":  {"requested sequence is 2, but new definition must be sequence 3", func(d *Deployer) error { return d.Commit(t.Context(), def) }},
	}
	for name, step := range steps {
		if err := step.do(overtaken("echo '" + step.done + "' >&2; exit 1")); err != nil {
			t.Errorf("%s: got %v", name, err)
		}
		if err := step.do(overtaken("echo access denied >&2; exit 1")); err == nil || !strings.Contains(err.Error(), "access denied") {
			t.Errorf("%s: got %v, want the second refusal", name, err)
		}
	}
}

// Each definition has its own version, package and package id.
func TestWhatIsDefined(t *testing.T) {
	said := filepath.Join(t.TempDir(), "said")
	d := deployerWith(t, "echo \"$@\" >> "+said)
	def := Definition{Sequence: 2, Packages: map[string]string{}}
	for _, m := range topology.Members() {
		def.Packages[m.ID] = "waymark_2:" + m.ID
	}
	for _, step := range []func() error{
		func() error { return d.Install(t.Context(), def) },
		func() error { return d.Approve(t.Context(), def) },
		func() error { return d.Commit(t.Context(), def) },
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(said)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"install " + d.network.Package(topology.Members()[3], 2), "--package-id waymark_2:auditor",
		"--version 2 --sequence 2", "chaincode commit --channelID waymark --name waymark --version 2",
	} {
		if !strings.Contains(string(got), want) {
			t.Errorf("the commands lack %q:\n%s", want, got)
		}
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
