package audit

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"os"
	"time"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-gateway/pkg/hash"
	"github.com/hyperledger/fabric-gateway/pkg/identity"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/protobuf/proto"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/network/endpoints"
)

// readTimeout bounds the reading of one peer's ledger.
const readTimeout = 60 * time.Second

// Peer is a connection to one member's peer with that member's own identity.
type Peer struct {
	Member string

	connection *grpc.ClientConn
	gateway    *client.Gateway
	sign       identity.Sign
	channel    string
	chaincode  string
}

// Connect opens a connection to a member's peer, as its viewer.
func Connect(n *endpoints.Network, member string) (*Peer, error) {
	return ConnectAs(n, member, waymark.Viewer)
}

// ConnectAs opens a connection to a member's peer in one of its roles.
func ConnectAs(n *endpoints.Network, member string, role waymark.Role) (*Peer, error) {
	m := n.Members[member]
	tls, err := credentials.NewClientTLSFromFile(m.Peer.CAFile, m.Peer.ServerName)
	if err != nil {
		return nil, fmt.Errorf("read peer CA: %w", err)
	}
	id, sign, err := signer(m.MSPID, m.Identities[string(role)])
	if err != nil {
		return nil, err
	}
	connection, err := grpc.NewClient(m.Peer.Address, grpc.WithTransportCredentials(tls),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(100<<20)))
	if err != nil {
		return nil, fmt.Errorf("connect to peer: %w", err)
	}
	gateway, err := client.Connect(id, client.WithSign(sign), client.WithHash(hash.SHA256), client.WithClientConnection(connection))
	if err != nil {
		return nil, fmt.Errorf("connect to gateway service: %w", err)
	}
	return &Peer{Member: member, connection: connection, gateway: gateway, sign: sign, channel: n.Channel, chaincode: n.Chaincode}, nil
}

// Contract is a chaincode of the channel, to call it past the gateways.
func (p *Peer) Contract(chaincode string) *client.Contract {
	return p.gateway.GetNetwork(p.channel).GetContract(chaincode)
}

// Commits are the transactions of each block from now on, with what became of them, until
// ctx is done. It must be read to its end.
func (p *Peer) Commits(ctx context.Context) (<-chan *peer.FilteredBlock, error) {
	return p.gateway.GetNetwork(p.channel).FilteredBlockEvents(ctx)
}

// Close ends the connection.
func (p *Peer) Close() error {
	_ = p.gateway.Close() // only our own connection needs closing
	return p.connection.Close()
}

func signer(mspID string, files endpoints.Identity) (*identity.X509Identity, identity.Sign, error) {
	certificatePEM, err := os.ReadFile(files.CertFile)
	if err != nil {
		return nil, nil, fmt.Errorf("read certificate: %w", err)
	}
	keyPEM, err := os.ReadFile(files.KeyFile)
	if err != nil {
		return nil, nil, fmt.Errorf("read key: %w", err)
	}
	certificate, err := identity.CertificateFromPEM(certificatePEM)
	if err != nil {
		return nil, nil, fmt.Errorf("parse certificate: %w", err)
	}
	return newSigner(mspID, certificate, keyPEM)
}

func newSigner(mspID string, certificate *x509.Certificate, keyPEM []byte) (*identity.X509Identity, identity.Sign, error) {
	id, err := identity.NewX509Identity(mspID, certificate)
	if err != nil {
		return nil, nil, fmt.Errorf("make identity: %w", err)
	}
	key, err := identity.PrivateKeyFromPEM(keyPEM)
	if err != nil {
		return nil, nil, fmt.Errorf("parse key: %w", err)
	}
	sign, err := identity.NewPrivateKeySign(key)
	if err != nil {
		return nil, nil, fmt.Errorf("make signer: %w", err)
	}
	return id, sign, nil
}

// Height returns how many blocks the peer has committed.
func (p *Peer) Height(ctx context.Context) (uint64, error) {
	answer, err := p.gateway.GetNetwork(p.channel).GetContract("qscc").EvaluateWithContext(ctx, "GetChainInfo", client.WithArguments(p.channel))
	if err != nil {
		return 0, fmt.Errorf("ask %s for its height: %w", p.Member, err)
	}
	var info common.BlockchainInfo
	if err := proto.Unmarshal(answer, &info); err != nil {
		return 0, fmt.Errorf("decode chain info: %w", err)
	}
	return info.GetHeight(), nil
}

// Blocks calls visit for each block below height, in order.
func (p *Peer) Blocks(ctx context.Context, height uint64, visit func(*common.Block) error) error {
	return p.blocksFrom(ctx, 0, height, visit)
}

// blocksFrom is Blocks without those below from, which is below height.
func (p *Peer) blocksFrom(ctx context.Context, from, height uint64, visit func(*common.Block) error) error {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	events, err := p.gateway.GetNetwork(p.channel).BlockEvents(ctx, client.WithStartBlock(from))
	if err != nil {
		return fmt.Errorf("read blocks of %s: %w", p.Member, err)
	}
	var failed error
	for block := range events { // drained to its end, or the library leaks a goroutine
		if failed == nil && block.GetHeader().GetNumber() < height {
			failed = visit(block)
		}
		if failed != nil || block.GetHeader().GetNumber()+1 >= height {
			cancel()
		}
		if block.GetHeader().GetNumber()+1 == height {
			height = 0
		}
	}
	if failed == nil && height != 0 {
		return fmt.Errorf("read blocks of %s: the stream ended early", p.Member)
	}
	return failed
}

// headerHash identifies a block and, through it, all blocks before.
func headerHash(b *common.Block) [32]byte {
	h := b.GetHeader()
	return sha256.Sum256(fmt.Appendf(nil, "%d:%x:%x", h.GetNumber(), h.GetPreviousHash(), h.GetDataHash()))
}
