package topology

import (
	"net"
	"strconv"
)

// Ports are the TCP ports of one member's servers.
type Ports struct {
	Gateway        int // REST, HTTPS
	Peer           int // gRPC, TLS
	PeerChaincode  int // the peer's own chaincode listener, unused with chaincode as a service
	PeerOperations int // health, HTTPS
	// Chaincode is where the chaincode serves, gRPC, mutual TLS: an even definition, by
	// its sequence, and an odd one, so that two that follow one another run side by side.
	Chaincode         [2]int
	Orderer           int // gRPC, TLS, clients and other orderers
	OrdererAdmin      int // channel participation, mutual TLS
	OrdererOperations int // health, HTTPS
}

// portsPerMember leaves room for one more server of each member.
const portsPerMember = 10

// bridgeOffset is where the ports that belong to no single member begin.
const bridgeOffset = 90

// Ports returns the ports of member m.
func (n Network) Ports(m Member) Ports {
	first := n.BasePort + portsPerMember*m.index
	return Ports{
		Gateway:           first,
		Peer:              first + 1,
		PeerChaincode:     first + 2,
		PeerOperations:    first + 3,
		Chaincode:         [2]int{first + 8, first + 4},
		Orderer:           first + 5,
		OrdererAdmin:      first + 6,
		OrdererOperations: first + 7,
	}
}

// MQTTPort is the embedded broker's port.
func (n Network) MQTTPort() int { return n.BasePort + bridgeOffset }

// BridgePort is the port of the mqtt-bridge's health and metrics.
func (n Network) BridgePort() int { return n.BasePort + bridgeOffset + 1 }

// Address is host:port on the loopback interface.
func Address(port int) string { return net.JoinHostPort(Host, strconv.Itoa(port)) }
