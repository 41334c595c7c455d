package consortium

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/waymark-ledger/waymark/network/internal/topology"
)

// State is what a network remembers between commands.
type State struct {
	BasePort int               `json:"base_port"`
	Ordering topology.Ordering `json:"ordering"`
	Channel  string            `json:"channel"`
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

// save writes the state in one step.
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
	if err := os.Rename(fresh, n.StateFile()); err != nil {
		return fmt.Errorf("write network state: %w", err)
	}
	return nil
}
