package topology

import (
	"fmt"
	"path/filepath"
	"regexp"
)

// Ordering is the kind of ordering service.
type Ordering string

// The ordering services a network can have.
const (
	// BFT survives one of four orderers lying or being down.
	BFT Ordering = "bft"
	// Raft survives one of four orderers being down, and is lighter.
	Raft Ordering = "raft"
)

const (
	// DefaultBasePort is the first port of a network unless told otherwise.
	DefaultBasePort = 7100
	// PortSpan is how many ports a network may use from its base port on.
	PortSpan = 100
	// DefaultChannel is the ledger's channel unless told otherwise. It is also
	// the audience that device messages name.
	DefaultChannel = "waymark"
	// Chaincode is the name of the chaincode definition on the channel.
	Chaincode = "waymark"
	// Host is the one address every server of a local network listens on.
	Host = "127.0.0.1"
)

// Network is the settings of one local consortium; everything else derives
// from them.
type Network struct {
	// Dir is the absolute path of the state directory.
	Dir string
	// Bin is the absolute path of the directory of built binaries.
	Bin string
	// BasePort is the first of PortSpan ports, 1024 to 65436.
	BasePort int
	// Ordering is bft or raft.
	Ordering Ordering
	// Channel is a Fabric channel id: lower case, digits, dot and hyphen,
	// beginning with a letter, at most 249 characters.
	Channel string
}

// Validate reports the first setting that is out of its bounds.
func (n Network) Validate() error {
	channel := regexp.MustCompile(`^[a-z][a-z0-9.-]{0,248}$`)
	switch {
	case !filepath.IsAbs(n.Dir):
		return fmt.Errorf("state directory %q is not an absolute path", n.Dir)
	case !filepath.IsAbs(n.Bin):
		return fmt.Errorf("binary directory %q is not an absolute path", n.Bin)
	case n.BasePort < 1024 || n.BasePort > 65536-PortSpan:
		return fmt.Errorf("base port %d is not between 1024 and %d", n.BasePort, 65536-PortSpan)
	case n.Ordering != BFT && n.Ordering != Raft:
		return fmt.Errorf("ordering %q is neither bft nor raft", n.Ordering)
	case !channel.MatchString(n.Channel):
		return fmt.Errorf("channel %q is not lower-case letters, digits, dots and hyphens", n.Channel)
	}
	return nil
}
