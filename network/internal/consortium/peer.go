package consortium

import (
	"path/filepath"

	"github.com/waymark-ledger/waymark/network/internal/artifact"
	"github.com/waymark-ledger/waymark/network/internal/topology"
)

// peerUnit is the peer of member m.
func peerUnit(n topology.Network, m topology.Member) unit {
	c, ports := n.Credentials(m), n.Ports(m)
	data := filepath.Join(n.MemberDir(m), "peer")
	u := newUnit(n, "peer."+m.ID, "peer", data, tierPeer)
	u.spec.Args = []string{"node", "start"}
	address := topology.Address(ports.Peer)
	u.spec.Env = append([]string{
		"FABRIC_CFG_PATH=" + n.ConfigDir(),
		"FABRIC_LOGGING_SPEC=warn",
		logFormat,
		artifact.BuilderKeyVariable + "=" + c.ChaincodeClient().Key,
		"CORE_PEER_ID=" + m.PeerHost(),
		"CORE_PEER_LOCALMSPID=" + m.ID,
		"CORE_PEER_MSPCONFIGPATH=" + c.PeerMSP(),
		"CORE_PEER_ADDRESS=" + address,
		"CORE_PEER_LISTENADDRESS=" + address,
		"CORE_PEER_CHAINCODELISTENADDRESS=" + topology.Address(ports.PeerChaincode),
		"CORE_PEER_CHAINCODEADDRESS=" + topology.Address(ports.PeerChaincode),
		"CORE_PEER_FILESYSTEMPATH=" + data,
		"CORE_LEDGER_SNAPSHOTS_ROOTDIR=" + filepath.Join(data, "snapshots"),
		// Empty: there is no container engine to look for.
		"CORE_VM_ENDPOINT=",
		"CORE_OPERATIONS_LISTENADDRESS=" + topology.Address(ports.PeerOperations),
		"CORE_METRICS_PROVIDER=disabled",
	}, peerTLS(c)...)
	u.spec.Env = append(u.spec.Env, gossip(address)...)
	u.spec.Inputs = []string{filepath.Join(n.ConfigDir(), "core.yaml"), c.PeerTLS().Cert}
	u.ports = []int{ports.Peer, ports.PeerChaincode, ports.PeerOperations}
	u.probe = both(accepts(ports.Peer), getOK(ports.PeerOperations, "/healthz", c.TLSCA().Cert))
	return u
}

// peerTLS is the TLS of the peer's listener and of its health.
func peerTLS(c topology.Credentials) []string {
	tls := c.PeerTLS()
	return []string{
		"CORE_PEER_TLS_ENABLED=true",
		"CORE_PEER_TLS_CERT_FILE=" + tls.Cert,
		"CORE_PEER_TLS_KEY_FILE=" + tls.Key,
		"CORE_PEER_TLS_ROOTCERT_FILE=" + c.TLSCA().Cert,
		"CORE_OPERATIONS_TLS_ENABLED=true",
		"CORE_OPERATIONS_TLS_CERT_FILE=" + tls.Cert,
		"CORE_OPERATIONS_TLS_KEY_FILE=" + tls.Key,
	}
}

// gossip is how the peer at address meets the other members' peers.
func gossip(address string) []string {
	return []string{
		// A transaction that anybody makes with private data of this member is not valid
		// without its endorsement. By default the peer would look for that data for a
		// minute all the same, and commit no block meanwhile.
		"CORE_PEER_GOSSIP_PVTDATA_SKIPPULLINGINVALIDTRANSACTIONSDURINGCOMMIT=true",
		// Nor for the data of a valid one that this peer endorsed too long ago to have it
		// still: whoever holds such an endorsement back could stop it for a minute a block.
		"CORE_PEER_GOSSIP_PVTDATA_PULLRETRYTHRESHOLD=1s",
		"CORE_PEER_GOSSIP_BOOTSTRAP=" + address,
		"CORE_PEER_GOSSIP_ENDPOINT=" + address,
		"CORE_PEER_GOSSIP_EXTERNALENDPOINT=" + address,
		// With the stock timers peers take 27 s to learn of one another.
		"CORE_PEER_GOSSIP_RECONNECTINTERVAL=1s",
		"CORE_PEER_GOSSIP_PUBLISHSTATEINFOINTERVAL=500ms",
		// What was said before a peer could hear it is asked for, by default every 4 s.
		"CORE_PEER_GOSSIP_REQUESTSTATEINFOINTERVAL=500ms",
	}
}
