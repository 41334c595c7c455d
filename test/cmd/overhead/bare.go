package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/test/internal/bare"
)

// direct calls the chaincode by a bare client of Fabric.
type direct struct{ *bare.Client }

func (d direct) register(ctx context.Context, p waymark.RegisterProductRequest) (waymark.Product, error) {
	return called(ctx, d.Submit, waymark.GoodsRegisterProduct, p)
}

func (d direct) read(ctx context.Context, gtin string) (waymark.Product, error) {
	return called(ctx, d.Evaluate, waymark.GoodsProduct, waymark.ProductQuery{GTIN: gtin})
}

// called makes a call that is answered with a product.
func called(ctx context.Context, call func(context.Context, string, ...[]byte) ([]byte, error), function waymark.Transaction, request any) (p waymark.Product, err error) {
	encoded, err := json.Marshal(request)
	if err != nil {
		return p, fmt.Errorf("encode request: %w", err)
	}
	answer, err := call(ctx, string(function), encoded)
	if err != nil {
		return p, err
	}
	if err := json.Unmarshal(answer, &p); err != nil {
		return p, fmt.Errorf("decode answer: %w", err)
	}
	return p, nil
}
