package fabric

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"google.golang.org/protobuf/proto"
)

// Genesis returns what tells the channel's ledger from all others: the hash of what is in its
// first block, in hexadecimal. It is empty where the peer began with a snapshot, and so has no
// such block.
//
// Codes: as Evaluate.
func (c *Client) Genesis(ctx context.Context) (string, error) {
	info, err := c.info(ctx)
	if err != nil || info.GetBootstrappingSnapshotInfo() != nil {
		return "", err
	}
	options := c.own(client.WithArguments(c.cfg.Channel, "0"))
	raw, failed := c.evaluate(ctx, c.turns.probe, c.self(), queryChaincode, blockByNumber, options)
	if failed != nil {
		return "", failed.err()
	}
	var block common.Block
	if err := proto.Unmarshal(raw, &block); err != nil {
		return "", fmt.Errorf("decode the first block: %w", err)
	}
	if block.GetHeader().GetNumber() != 0 || len(block.GetHeader().GetDataHash()) == 0 {
		return "", errors.New("the peer's first block is none")
	}
	return hex.EncodeToString(block.GetHeader().GetDataHash()), nil
}
