package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/waymark-ledger/waymark/gateway/client"
)

// settlePoll is the pause between two questions.
const settlePoll = 20 * time.Millisecond

// Settle waits until each app's peer has committed a transaction: a write is
// answered by the peer of the member that made it, and the others follow.
func Settle(ctx context.Context, txID string, apps ...*App) error {
	for _, a := range apps {
		for {
			tx, err := a.Transaction(ctx, client.TransactionQuery{TxID: txID})
			if err == nil && tx.Settled() {
				break
			}
			select {
			case <-time.After(settlePoll):
			case <-ctx.Done():
				return errors.Join(fmt.Errorf("transaction %.8s at %s: %w", txID, a.Member, ctx.Err()), err)
			}
		}
	}
	return nil
}
