package contract

import (
	"github.com/waymark-ledger/waymark/chaincode/internal/goods"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Goods is the contract for things: what they are, and where.
type Goods struct{ base }

// RegisterProduct says that a GTIN is of the caller's member.
func (*Goods) RegisterProduct(ctx Context, r waymark.RegisterProductRequest) (*waymark.Product, error) {
	return do(ctx, r, goods.RegisterProduct)
}

// Commission makes items, or a lot in bulk, known.
func (*Goods) Commission(ctx Context, r waymark.CommissionRequest) (*waymark.Commissioned, error) {
	return do(ctx, r, goods.Commission)
}
