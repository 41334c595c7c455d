package lifecycle

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/discovery"
	"github.com/hyperledger/fabric-protos-go-apiv2/gossip"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/waymark-ledger/waymark/network/internal/pki"
	"github.com/waymark-ledger/waymark/network/internal/topology"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/protobuf/proto"
)

const (
	// acquaintTimeout bounds the wait for what peers tell one another by gossip.
	acquaintTimeout = 60 * time.Second
	// askTimeout bounds one question; it is asked again.
	askTimeout   = 5 * time.Second
	acquaintPoll = 100 * time.Millisecond
)

// Acquaint returns when the peer of each member knows that those of all members run
// the chaincode by the definition of a sequence, or a later one. Until then a
// transaction that needs a peer which is not known yet has too few endorsers, though
// three of four are enough for most.
func (d *Deployer) Acquaint(ctx context.Context, sequence int) error {
	ctx, cancel := context.WithTimeout(ctx, acquaintTimeout)
	defer cancel()
	return each(func(m topology.Member) error {
		request, err := d.peersRequest(m)
		if err != nil {
			return err
		}
		conn, err := d.dial(m)
		if err != nil {
			return err
		}
		defer conn.Close()
		for {
			err := ask(ctx, discovery.NewDiscoveryClient(conn), request, sequence)
			if err == nil {
				return nil
			}
			select {
			case <-ctx.Done():
				return err
			case <-time.After(acquaintPoll):
			}
		}
	})
}

// dial prepares a connection to m's peer.
func (d *Deployer) dial(m topology.Member) (*grpc.ClientConn, error) {
	pem, err := os.ReadFile(d.network.Credentials(m).TLSCA().Cert)
	if err != nil {
		return nil, fmt.Errorf("read authority: %w", err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	trust := &tls.Config{RootCAs: roots, ServerName: m.PeerHost(), MinVersion: tls.VersionTLS12}
	conn, err := grpc.NewClient("passthrough:///"+topology.Address(d.network.Ports(m).Peer),
		grpc.WithTransportCredentials(credentials.NewTLS(trust)))
	if err != nil {
		return nil, fmt.Errorf("reach the peer: %w", err)
	}
	return conn, nil
}

// peersRequest asks for the channel's peers, signed by m's administrator.
func (d *Deployer) peersRequest(m topology.Member) (*discovery.SignedRequest, error) {
	admin := d.network.Credentials(m).Admin()
	certificate, err := os.ReadFile(admin.Cert)
	if err != nil {
		return nil, fmt.Errorf("read the administrator's certificate: %w", err)
	}
	identity, err := proto.Marshal(&msp.SerializedIdentity{Mspid: m.ID, IdBytes: certificate})
	if err != nil {
		return nil, fmt.Errorf("encode identity: %w", err)
	}
	payload, err := proto.Marshal(&discovery.Request{
		Authentication: &discovery.AuthInfo{ClientIdentity: identity},
		Queries: []*discovery.Query{{
			Channel: d.network.Channel,
			Query:   &discovery.Query_PeerQuery{PeerQuery: &discovery.PeerMembershipQuery{}},
		}},
	})
	if err != nil {
		return nil, fmt.Errorf("encode request: %w", err)
	}
	signature, err := pki.Sign(admin, payload)
	if err != nil {
		return nil, err
	}
	return &discovery.SignedRequest{Payload: payload, Signature: signature}, nil
}

// ask returns nil if the peer knows those of all members and their chaincode.
func ask(ctx context.Context, peer discovery.DiscoveryClient, request *discovery.SignedRequest, sequence int) error {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	answer, err := peer.Discover(ctx, request, grpc.WaitForReady(true))
	if err != nil {
		return fmt.Errorf("ask the peer which others it knows: %w", err)
	}
	if len(answer.GetResults()) != 1 {
		return errors.New("the peer did not answer which others it knows")
	}
	result := answer.GetResults()[0]
	if refusal := result.GetError(); refusal != nil {
		return fmt.Errorf("ask the peer which others it knows: %s", refusal.GetContent())
	}
	return complete(result.GetMembers(), sequence)
}

// complete returns an error that names the first member without a peer that runs
// the chaincode.
func complete(known *discovery.PeerMembershipResult, sequence int) error {
	runs := func(p *discovery.Peer) bool { return runsChaincode(p, sequence) }
	for _, m := range topology.Members() {
		if !slices.ContainsFunc(known.GetPeersByOrg()[m.ID].GetPeers(), runs) {
			return fmt.Errorf("the peer does not know yet that the peer of %s runs definition %d of the chaincode", m.ID, sequence)
		}
	}
	return nil
}

// runsChaincode reports whether the peer has told the others so. It does once its
// member has approved the definition, the package is installed and the definition is
// committed. What Fabric calls the version here is the sequence.
func runsChaincode(p *discovery.Peer, sequence int) bool {
	var said gossip.GossipMessage
	if err := proto.Unmarshal(p.GetStateInfo().GetPayload(), &said); err != nil {
		return false
	}
	chaincodes := said.GetStateInfo().GetProperties().GetChaincodes()
	return slices.ContainsFunc(chaincodes, func(c *gossip.Chaincode) bool {
		runs, err := strconv.Atoi(c.GetVersion())
		return err == nil && c.GetName() == topology.Chaincode && runs >= sequence
	})
}
