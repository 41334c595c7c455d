package fabric

import (
	"context"
	"fmt"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// The query system chaincode, which every peer runs, and its functions that
// return the block of a transaction and the height of the channel.
const (
	queryChaincode = "qscc"
	blockByTxID    = "GetBlockByTxID"
	chainInfo      = "GetChainInfo"
	// noSuchTx is how the peer's block index says that it has no such id.
	noSuchTx = "no such transaction ID"
)

// Transaction returns what the member's own peer holds about a transaction;
// withEnvelope adds the signed envelope.
//
// Codes: NotFound when the peer has no such transaction, which does not mean
// that it will never have it; Unavailable when the peer does not answer;
// Forbidden for an identity that is not configured; Internal for a block past
// Config.BlockBytes.
//
// The peer tells the block and the place in it only with the block itself, so
// the whole of it is held meanwhile.
func (c *Client) Transaction(ctx context.Context, as ledger.Identity, txID string, withEnvelope bool) (ledger.Transaction, error) {
	s, err := c.session(as)
	if err != nil {
		return ledger.Transaction{}, err
	}
	options := c.own(client.WithArguments(c.cfg.Channel, txID))
	raw, failed := c.evaluate(ctx, s, queryChaincode, blockByTxID, options)
	if failed != nil {
		err := failed.err()
		if mentions(status.Convert(err), noSuchTx) {
			return ledger.Transaction{}, waymark.Errorf(waymark.NotFound, "this member's peer has no transaction %s", txID)
		}
		return ledger.Transaction{}, err
	}
	var block common.Block
	if err := proto.Unmarshal(raw, &block); err != nil {
		return ledger.Transaction{}, fmt.Errorf("decode block: %w", err)
	}
	return transactionIn(&block, txID, withEnvelope)
}
