package app

import (
	"context"

	"github.com/waymark-ledger/waymark/gateway/client"
)

// Transaction looks a transaction up.
func (a *App) Transaction(ctx context.Context, id string) (client.Transaction, error) {
	return a.Client.Transaction(ctx, id, false)
}
