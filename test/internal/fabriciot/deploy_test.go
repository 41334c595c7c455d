package fabriciot

import (
	"testing"

	"github.com/waymark-ledger/waymark/network/endpoints"
)

func TestEveryProcessHasAnAddressOfItsOwn(t *testing.T) {
	s := Site{FirstPort: 7140, Network: &endpoints.Network{Members: map[string]endpoints.Member{"b": {}, "a": {}}}}
	seen := map[string]bool{}
	for _, member := range s.members() {
		for _, contract := range Contracts() {
			seen[s.address(member, contract)] = true
		}
	}
	if len(seen) != 6 || !seen["127.0.0.1:7140"] || !seen["127.0.0.1:7145"] {
		t.Errorf("%v", seen)
	}
}

func TestStartedProcessesAreStopped(t *testing.T) {
	p := &processes{}
	if err := p.start("/bin/sleep", nil); err != nil {
		t.Fatal(err)
	}
	if err := p.start("/nowhere/at/all", nil); err == nil {
		t.Error("a program that is not there was started")
	}
	cmd := p.running[0]
	if err := p.stop(); err != nil {
		t.Fatal(err)
	}
	if cmd.ProcessState == nil || len(p.running) != 0 {
		t.Error("it was not waited for")
	}
}
