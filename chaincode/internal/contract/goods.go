package contract

import (
	"github.com/waymark-ledger/waymark/chaincode/rules/goods"
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

// AddRegulator lets another member recall a product.
func (*Goods) AddRegulator(ctx Context, r waymark.AddRegulatorRequest) (*waymark.Product, error) {
	return do(ctx, r, goods.AddRegulator)
}

// Pack puts goods into a container.
func (*Goods) Pack(ctx Context, r waymark.PackRequest) (*waymark.Act, error) {
	return do(ctx, r, goods.Pack)
}

// Unpack takes goods out of a container.
func (*Goods) Unpack(ctx Context, r waymark.UnpackRequest) (*waymark.Act, error) {
	return do(ctx, r, goods.Unpack)
}

// Transform uses goods up and makes others of them.
func (*Goods) Transform(ctx Context, r waymark.TransformRequest) (*waymark.Act, error) {
	return do(ctx, r, goods.Transform)
}

// Decommission says that goods are no more.
func (*Goods) Decommission(ctx Context, r waymark.DecommissionRequest) (*waymark.Act, error) {
	return do(ctx, r, goods.Decommission)
}

// Recall sets the caller's member's recall of a lot.
func (*Goods) Recall(ctx Context, r waymark.RecallRequest) (*waymark.LotRecalls, error) {
	return do(ctx, r, goods.Recall)
}

// LiftRecall ends it.
func (*Goods) LiftRecall(ctx Context, r waymark.LiftRecallRequest) (*waymark.LotRecalls, error) {
	return do(ctx, r, goods.LiftRecall)
}

// Product returns a product.
func (*Goods) Product(ctx Context, q waymark.ProductQuery) (*waymark.Product, error) {
	return do(ctx, q, goods.Product)
}

// Get returns a thing with where it is now.
func (*Goods) Get(ctx Context, q waymark.GoodsQuery) (*waymark.GoodsView, error) {
	return do(ctx, q, goods.Get)
}

// Contents returns what is directly in a container.
func (*Goods) Contents(ctx Context, q waymark.ContentsQuery) (*waymark.Contents, error) {
	return do(ctx, q, goods.Contents)
}

// Trace returns what became of a thing, or what it came of.
func (*Goods) Trace(ctx Context, q waymark.TraceQuery) (*waymark.Trace, error) {
	return do(ctx, q, goods.Trace)
}

// History returns what the record of a thing has been.
func (*Goods) History(ctx Context, q waymark.ThingQuery) (*waymark.ThingHistory, error) {
	return do(ctx, q, goods.History)
}

// Act returns what a member did with goods.
func (*Goods) Act(ctx Context, q waymark.ActQuery) (*waymark.Act, error) {
	return do(ctx, q, goods.Read)
}
