package consortium

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/network/internal/progress"
	"github.com/waymark-ledger/waymark/network/internal/supervisor"
	"github.com/waymark-ledger/waymark/network/internal/topology"
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

// newConsortium is a consortium with a supervisor and no processes.
func newConsortium(t *testing.T) (*Consortium, *strings.Builder) {
	t.Helper()
	dir, err := os.MkdirTemp("", "co") // short: the path of a socket is limited
	if err != nil {
		t.Fatal(err)
	}
	n := topology.Network{Dir: dir, Bin: "/bin", BasePort: 7100, Ordering: topology.BFT, Channel: "waymark"}
	var out strings.Builder
	c, err := New(n, progress.NewPlain(&out), []string{os.Args[0], "supervise", n.Socket()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Down(context.Background(), true); err != nil {
			t.Error(err)
		}
	})
	return c, &out
}

// shell is a process that runs a script and serves when the probe says so.
func (c *Consortium) shell(name, script string, ready probe) unit {
	u := newUnit(c.network, name, "sh", c.network.Dir, tierPeer)
	u.spec.Args = []string{"-c", script}
	u.probe = ready
	return u
}

func always(context.Context) error { return nil }

func never(context.Context) error { return fmt.Errorf("not yet") }

func TestAChildThatDiesAtStartIsNamedWithItsLog(t *testing.T) {
	c, _ := newConsortium(t)
	if err := c.supervise(t.Context()); err != nil {
		t.Fatal(err)
	}
	err := c.startAll(t.Context(), []unit{
		c.shell("fine", "exec sleep 60", always),
		c.shell("peer.producer", "echo starting; echo disk full >&2; exit 2", never),
	})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"peer.producer", "exit status 2", "disk full", c.network.LogFile("peer.producer")} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
	if strings.Contains(err.Error(), "fine") || strings.Count(err.Error(), "\n") != 0 {
		t.Errorf("%q is not one line about the one that died", err)
	}
}

// A process that comes back by itself is given a few lives, then reported.
func TestAChildThatKeepsDyingIsNamed(t *testing.T) {
	c, _ := newConsortium(t)
	if err := c.supervise(t.Context()); err != nil {
		t.Fatal(err)
	}
	u := c.shell("chaincode.carrier", "echo bad id; exit 1", never)
	u.spec.Restart = true
	err := c.startAll(t.Context(), []unit{u})
	if err == nil || !strings.Contains(err.Error(), "chaincode.carrier died at start (exit status 1): bad id") {
		t.Errorf("got %v", err)
	}
}

func TestAPortThatIsTakenIsNamed(t *testing.T) {
	c, _ := newConsortium(t)
	taken, err := net.Listen("tcp", topology.Address(0))
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port
	u := c.shell("orderer.auditor", "exec sleep 60", always)
	u.ports = []int{port}
	err = c.checkPorts(t.Context(), []unit{u})
	if err == nil || !strings.Contains(err.Error(), fmt.Sprint(port)) || !strings.Contains(err.Error(), "orderer.auditor") {
		t.Errorf("got %v, want the port and the process", err)
	}
	// Once the process runs, the port is its own.
	if err := c.supervise(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := c.startAll(t.Context(), []unit{u}); err != nil {
		t.Fatal(err)
	}
	if err := c.checkPorts(t.Context(), []unit{u}); err != nil {
		t.Errorf("a running process's own port is refused: %v", err)
	}
}

func TestUpNamesAMissingProgram(t *testing.T) {
	c, _ := newConsortium(t)
	err := c.Up(t.Context(), Options{})
	if err == nil || !strings.Contains(err.Error(), "/bin/configtxgen is missing: run `network build`") {
		t.Errorf("got %v", err)
	}
}

func TestOneCommandAtATime(t *testing.T) {
	c, _ := newConsortium(t)
	unlock, err := c.lock()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Down(t.Context(), false); err == nil || !strings.Contains(err.Error(), "another command") {
		t.Errorf("got %v, want a refusal", err)
	}
	unlock()
}

func TestClaimKeepsTheLedgersSettings(t *testing.T) {
	c, _ := newConsortium(t)
	if _, err := c.claim(""); err != nil {
		t.Fatal(err)
	}
	state, exists, err := LoadState(c.network.Dir)
	if err != nil || !exists || state.BasePort != 7100 || state.Ordering != topology.BFT {
		t.Fatalf("got %+v, %v, %v", state, exists, err)
	}
	c.network.Ordering = topology.Raft
	if _, err := c.claim(""); err == nil || !strings.Contains(err.Error(), "--ordering bft") {
		t.Errorf("got %v, want a refusal that says what the ledger was made with", err)
	}
}

func TestDownPurgesOnlyWhatIsOurs(t *testing.T) {
	c, _ := newConsortium(t)
	theirs := filepath.Join(c.network.Dir, "bin", "peer")
	ours := filepath.Join(c.network.CryptoDir(), "key.pem")
	for _, path := range []string{theirs, ours} {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Down(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(ours); err == nil {
		t.Error("a key was left")
	}
	if _, err := os.Stat(theirs); err != nil {
		t.Errorf("a built program was removed: %v", err)
	}
	if err := os.RemoveAll(c.network.Dir); err != nil {
		t.Fatal(err)
	}
}

func TestEveryUnitIsComplete(t *testing.T) {
	c, _ := newConsortium(t)
	units := c.units(Options{}, State{}.definitions())
	if len(units) != 4*len(topology.Members())+1 {
		t.Fatalf("there are %d processes", len(units))
	}
	names := make(map[string]bool)
	for _, u := range units {
		if names[u.spec.Name] {
			t.Errorf("two processes are called %s", u.spec.Name)
		}
		names[u.spec.Name] = true
		if u.probe == nil || len(u.ports) == 0 || u.spec.Tier == 0 || u.spec.LogFile == "" {
			t.Errorf("%s is not complete", u.spec.Name)
		}
		if restarts := strings.HasPrefix(u.spec.Name, "chaincode."); u.spec.Restart != restarts {
			t.Errorf("%s: restart is %v, want %v", u.spec.Name, u.spec.Restart, restarts)
		}
	}
	if got := len(c.units(Options{FabricOnly: true}, State{}.definitions())); got != 3*len(topology.Members()) {
		t.Errorf("fabric only: there are %d processes", got)
	}
}
