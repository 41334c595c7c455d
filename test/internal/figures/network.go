package figures

import (
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Network is what figures of a local network depend on.
type Network struct {
	Members       int
	Ordering      string
	BlockInterval time.Duration
}

// ObserveNetwork notes what the network is that keeps its state in dir, by the
// configuration that it was made with.
func ObserveNetwork(dir string, members int) (Network, error) {
	path := filepath.Join(dir, "config", "configtx.yaml")
	content, err := os.ReadFile(path) //nolint:gosec // the network's own
	if err != nil {
		return Network{}, fmt.Errorf("read the network's configuration: %w", err)
	}
	interval, err := time.ParseDuration(Field(string(content), "BatchTimeout"))
	if err != nil {
		return Network{}, fmt.Errorf("the block interval in %s: %w", path, err)
	}
	return Network{Members: members, Ordering: Field(string(content), "OrdererType"), BlockInterval: interval}, nil
}

// Text is the network in a few words.
func (n Network) Text() string {
	return fmt.Sprintf("%d members, ordering %s, blocks after %s", n.Members, n.Ordering, n.BlockInterval)
}

// Flat is the network, each figure with its unit in its name.
func (n Network) Flat() map[string]any {
	return map[string]any{"members_count": n.Members, "ordering": n.Ordering, "block_interval_ms": n.BlockInterval.Milliseconds()}
}
