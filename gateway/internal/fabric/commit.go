package fabric

import (
	"context"
	"fmt"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	gatewaypb "github.com/hyperledger/fabric-protos-go-apiv2/gateway"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"google.golang.org/protobuf/proto"
)

// fate is what became of a transaction that is in a block.
type fate struct {
	block    uint64
	position int
	code     peer.TxValidationCode
}

func (f fate) of(txID string) ledger.Fate {
	return ledger.Fate{TxID: txID, BlockNumber: f.block, Position: f.position, Status: f.code.String()}
}

// commits tells what became of transactions. It asks the peer for each one; a
// stream of blocks can take its place without a change elsewhere.
type commits struct {
	channel string
}

// fate waits until the transaction is in a block, or ctx is done. Each waiting
// call holds one of the peer's gateway slots (500 by default).
func (c commits) fate(ctx context.Context, s *session, txID string) (fate, error) {
	request, err := proto.Marshal(&gatewaypb.CommitStatusRequest{
		ChannelId: c.channel, TransactionId: txID, Identity: s.creator,
	})
	if err != nil {
		return fate{}, fmt.Errorf("encode commit status request: %w", err)
	}
	signed, err := proto.Marshal(&gatewaypb.SignedCommitStatusRequest{Request: request})
	if err != nil {
		return fate{}, fmt.Errorf("encode commit status request: %w", err)
	}
	commit, err := s.gateway.NewCommit(signed) // signs when it asks
	if err != nil {
		return fate{}, fmt.Errorf("commit status request: %w", err)
	}
	status, err := commit.StatusWithContext(ctx)
	if err != nil {
		return fate{}, fmt.Errorf("commit status of %s: %w", txID, err)
	}
	position, err := positionIn(ctx, s, status.BlockNumber, txID)
	if err != nil {
		return fate{}, err
	}
	return fate{block: status.BlockNumber, position: position, code: status.Code}, nil
}

// positionIn finds the transaction in a block that has been committed.
func positionIn(ctx context.Context, s *session, number uint64, txID string) (int, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	blocks, err := s.network.FilteredBlockEvents(ctx, client.WithStartBlock(number))
	if err != nil {
		return 0, fmt.Errorf("read block %d: %w", number, err)
	}
	block, ok := <-blocks
	cancel()
	for range blocks { // drained, or its sender would wait for ever
	}
	if !ok {
		return 0, fmt.Errorf("read block %d: the peer ended the stream", number)
	}
	for position, tx := range block.GetFilteredTransactions() {
		if tx.GetTxid() == txID {
			return position, nil
		}
	}
	return 0, fmt.Errorf("block %d does not hold transaction %s", number, txID)
}
