package consortium

import (
	"path/filepath"
	"strconv"

	"github.com/waymark-ledger/waymark/network/internal/lifecycle"
	"github.com/waymark-ledger/waymark/network/internal/supervisor"
	"github.com/waymark-ledger/waymark/network/internal/topology"
)

// The tiers of the network, in the order in which they start.
const (
	tierOrderer = iota + 1
	tierPeer
	tierChaincode
	tierGateway
	tierBridge
)

// bridgeName is the name of the one process that is no member's own.
const bridgeName = "mqtt-bridge"

// logFormat is Fabric's own format without its colours: logs are files.
const logFormat = "FABRIC_LOGGING_FORMAT=%{time:2006-01-02T15:04:05.000Z07:00} %{level} [%{module}] %{shortfunc}: %{message}"

// unit is a process together with what must be known to start it.
type unit struct {
	spec supervisor.Spec
	// ports are what it listens on.
	ports []int
	// probe is how to tell that it serves.
	probe probe
}

// newUnit fills in what all processes have in common.
func newUnit(n topology.Network, name, program, dir string, tier int) unit {
	return unit{spec: supervisor.Spec{
		Name: name, Path: n.Binary(program), Dir: dir, Tier: tier, LogFile: n.LogFile(name),
	}}
}

// chaincodeName is the process of member m that serves a definition of the chaincode.
// With the first definition, which most networks keep, it is the member's alone.
func chaincodeName(m topology.Member, sequence int) string {
	if sequence == 1 {
		return "chaincode." + m.ID
	}
	return "chaincode." + m.ID + "." + strconv.Itoa(sequence)
}

// chaincodeUnit is the chaincode process of member m for a definition, which serves
// its peer alone. It is the one kind of process that comes back by itself.
func chaincodeUnit(n topology.Network, m topology.Member, def lifecycle.Definition) unit {
	c, port := n.Credentials(m), n.Ports(m).Chaincode[def.Sequence%2]
	u := newUnit(n, chaincodeName(m, def.Sequence), "chaincode", filepath.Join(n.MemberDir(m), "chaincode"), tierChaincode)
	u.spec.Path = n.ChaincodeProgram(def.Sequence)
	u.spec.Restart = true
	u.spec.Env = []string{
		"CHAINCODE_ID=" + def.Packages[m.ID],
		"CHAINCODE_SERVER_ADDRESS=" + topology.Address(port),
		"CHAINCODE_TLS_CERT_FILE=" + c.ChaincodeServer().Cert,
		"CHAINCODE_TLS_KEY_FILE=" + c.ChaincodeServer().Key,
		"CHAINCODE_TLS_CLIENT_CA_FILE=" + c.TLSCA().Cert,
	}
	u.spec.Inputs = []string{c.ChaincodeServer().Cert, c.TLSCA().Cert}
	u.ports = []int{port}
	u.probe = accepts(port)
	return u
}

// gatewayUnit is the REST gateway of member m.
func gatewayUnit(n topology.Network, m topology.Member) unit {
	c, port := n.Credentials(m), n.Ports(m).Gateway
	u := newUnit(n, "gateway."+m.ID, "gateway", filepath.Join(n.MemberDir(m), "gateway"), tierGateway)
	u.spec.Args = []string{"--config", n.GatewayConfig(m)}
	u.spec.Inputs = []string{n.GatewayConfig(m), n.TokensFile(m), c.GatewayTLS().Cert}
	u.ports = []int{port}
	u.probe = getOK(port, "/healthz", c.TLSCA().Cert)
	return u
}

// bridgeUnit is the mqtt-bridge of member m.
func bridgeUnit(n topology.Network, m topology.Member) unit {
	u := newUnit(n, bridgeName, "mqtt-bridge", n.BridgeDir(), tierBridge)
	u.spec.Args = []string{"--config", n.BridgeConfig()}
	u.spec.Inputs = []string{n.BridgeConfig(), n.Credentials(m).BrokerTLS().Cert}
	u.ports = []int{n.MQTTPort(), n.BridgePort()}
	u.probe = getPlainOK(n.BridgePort(), "/readyz")
	return u
}

// forEach is one unit for each member.
func forEach(make func(topology.Member) unit) []unit {
	var units []unit
	for _, m := range topology.Members() {
		units = append(units, make(m))
	}
	return units
}
