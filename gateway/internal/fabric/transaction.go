package fabric

import (
	"context"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"google.golang.org/grpc/status"
)

// The query system chaincode, which every peer runs, and its functions.
const (
	queryChaincode  = "qscc"
	blockByTxID     = "GetBlockByTxID"
	blockByNumber   = "GetBlockByNumber"
	transactionByID = "GetTransactionByID"
	chainInfo       = "GetChainInfo"

	// The system chaincode that has the configuration, and its function.
	configChaincode = "cscc"
	configBlockNow  = "GetConfigBlock"
	// noSuchTx is how the peer's block index says that it has no such id.
	noSuchTx = "no such transaction ID"
)

// smallBlock is the largest block that a question for a transaction holds without asking for room:
// with maxFetches at once, and about five times a block in memory, 80 MiB at most. An ordinary one is smaller.
const smallBlock = 1 << 20

// Transaction returns what the member's own peer holds about a transaction;
// withEnvelope adds the signed envelope. If its block is larger than 1 MiB room is called
// before that is fetched, and its error returned.
//
// Codes: NotFound when the peer has no such transaction, which does not mean
// that it will never have it; Unavailable when the peer does not answer;
// Forbidden for an identity that is not configured; Internal for a block past
// Config.BlockBytes.
//
// The peer tells the block and the place in it only with the block itself, so
// the whole of it is held meanwhile.
func (c *Client) Transaction(ctx context.Context, as ledger.Identity, txID string, withEnvelope bool, room func() error) (ledger.Transaction, error) {
	s, err := c.session(as)
	if err != nil {
		return ledger.Transaction{}, err
	}
	_, block, err := c.blockOf(ctx, s, txID, smallBlock)
	if mentions(status.Convert(err), textTooLarge) {
		if err := room(); err != nil {
			return ledger.Transaction{}, err
		}
		_, block, err = c.blockOf(ctx, s, txID, c.cfg.BlockBytes)
	}
	if err != nil {
		return ledger.Transaction{}, err
	}
	return transactionIn(block, txID, withEnvelope)
}

// unknown makes NotFound of the way in which a peer says that it has no such transaction.
func unknown(err error, txID string) error {
	if mentions(status.Convert(err), noSuchTx) {
		return waymark.Errorf(waymark.NotFound, "this member's peer has no transaction %s", txID)
	}
	return err
}
