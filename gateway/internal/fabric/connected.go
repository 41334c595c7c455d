package fabric

import (
	"context"
	"net"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc/attributes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/resolver"
)

// connected tells which of the configured peers the client has a connection to: the one that
// answers. It is the credentials of the connection, since these learn when it begins.
type connected struct {
	credentials.TransportCredentials
	peers *prometheus.GaugeVec
}

// newPeersGauge has a sample for each of peers.
func newPeersGauge(peers []Peer) *prometheus.GaugeVec {
	gauge := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "waymark_gateway_peer_connected",
		Help: "Whether the gateway is connected to a peer: 1 for the one that it uses, 0 for the others.",
	}, []string{"peer"})
	for _, peer := range peers {
		gauge.WithLabelValues(peer.Address)
	}
	return gauge
}

// addressKey is the attribute of an address that says where it was configured.
type addressKey struct{}

// configured returns the address with itself as an attribute.
func configured(a resolver.Address) resolver.Address {
	a.Attributes = attributes.New(addressKey{}, a.Addr)
	return a
}

// ClientHandshake counts the connection until it is closed.
func (c connected) ClientHandshake(ctx context.Context, authority string, raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	conn, info, err := c.TransportCredentials.ClientHandshake(ctx, authority, raw)
	if err != nil {
		return nil, nil, err //nolint:wrapcheck // in the place of the credentials' own
	}
	address, _ := credentials.ClientHandshakeInfoFromContext(ctx).Attributes.Value(addressKey{}).(string)
	open := c.peers.WithLabelValues(address)
	open.Inc()
	return &counted{Conn: conn, closed: sync.OnceFunc(open.Dec)}, info, nil
}

// Clone is part of credentials.TransportCredentials.
func (c connected) Clone() credentials.TransportCredentials {
	return connected{TransportCredentials: c.TransportCredentials.Clone(), peers: c.peers}
}

// counted is a connection that is counted while it is open.
type counted struct {
	net.Conn
	closed func()
}

// Close ends it.
func (c *counted) Close() error {
	c.closed()
	return c.Conn.Close() //nolint:wrapcheck // in the place of the connection's own
}
