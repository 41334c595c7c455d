package rest

import (
	"encoding/json"
	"net/http"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

func goodsRoutes() []route {
	return []route{
		submits(route{
			method: http.MethodPost, path: "/v1/products", id: "registerProduct", tag: tagGoods,
			summary: "Say that a GTIN is of the caller's member",
		}, waymark.GoodsRegisterProduct, waymark.Product{}, whole[waymark.RegisterProductRequest],
			func(q waymark.RegisterProductRequest, _ json.RawMessage) string { return "/v1/products/" + q.GTIN }),
		submits(route{
			method: http.MethodPost, path: "/v1/goods:commission", id: "commissionGoods", tag: tagGoods,
			summary: "Make items of a product, or a lot in bulk, known",
		}, waymark.GoodsCommission, waymark.Commissioned{}, whole[waymark.CommissionRequest], nil),
	}
}

// whole is a request of which the body says all.
func whole[Q waymark.Validator](_ path, q Q) Q { return q }
