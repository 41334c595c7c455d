package consortium

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/network/internal/lifecycle"
	"github.com/waymark-ledger/waymark/network/internal/supervisor"
	"github.com/waymark-ledger/waymark/network/internal/topology"
)

// deployed is the state of a network whose chaincode has been deployed.
func deployed(t *testing.T, c *Consortium, change func(*State)) State {
	t.Helper()
	state, err := c.claim("")
	if err != nil {
		t.Fatal(err)
	}
	state.Deployed = true
	change(&state)
	if err := state.save(c.network); err != nil {
		t.Fatal(err)
	}
	return state
}

func remembered(t *testing.T, c *Consortium) State {
	t.Helper()
	state, _, err := LoadState(c.network.Dir)
	if err != nil {
		t.Fatal(err)
	}
	return state
}

// written is a program with a content.
func written(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(path, []byte(content), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

// keep makes a program with a content the one that is kept for a definition.
func (c *Consortium) keep(t *testing.T, sequence int, content string) {
	t.Helper()
	if err := keepProgram(written(t, content), c.network.ChaincodeProgram(sequence)); err != nil {
		t.Fatal(err)
	}
}

// kept is the content of the program that is kept for a definition.
func (c *Consortium) kept(t *testing.T, sequence int) string {
	t.Helper()
	data, err := os.ReadFile(c.network.ChaincodeProgram(sequence))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestAnUpgradeLeadsToTheNextDefinition(t *testing.T) {
	tests := []struct {
		name           string
		sequence, next int
		wantFrom       int
	}{
		{"of a network that knew of none", 0, 0, 1},
		{"the first", 1, 0, 1},
		{"another", 7, 0, 7},
		{"repeated before members were asked", 1, 2, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := newConsortium(t)
			deployed(t, c, func(s *State) { s.Sequence, s.Next, s.Chaincode = tt.sequence, tt.next, "/before" })
			c.keep(t, tt.wantFrom+1, "broken")
			program := written(t, "new")
			state, err := c.begin(t.Context(), UpgradeOptions{Chaincode: program, Build: notBuilt(t)})
			if err != nil {
				t.Fatal(err)
			}
			if got := remembered(t, c); got != state || got.Sequence != tt.wantFrom || got.Next != tt.wantFrom+1 || got.Chaincode != program || got.Approving {
				t.Errorf("got %+v, remembered is %+v", state, got)
			}
			if err := c.succession(state, definition(state.Sequence), definition(state.Next))[0].do(t.Context()); err == nil {
				t.Error("packages are written without keys")
			}
			if got := c.kept(t, state.Next); got != "new" {
				t.Errorf("kept is the %s program", got)
			}
		})
	}
}

// notBuilt fails a test that builds a program.
func notBuilt(t *testing.T) func(context.Context) error {
	return func(context.Context) error {
		t.Error("a program is built")
		return nil
	}
}

// Once members were asked, a definition is what they were asked for.
func TestWhatMembersWereAskedForStays(t *testing.T) {
	tests := []struct {
		name, give string
		want       string
	}{
		{"a plain repeat", "", ""},
		{"the same program under another name", written(t, "asked for"), ""},
		{"another program of the same size", written(t, "smuggled!"), "finish that with `network upgrade` without --chaincode, then upgrade to this one"},
		{"a program that is not there", "/no/such/program", "/no/such/program"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := newConsortium(t)
			before := deployed(t, c, func(s *State) { s.Sequence, s.Next, s.Approving, s.Chaincode = 1, 2, true, written(t, "built since") })
			c.keep(t, 2, "asked for")
			state, err := c.begin(t.Context(), UpgradeOptions{Chaincode: tt.give, Build: notBuilt(t)})
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Fatalf("got %v, want %q", err, tt.want)
			}
			if got := remembered(t, c); got != before {
				t.Errorf("remembered is %+v, want %+v", got, before)
			}
			if err != nil {
				return
			}
			if err := c.succession(state, definition(1), definition(2))[0].do(t.Context()); err == nil {
				t.Error("packages are written without keys")
			}
			if got := c.kept(t, 2); got != "asked for" {
				t.Errorf("kept is the program %q", got)
			}
		})
	}
}

