package artifact

import (
	"fmt"
	"strings"

	"github.com/waymark-ledger/waymark/network/internal/topology"
)

// BridgeOwner is the id of the member that runs the mqtt-bridge.
const BridgeOwner = "producer"

// MQTTURL is where devices connect.
func MQTTURL(n topology.Network) string { return "ssl://" + topology.Address(n.MQTTPort()) }

// WriteBridge writes the configuration of the mqtt-bridge of member m.
func WriteBridge(n topology.Network, m topology.Member) error {
	c := n.Credentials(m)
	var b strings.Builder
	b.WriteString("# Written by `network up`.\n")
	fmt.Fprintf(&b, "consortium: %s\nbroker: embedded\n", n.Channel)
	fmt.Fprintf(&b, "embedded:\n  listen: %q\n  cert_file: %q\n  key_file: %q\n",
		topology.Address(n.MQTTPort()), c.BrokerTLS().Cert, c.BrokerTLS().Key)
	fmt.Fprintf(&b, "gateway:\n  url: %q\n  ca_file: %q\n  token_file: %q\n",
		"https://"+topology.Address(n.Ports(m).Gateway), c.TLSCA().Cert, c.Token(topology.RoleRelay))
	fmt.Fprintf(&b, "spool_dir: %q\n", n.BridgeSpool())
	fmt.Fprintf(&b, "listen: %q\n", topology.Address(n.BridgePort()))
	return writeFile(n.BridgeConfig(), []byte(b.String()), 0o600)
}
