package consortium

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/waymark-ledger/waymark/network/internal/lifecycle"
	"github.com/waymark-ledger/waymark/network/internal/topology"
)

// State is what a network remembers between commands.
type State struct {
	BasePort int               `json:"base_port"`
	Ordering topology.Ordering `json:"ordering"`
	Channel  string            `json:"channel"`
	// Sequence is that of the chaincode's definition in force, from 1.
	Sequence int `json:"sequence,omitempty"`
	// Next is that of the definition which an unfinished upgrade leads to, 0 without one.
	Next int `json:"next,omitempty"`
	// Approving says that members have been asked to approve Next, and so may have: its
	// program is the kept one and no other. Until then Next cannot be in force.
	Approving bool `json:"approving,omitempty"`
	// Chaincode is the program to run as the chaincode; empty for the one in Bin.
	Chaincode string `json:"chaincode,omitempty"`
	// Bin is where its binaries were when it was last brought up.
	Bin string `json:"bin"`
	// Deployed says that the chaincode is committed on the channel.
	Deployed bool `json:"deployed"`
}

// LoadState reads the state of the network in dir. It returns false if there is
// no network.
func LoadState(dir string) (State, bool, error) {
	var state State
	data, err := os.ReadFile(topology.Network{Dir: dir}.StateFile())
	if errors.Is(err, os.ErrNotExist) {
		return state, false, nil
	}
	if err != nil {
		return state, false, fmt.Errorf("read network state: %w", err)
	}
	if err := json.Unmarshal(data, &state); err != nil {
		return state, false, fmt.Errorf("parse network state: %w", err)
	}
	return state, true, nil
}

// definitions are those whose chaincode is to run: the one in force, then the one that
// an unfinished upgrade leads to, once members were asked to approve it: it may be in
// force by now.
func (s State) definitions() []lifecycle.Definition {
	// A network that has no chaincode yet, or that knew of no upgrades, is at the first.
	defs := []lifecycle.Definition{definition(max(s.Sequence, 1))}
	if s.Approving {
		defs = append(defs, definition(s.Next))
	}
	return defs
}

// definition is that of a sequence. Its package ids are not filled in.
func definition(sequence int) lifecycle.Definition {
	return lifecycle.Definition{Sequence: sequence, Packages: map[string]string{}}
}

// Process is the name of the process that a user means by name: a member's chaincode
// is the one that serves the definition in force.
func (s State) Process(name string) string {
	for _, m := range topology.Members() {
		if name == chaincodeName(m, 1) {
			return chaincodeName(m, max(s.Sequence, 1))
		}
	}
	return name
}

// program is the chaincode's program.
func (s State) program(n topology.Network) string {
	if s.Chaincode != "" {
		return s.Chaincode
	}
	return n.Binary("chaincode")
}

// save writes the state in one step, for good.
func (s State) save(n topology.Network) error {
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("encode network state: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(n.StateFile()), 0o700); err != nil {
		return fmt.Errorf("make state directory: %w", err)
	}
	fresh := n.StateFile() + ".new"
	if err := os.WriteFile(fresh, append(data, '\n'), 0o600); err != nil {
		return fmt.Errorf("write network state: %w", err)
	}
	if err := replace(fresh, n.StateFile()); err != nil {
		return fmt.Errorf("write network state: %w", err)
	}
	return nil
}
