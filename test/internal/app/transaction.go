package app

import (
	"context"
	"net/url"
)

// Transaction is a transaction as GET /v1/transactions/{id} tells it.
type Transaction struct {
	TxID        string `json:"tx_id"`
	Status      string `json:"status"`
	BlockNumber uint64 `json:"block_number"`
	Position    int    `json:"position"`
	Transaction string `json:"transaction"`
}

// Transaction looks a transaction up.
func (a *App) Transaction(ctx context.Context, id string) (Transaction, error) {
	return Read[Transaction](ctx, a, "/v1/transactions/"+url.PathEscape(id))
}
