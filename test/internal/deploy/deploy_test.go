package deploy

import (
	"testing"

	"github.com/waymark-ledger/waymark/network/endpoints"
)

func TestEveryProcessHasAnAddressOfItsOwn(t *testing.T) {
	s := Site{FirstPort: 7140, Contracts: []Contract{{Name: "dc"}, {Name: "pc"}, {Name: "ac"}}, Network: &endpoints.Network{Members: map[string]endpoints.Member{"b": {}, "a": {}}}}
	seen := map[string]bool{}
	for _, member := range s.members() {
		for _, contract := range s.Contracts {
			seen[s.address(member, contract.Name)] = true
		}
	}
	if len(seen) != 6 || !seen["127.0.0.1:7140"] || !seen["127.0.0.1:7145"] {
		t.Errorf("%v", seen)
	}
}

func TestStartedProcessesAreStopped(t *testing.T) {
	p := &Processes{}
	if err := p.start("/bin/sleep", nil); err != nil {
		t.Fatal(err)
	}
	if err := p.start("/nowhere/at/all", nil); err == nil {
		t.Error("a program that is not there was started")
	}
	cmd := p.running[0]
	if pids := p.PIDs(); len(pids) != 1 || pids[0] != cmd.Process.Pid {
		t.Errorf("it runs as %v", pids)
	}
	if err := p.Stop(); err != nil {
		t.Fatal(err)
	}
	if cmd.ProcessState == nil || len(p.running) != 0 {
		t.Error("it was not waited for")
	}
}
