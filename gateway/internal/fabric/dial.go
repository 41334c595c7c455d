package fabric

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"sync/atomic"
	"time"

	"github.com/waymark-ledger/waymark/gateway/internal/keys"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"
)

const (
	// maxReconnectDelay caps the pause between dials. gRPC's own cap of two
	// minutes would keep a gateway down long after its peer is back.
	maxReconnectDelay = time.Second
	// keepaliveTime is the least a peer tolerates by default.
	keepaliveTime = 60 * time.Second
)

// dial makes the one connection to the peers that every session shares: to the first that
// can be reached, and when it breaks again to the first. It does not wait for a peer: a
// gateway starts before its peers do. It takes no answer that is larger than receiveBytes.
func dial(peers []Peer, receiveBytes int, creds credentials.TransportCredentials) (*grpc.ClientConn, error) {
	addresses, err := addressesOf(peers)
	if err != nil {
		return nil, err
	}
	known := manual.NewBuilderWithScheme("peers")
	known.InitialState(resolver.State{Addresses: addresses})
	conn, err := grpc.NewClient(known.Scheme()+":///"+peers[0].Address,
		grpc.WithResolvers(known),
		grpc.WithTransportCredentials(creds),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff: backoff.Config{
				BaseDelay:  100 * time.Millisecond,
				Multiplier: 1.6,
				Jitter:     0.2,
				MaxDelay:   maxReconnectDelay,
			},
			MinConnectTimeout: 5 * time.Second,
		}),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: keepaliveTime, Timeout: 20 * time.Second}),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(receiveBytes)),
	)
	if err != nil {
		return nil, fmt.Errorf("peer %s: %w", peers[0].Address, err)
	}
	return conn, nil
}

// addressesOf returns where the peers are, each with the name to expect in its certificate.
func addressesOf(peers []Peer) ([]resolver.Address, error) {
	var addresses []resolver.Address
	for _, peer := range peers {
		name := peer.ServerName
		if name == "" {
			host, _, err := net.SplitHostPort(peer.Address)
			if err != nil {
				return nil, fmt.Errorf("peer address: %w", err)
			}
			name = host
		}
		addresses = append(addresses, configured(resolver.Address{Addr: peer.Address, ServerName: name}))
	}
	return addresses, nil
}

// authorities keeps trust to what the peers' authorities are, from one connection to the next.
func authorities(peers []Peer, trust *atomic.Pointer[tls.Config]) keys.Part {
	return keys.Part{
		Name: "peers",
		Files: func() []string {
			var files []string
			for _, peer := range peers {
				files = append(files, peer.CAFile)
			}
			return files
		},
		Load: func() (keys.Loaded, error) {
			believed, err := trustFrom(peers)
			if err != nil {
				return keys.Loaded{}, err
			}
			expires := make(map[string]time.Time, len(peers))
			for _, peer := range peers {
				if expires["peer_ca/"+peer.Address], err = keys.Expiry(peer.CAFile); err != nil {
					return keys.Loaded{}, err
				}
			}
			return keys.Loaded{Expires: expires, Apply: func() { trust.Store(believed) }}, nil
		},
	}
}

// trustFrom believes the authorities of all peers.
func trustFrom(peers []Peer) (*tls.Config, error) {
	roots := x509.NewCertPool()
	for _, peer := range peers {
		pem, err := os.ReadFile(peer.CAFile)
		if err != nil {
			return nil, fmt.Errorf("read the peer's certificate authority: %w", err)
		}
		if !roots.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("the peer's certificate authority %s holds no certificate", peer.CAFile)
		}
	}
	return &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, nil
}
