package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/waymark-ledger/waymark/network/internal/topology"
)

// commandTimeout bounds one call of a Fabric command.
const commandTimeout = 60 * time.Second

// Deployer administers the channel of one network.
type Deployer struct {
	network topology.Network
}

// New returns the deployer of a network.
func New(n topology.Network) *Deployer { return &Deployer{network: n} }

// peerEnvironment is what the peer command needs to act as the administrator of
// member m on m's own peer.
func peerEnvironment(n topology.Network, m topology.Member) []string {
	c := n.Credentials(m)
	return []string{
		"FABRIC_CFG_PATH=" + n.ConfigDir(),
		"FABRIC_LOGGING_SPEC=error",
		"CORE_PEER_LOCALMSPID=" + m.ID,
		"CORE_PEER_MSPCONFIGPATH=" + c.AdminMSP(),
		"CORE_PEER_ADDRESS=" + topology.Address(n.Ports(m).Peer),
		"CORE_PEER_TLS_ENABLED=true",
		"CORE_PEER_TLS_ROOTCERT_FILE=" + c.TLSCA().Cert,
	}
}

// peer runs the peer command as the administrator of m.
func (d *Deployer) peer(ctx context.Context, m topology.Member, args ...string) error {
	_, err := d.run(ctx, "peer", peerEnvironment(d.network, m), args...)
	return err
}

// run runs one of Fabric's commands and returns what it said, as does its error.
func (d *Deployer) run(ctx context.Context, name string, env []string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, d.network.Binary(name), args...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")}, env...)
	out, err := cmd.CombinedOutput()
	said := strings.TrimSpace(string(out))
	if err == nil {
		return said, nil
	}
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return "", fmt.Errorf("%s %s: %w: %s", name, verb(args), err, said)
}

// verb is the part of a command line before its first flag.
func verb(args []string) string {
	for i, arg := range args {
		if strings.HasPrefix(arg, "-") {
			return strings.Join(args[:i], " ")
		}
	}
	return strings.Join(args, " ")
}

// unless returns err, or nil if it says that the thing was done before.
func unless(err error, done string) error {
	if err != nil && strings.Contains(err.Error(), done) {
		return nil
	}
	return err
}

// each calls do for all members at once and joins their errors, each with the
// member's name.
func each(do func(topology.Member) error) error {
	members := topology.Members()
	results := make(chan error, len(members))
	for _, m := range members {
		go func() {
			err := do(m)
			if err != nil {
				err = fmt.Errorf("%s: %w", m.ID, err)
			}
			results <- err
		}()
	}
	var failures []error
	for range members {
		failures = append(failures, <-results)
	}
	return errors.Join(failures...)
}
