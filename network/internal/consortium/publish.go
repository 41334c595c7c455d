package consortium

import (
	"fmt"
	"os"

	"github.com/waymark-ledger/waymark/network/endpoints"
	"github.com/waymark-ledger/waymark/network/internal/artifact"
	"github.com/waymark-ledger/waymark/network/internal/topology"
)

// publish writes endpoints.json.
func (c *Consortium) publish() error {
	n := c.network
	out := endpoints.Network{
		Channel: n.Channel, Chaincode: topology.Chaincode, Consortium: n.Channel,
		MQTT:    endpoints.MQTT{URL: artifact.MQTTURL(n), CAFile: n.Credentials(bridgeOwner()).TLSCA().Cert},
		Bridge:  endpoints.Bridge{URL: "http://" + topology.Address(n.BridgePort()), TokenFile: n.BridgeToken()},
		Members: make(map[string]endpoints.Member),
	}
	for _, m := range topology.Members() {
		member, err := memberEndpoints(n, m)
		if err != nil {
			return err
		}
		out.Members[m.ID] = member
	}
	return out.Save(n.EndpointsFile())
}

// memberEndpoints is where member m can be reached, and as whom.
func memberEndpoints(n topology.Network, m topology.Member) (endpoints.Member, error) {
	c, ports := n.Credentials(m), n.Ports(m)
	ca := c.TLSCA().Cert
	member := endpoints.Member{
		MSPID:         m.ID,
		GatewayURL:    gatewayURL(n, m),
		CAFile:        ca,
		AuthorityFile: c.CA().Cert,
		Tokens:        make(map[string]string),
		Peer:          endpoints.Node{Address: topology.Address(ports.Peer), CAFile: ca, ServerName: m.PeerHost()},
		Orderer:       endpoints.Node{Address: topology.Address(ports.Orderer), CAFile: ca, ServerName: m.OrdererHost()},
		Identities:    make(map[string]endpoints.Identity),
	}
	for _, role := range topology.Roles() {
		token, err := os.ReadFile(c.Token(role))
		if err != nil {
			return endpoints.Member{}, fmt.Errorf("read token: %w", err)
		}
		member.Tokens[role] = string(token)
		identity := c.Identity(role)
		member.Identities[role] = endpoints.Identity{CertFile: identity.Cert, KeyFile: identity.Key}
	}
	return member, nil
}