// A copy that was cut short is not the kept program.
func TestWithoutTheKeptProgramNothingGoesOn(t *testing.T) {
	c, _ := newConsortium(t)
	deployed(t, c, func(s *State) { s.Sequence, s.Next, s.Approving = 1, 2, true })
	c.keep(t, 1, "before")
	kept := c.network.ChaincodeProgram(2)
	if err := os.WriteFile(kept+".new", []byte("asked"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := c.begin(t.Context(), UpgradeOptions{Build: notBuilt(t)}); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), kept) {
		t.Errorf("got %v", err)
	}
}

// Members are asked only when it is noted that they are.
func TestThatMembersAreAskedIsNotedBefore(t *testing.T) {
	c, _ := newConsortium(t)
	state := deployed(t, c, func(s *State) { s.Sequence, s.Next = 1, 2 })
	c.network.Bin = t.TempDir() // Fabric's commands are missing
	noted := map[string]bool{}
	for _, s := range c.succession(state, definition(1), definition(2)) {
		if strings.HasPrefix(s.name, "install") || strings.HasPrefix(s.name, "approve") {
			if err := s.do(t.Context()); err == nil {
				t.Errorf("%s works without its command", s.name)
			}
			noted[strings.Fields(s.name)[0]] = remembered(t, c).Approving
		}
	}
	if noted["install"] || !noted["approve"] {
		t.Errorf("noted by then: %v", noted)
	}
	if got := len(remembered(t, c).definitions()); got != 2 {
		t.Errorf("up starts the chaincode of %d definitions", got)
	}
}

