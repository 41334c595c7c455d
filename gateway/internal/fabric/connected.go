package fabric

import (
	"context"
	"crypto/tls"
	"maps"
	"net"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc/attributes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/resolver"
)

// connected is the credentials of the connection to the peers: whom it believes may change from
// one handshake to the next, and what is open is known by links.
type connected struct {
	credentials.TransportCredentials // for what is no handshake
	trust                            *atomic.Pointer[tls.Config]
	links                            *links
}

func newConnected(trust *atomic.Pointer[tls.Config], l *links) connected {
	return connected{TransportCredentials: credentials.NewTLS(trust.Load()), trust: trust, links: l}
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
	conn, info, err := credentials.NewTLS(c.trust.Load()).ClientHandshake(ctx, authority, raw)
	if err != nil {
		return nil, nil, err //nolint:wrapcheck // in the place of the credentials' own
	}
	address, _ := credentials.ClientHandshakeInfoFromContext(ctx).Attributes.Value(addressKey{}).(string)
	return c.links.add(conn, address), info, nil
}

// Clone is part of credentials.TransportCredentials.
func (c connected) Clone() credentials.TransportCredentials {
	return connected{TransportCredentials: c.TransportCredentials.Clone(), trust: c.trust, links: c.links}
}

// links are the connections to peers that are open: more than one only while one takes the
// place of another.
type links struct {
	peers  *prometheus.GaugeVec
	silent *prometheus.CounterVec

	mu   sync.Mutex
	open map[*link]bool
}

// link is a connection that is open.
type link struct {
	net.Conn
	address string // as it was configured
	closed  func()
}

// newLinks has metrics with a sample for each of peers.
func newLinks(peers []Peer, registry prometheus.Registerer) *links {
	l := &links{
		peers: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "waymark_gateway_peer_connected",
			Help: "Whether the gateway is connected to a peer: 1 for the one that it uses, 0 for the others.",
		}, []string{"peer"}),
		silent: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "waymark_gateway_peer_silent_total",
			Help: "Connections to a peer that were closed since nothing came back on them.",
		}, []string{"peer"}),
		open: make(map[*link]bool),
	}
	for _, peer := range peers {
		l.peers.WithLabelValues(peer.Address)
		l.silent.WithLabelValues(peer.Address)
	}
	registry.MustRegister(l.peers, l.silent)
	return l
}

func (l *links) add(conn net.Conn, address string) *link {
	count := l.peers.WithLabelValues(address)
	added := &link{Conn: conn, address: address}
	added.closed = sync.OnceFunc(func() {
		count.Dec()
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.open, added)
	})
	count.Inc()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open[added] = true
	return added
}

// now returns those that are open.
func (l *links) now() []*link {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Collect(maps.Keys(l.open))
}

// leave closes those of some that are open still, whose peer is silent. The calls on them fail,
// and go on at the next peer.
func (l *links) leave(some []*link) {
	for _, one := range l.now() {
		if slices.Contains(some, one) {
			l.silent.WithLabelValues(one.address).Inc()
			_ = one.Close() // it is of no use any more, whatever it says
		}
	}
}

// Close ends it.
func (l *link) Close() error {
	l.closed()
	return l.Conn.Close() //nolint:wrapcheck // in the place of the connection's own
}
