package fabric

import (
	"context"
	"fmt"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
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

// lookup asks the peer for the fate of a transaction, and waits for its block until
// Timeouts.Lookup has passed. The call holds one of the peer's places meanwhile.
func (c *Client) lookup(ctx context.Context, txID string) (fate, error) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeouts.Lookup)
	defer cancel()
	s := c.self()
	request, err := proto.Marshal(&gatewaypb.CommitStatusRequest{
		ChannelId: c.cfg.Channel, TransactionId: txID, Identity: s.creator,
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
	position, err := c.positionIn(ctx, status.BlockNumber, txID)
	if err != nil {
		return fate{}, err
	}
	return fate{block: status.BlockNumber, position: position, code: status.Code}, nil
}

// inquire is lookup for a transaction that is in a block.
func (c *Client) inquire(ctx context.Context, txID string) (fate, *failure) {
	timely, cancel := context.WithTimeout(ctx, c.cfg.Timeouts.Evaluate)
	defer cancel()
	turn, err := c.turns.inquire.Take(timely)
	if err != nil {
		return fate{}, noTurn(err)
	}
	defer turn.Leave()
	f, err := c.lookup(ctx, txID)
	if err != nil {
		return fate{}, &failure{kind: statusFailed, txID: txID, cause: err}
	}
	return f, nil
}

// positionIn finds the transaction in a block that the peer has.
func (c *Client) positionIn(ctx context.Context, number uint64, txID string) (int, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	blocks, err := c.filtered(ctx, number)
	if err != nil {
		return 0, fmt.Errorf("read block %d: %w", number, err)
	}
	block, ok := <-blocks
	cancel()
	for range blocks { // drained, or its sender would wait for ever
	}
	if !ok {
		return 0, fmt.Errorf("read block %d: %w", number, errStreamEnded)
	}
	for position, tx := range block.GetFilteredTransactions() {
		if tx.GetTxid() == txID {
			return position, nil
		}
	}
	return 0, fmt.Errorf("block %d does not hold transaction %s", number, txID)
}

// Height returns how many blocks the peer has, at least one.
//
// Codes: as Evaluate.
func (c *Client) Height(ctx context.Context) (uint64, error) { return c.height(ctx) }

// height and filtered make the client the source of its stream.
func (c *Client) height(ctx context.Context) (uint64, error) {
	info, err := c.info(ctx)
	if err != nil {
		return 0, err
	}
	if info.GetHeight() == 0 {
		return 0, fmt.Errorf("the peer has no block of %s", c.cfg.Channel)
	}
	return info.GetHeight(), nil
}

// info is what the peer says of its chain.
func (c *Client) info(ctx context.Context) (*common.BlockchainInfo, error) {
	raw, failed := c.evaluate(ctx, c.turns.probe, c.self(), queryChaincode, chainInfo, c.own(client.WithArguments(c.cfg.Channel)))
	if failed != nil {
		return nil, failed.err()
	}
	info := new(common.BlockchainInfo)
	if err := proto.Unmarshal(raw, info); err != nil {
		return nil, fmt.Errorf("decode chain info: %w", err)
	}
	return info, nil
}

func (c *Client) filtered(ctx context.Context, from uint64) (<-chan *peer.FilteredBlock, error) {
	return c.self().network.FilteredBlockEvents(ctx, client.WithStartBlock(from))
}
