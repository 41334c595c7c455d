package lifecycle

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/waymark-ledger/waymark/network/internal/topology"
)

// Definition is a definition of the chaincode, as the members agree on it.
type Definition struct {
	// Sequence counts the definitions from 1. It is the version, too: each definition
	// stands for another program.
	Sequence int
	// Packages holds the id of the package that each member installs, by member id.
	Packages map[string]string
}

// JoinOrderers makes every orderer a node of the channel's ordering service. It
// may be repeated.
func (d *Deployer) JoinOrderers(ctx context.Context) error {
	n := d.network
	return each(func(m topology.Member) error {
		c := n.Credentials(m)
		said, err := d.run(ctx, "osnadmin", nil, "channel", "join",
			"--channelID", n.Channel, "--config-block", n.GenesisBlock(),
			"-o", topology.Address(n.Ports(m).OrdererAdmin), "--ca-file", c.TLSCA().Cert,
			"--client-cert", c.OrdererAdmin().Cert, "--client-key", c.OrdererAdmin().Key)
		if err != nil {
			return err
		}
		// osnadmin exits with 0 whatever the orderer answered.
		if !strings.Contains(said, "Status: 201") && !strings.Contains(said, "channel already exists") {
			return fmt.Errorf("osnadmin channel join: %s", said)
		}
		return nil
	})
}

// JoinPeers makes every peer keep the channel's ledger. It may be repeated. The
// peers join one after another: a peer that is called by another before it has
// joined refuses it, and is called again only seconds later.
func (d *Deployer) JoinPeers(ctx context.Context) error {
	for _, m := range topology.Members() {
		err := d.peer(ctx, m, "channel", "join", "-b", d.network.GenesisBlock())
		if err := unless(err, "already exists"); err != nil {
			return fmt.Errorf("%s: %w", m.ID, err)
		}
	}
	return nil
}

// Install gives each peer its member's chaincode package. It may be repeated.
func (d *Deployer) Install(ctx context.Context, def Definition) error {
	return each(func(m topology.Member) error {
		err := d.peer(ctx, m, "lifecycle", "chaincode", "install", d.network.Package(m, def.Sequence))
		return unless(err, "already successfully installed")
	})
}

// Approve has each member approve the definition with its own package. It may be
// repeated.
func (d *Deployer) Approve(ctx context.Context, def Definition) error {
	return each(func(m topology.Member) error {
		args := append([]string{"lifecycle", "chaincode", "approveformyorg", "--package-id", def.Packages[m.ID]}, d.definition(def)...)
		if err := d.submit(ctx, m, args...); err != nil && !approvedBefore(err.Error()) {
			return err
		}
		return nil
	})
}

// submit runs a peer command that submits a transaction, again if another one came first:
// a command that was killed may have left one on its way. The second time the peer says
// what has been done.
func (d *Deployer) submit(ctx context.Context, m topology.Member, args ...string) error {
	err := d.peer(ctx, m, args...)
	if err != nil && strings.Contains(err.Error(), "MVCC_READ_CONFLICT") {
		return d.peer(ctx, m, args...)
	}
	return err
}

// approvedBefore tells Fabric's two ways to say that this very definition has
// been approved: while it is not committed, and afterwards.
func approvedBefore(said string) bool {
	if strings.Contains(said, "attempted to redefine uncommitted sequence") {
		return strings.Contains(said, "with unchanged content")
	}
	return strings.Contains(said, "attempted to redefine the current committed sequence") &&
		!strings.Contains(said, "with different parameters")
}

// Commit makes the approved definition the channel's. It may be repeated.
func (d *Deployer) Commit(ctx context.Context, def Definition) error {
	members := topology.Members()
	args := append([]string{"lifecycle", "chaincode", "commit"}, d.definition(def)...)
	for _, m := range members {
		args = append(args, "--peerAddresses", topology.Address(d.network.Ports(m).Peer),
			"--tlsRootCertFiles", d.network.Credentials(m).TLSCA().Cert)
	}
	// The sequence to commit next is 2 once 1 has been committed.
	return unless(d.submit(ctx, members[0], args...), "new definition must be sequence "+strconv.Itoa(def.Sequence+1))
}

// definition is the flags that say what is approved and committed. All go to
// the first orderer: it leads a new BFT ordering service, and any other waits a
// second before it passes a transaction on.
func (d *Deployer) definition(def Definition) []string {
	sequence := strconv.Itoa(def.Sequence)
	n, first := d.network, topology.Members()[0]
	return []string{
		"--channelID", n.Channel, "--name", topology.Chaincode,
		"--version", sequence, "--sequence", sequence,
		"--signature-policy", topology.MostOf("peer"),
		"-o", topology.Address(n.Ports(first).Orderer), "--tls", "--cafile", n.Credentials(first).TLSCA().Cert,
	}
}

// Answer asks the chaincode for its metadata, which every contract has, on each
// peer: peer, chaincode process and the TLS between them work.
func (d *Deployer) Answer(ctx context.Context) error {
	query := fmt.Sprintf(`{"Args":[%q]}`, "org.hyperledger.fabric:GetMetadata")
	return each(func(m topology.Member) error {
		return d.peer(ctx, m, "chaincode", "query", "-C", d.network.Channel, "-n", topology.Chaincode, "-c", query)
	})
}
