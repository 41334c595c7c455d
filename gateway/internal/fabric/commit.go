package fabric

import (
	"context"
	"fmt"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	gatewaypb "github.com/hyperledger/fabric-protos-go-apiv2/gateway"
	"google.golang.org/protobuf/proto"
)

// commits tells what became of transactions. It asks the peer for each one; a
// stream of blocks can take its place without a change elsewhere.
type commits struct {
	channel string
}

// fate waits until the transaction is in a block, or ctx is done. Each waiting
// call holds one of the peer's gateway slots (500 by default).
func (c commits) fate(ctx context.Context, s *session, txID string) (*client.Status, error) {
	request, err := proto.Marshal(&gatewaypb.CommitStatusRequest{
		ChannelId: c.channel, TransactionId: txID, Identity: s.creator,
	})
	if err != nil {
		return nil, fmt.Errorf("encode commit status request: %w", err)
	}
	signed, err := proto.Marshal(&gatewaypb.SignedCommitStatusRequest{Request: request})
	if err != nil {
		return nil, fmt.Errorf("encode commit status request: %w", err)
	}
	commit, err := s.gateway.NewCommit(signed) // signs when it asks
	if err != nil {
		return nil, fmt.Errorf("commit status request: %w", err)
	}
	status, err := commit.StatusWithContext(ctx)
	if err != nil {
		return nil, fmt.Errorf("commit status of %s: %w", txID, err)
	}
	return status, nil
}