func TestUpgradeIsRefused(t *testing.T) {
	c, _ := newConsortium(t)
	upgrade := func(program string) error {
		return c.Upgrade(t.Context(), UpgradeOptions{Chaincode: program, Build: notBuilt(t)})
	}
	if err := upgrade(""); !errors.Is(err, supervisor.ErrNotRunning) {
		t.Errorf("a network that is down: got %v", err)
	}
	if err := c.supervise(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := upgrade(""); err == nil || !strings.Contains(err.Error(), "no chaincode yet") {
		t.Errorf("a network without a chaincode: got %v", err)
	}
	before := deployed(t, c, func(*State) {})
	for _, path := range []string{"/no/such/program", c.network.Dir} {
		if err := upgrade(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("a program that is not there: got %v", err)
		}
	}
	unlock, err := c.lock()
	if err != nil {
		t.Fatal(err)
	}
	if err := upgrade(""); err == nil || !strings.Contains(err.Error(), "another command is changing this network") {
		t.Errorf("a second one at once: got %v", err)
	}
	unlock()
	if got := remembered(t, c); got != before {
		t.Errorf("got %+v", got)
	}
	deployed(t, c, func(s *State) { s.Next = 2 })
	if _, err := c.claim("/another"); !errors.Is(err, errUnfinished) {
		t.Errorf("`up` with another program before it is finished: got %v", err)
	}
}

// A new chaincode that does not serve is gone when the upgrade has failed, unless it may
// be in force.
func TestANewChaincodeThatDoesNotServe(t *testing.T) {
	for _, approving := range []bool{false, true} {
		c, _ := newConsortium(t)
		state := deployed(t, c, func(s *State) { s.Sequence, s.Next, s.Approving = 1, 2, approving })
		if err := c.supervise(t.Context()); err != nil {
			t.Fatal(err)
		}
		c.keep(t, 2, "#!/bin/sh\necho bad flag; exit 3\n")
		for _, u := range c.chaincodes([]lifecycle.Definition{definition(2)}) {
			for _, input := range u.spec.Inputs {
				if err := os.MkdirAll(filepath.Dir(input), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(input, nil, 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
		err := c.startNew(t.Context(), state, definition(2))
		if err == nil || !strings.Contains(err.Error(), "chaincode.carrier.2 died at start (exit status 3): bad flag") {
			t.Errorf("got %v", err)
		}
		running, err := c.running(t.Context())
		if err != nil || (len(running) != 0) != approving {
			t.Errorf("approving %v: there are %v, %v", approving, running, err)
		}
		if got := len(state.definitions()) == 2; got != approving {
			t.Errorf("`up` starts the new chaincode: %v", got)
		}
	}
}

// Both definitions run side by side until the upgrade is finished.
func TestTheDefinitionsOfAnUpgradeShareNothing(t *testing.T) {
	c, _ := newConsortium(t)
	taken := map[string]string{}
	for _, u := range c.chaincodes(State{Sequence: 4, Next: 5, Approving: true}.definitions()) {
		if len(u.ports) != 1 {
			t.Fatalf("%s has ports %v", u.spec.Name, u.ports)
		}
		for _, thing := range []string{u.spec.Name, topology.Address(u.ports[0]), u.spec.LogFile} {
			if other, is := taken[thing]; is {
				t.Errorf("%s and %s share %s", other, u.spec.Name, thing)
			}
			taken[thing] = u.spec.Name
		}
		if want := c.network.ChaincodeProgram(4); strings.HasSuffix(u.spec.Name, ".4") != (u.spec.Path == want) {
			t.Errorf("%s runs %s", u.spec.Name, u.spec.Path)
		}
	}
	if len(taken) != 3*2*len(topology.Members()) {
		t.Errorf("there are %v", taken)
	}
}

func TestWhatServedBeforeIsEnded(t *testing.T) {
	c, _ := newConsortium(t)
	state := deployed(t, c, func(s *State) { s.Sequence, s.Next, s.Approving = 1, 2, true })
	if err := c.supervise(t.Context()); err != nil {
		t.Fatal(err)
	}
	defs := state.definitions()
	var units []unit
	for _, u := range c.chaincodes(defs) {
		units = append(units, c.shell(u.spec.Name, "exec sleep 60", always))
	}
	if err := c.startAll(t.Context(), units); err != nil {
		t.Fatal(err)
	}
	old := c.network.ChaincodeProgram(1)
	if err := os.MkdirAll(filepath.Dir(old), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(old, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 { // it may be repeated
		if err := c.succeed(t.Context(), state, defs[0]); err != nil {
			t.Fatal(err)
		}
	}
	running, err := c.running(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range topology.Members() {
		_, before := running[chaincodeName(m, 1)]
		_, now := running[chaincodeName(m, 2)]
		if before || !now {
			t.Errorf("%s: running are %v", m.ID, running)
		}
	}
	if got := remembered(t, c); got.Sequence != 2 || got.Next != 0 || got.Approving {
		t.Errorf("got %+v", got)
	}
	if _, err := os.Stat(old); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the old program is left: %v", err)
	}
}

func TestAMembersChaincodeIsTheOneInForce(t *testing.T) {
	tests := []struct {
		sequence   int
		give, want string
	}{
		{0, "chaincode.carrier", "chaincode.carrier"},
		{1, "chaincode.carrier", "chaincode.carrier"},
		{3, "chaincode.carrier", "chaincode.carrier.3"},
		{3, "chaincode.carrier.3", "chaincode.carrier.3"},
		{3, "peer.carrier", "peer.carrier"},
		{3, "chaincode.stranger", "chaincode.stranger"},
	}
	for _, tt := range tests {
		if got := (State{Sequence: tt.sequence}).Process(tt.give); got != tt.want {
			t.Errorf("%s at %d: got %s, want %s", tt.give, tt.sequence, got, tt.want)
		}
	}
}

// A definition keeps its program while another one is built in its place.
func TestKeepProgram(t *testing.T) {
	dir := t.TempDir()
	built, kept := filepath.Join(dir, "built"), filepath.Join(dir, "chaincode", "kept")
	put := func(text string, at time.Time) {
		t.Helper()
		if err := os.WriteFile(built, []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(built, at, at); err != nil {
			t.Fatal(err)
		}
	}
	keep := func() string {
		t.Helper()
		if err := keepProgram(built, kept); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(kept)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	at := time.Now().Add(-time.Hour)
	put("first", at)
	if got := keep(); got != "first" {
		t.Errorf("got %q", got)
	}
	info, err := os.Stat(kept)
	if err != nil || info.Mode().Perm()&0o100 == 0 {
		t.Errorf("it is no program: %+v, %v", info, err)
	}
	put("first", at.Add(time.Minute))
	keep()
	if again, err := os.Stat(kept); err != nil || !again.ModTime().Equal(info.ModTime()) {
		t.Errorf("the same program is kept anew: %v", err)
	}
	put("newer", at) // of the same size and time
	if data, err := os.ReadFile(kept); err != nil || string(data) != "first" {
		t.Errorf("got %q, %v before it is kept anew", data, err)
	}
	if got := keep(); got != "newer" {
		t.Errorf("got %q", got)
	}
}
