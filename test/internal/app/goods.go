package app

import (
	"context"
	"fmt"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/network/endpoints"
)

// GTIN is the product that the tests ship.
const GTIN = "09506000134352"

// Commission makes items of GTIN, which the member registers as its product, known by
// their serial numbers, and returns them as lines of a shipment with the commit, once
// every peer has them.
func Commission(ctx context.Context, network *endpoints.Network, member string, serials ...string) ([]waymark.Line, Commit, error) {
	admin, err := New(network, member, waymark.Admin)
	if err != nil {
		return nil, Commit{}, err
	}
	if _, err = admin.RegisterProduct(ctx, waymark.RegisterProductRequest{GTIN: GTIN, Name: "vaccine"}); err != nil {
		return nil, Commit{}, fmt.Errorf("register product: %w", err)
	}
	var request waymark.CommissionRequest
	var lines []waymark.Line
	for _, serial := range serials {
		id := waymark.Item(GTIN, serial).String()
		request.Items, lines = append(request.Items, id), append(lines, waymark.Line{ID: id})
	}
	commissioned, err := admin.CommissionGoods(ctx, request)
	if err != nil {
		return nil, Commit{}, fmt.Errorf("commission items: %w", err)
	}
	for other := range network.Members {
		viewer, err := New(network, other, waymark.Viewer)
		if err != nil {
			return nil, Commit{}, err
		}
		if err := Settle(ctx, commissioned.Transaction.TxID, viewer); err != nil {
			return nil, Commit{}, err
		}
	}
	return lines, commissioned.Transaction, nil
}
