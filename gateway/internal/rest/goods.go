package rest

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// goodsRoutes are about products and the goods of them.
func goodsRoutes() []route {
	return slices.Concat(productRoutes(), actRoutes(), recallRoutes(), thingRoutes())
}

func productRoutes() []route {
	return []route{
		submits(route{
			method: http.MethodPost, path: "/v1/products", id: "registerProduct", tag: tagGoods,
			summary: "Say that a GTIN is of the caller's member",
		}, waymark.GoodsRegisterProduct, waymark.Product{}, whole[waymark.RegisterProductRequest],
			func(q waymark.RegisterProductRequest, _ json.RawMessage) string { return "/v1/products/" + q.GTIN }),
		submits(route{
			method: http.MethodPost, path: "/v1/products/{id}/regulators", id: "addRegulator", tag: tagGoods,
			summary: "Let another member recall a product, for good",
		}, waymark.GoodsAddRegulator, waymark.Product{}, func(p path, b regulatorBody) waymark.AddRegulatorRequest {
			return waymark.AddRegulatorRequest{GTIN: p.id, Regulator: b.Regulator}
		}, nil),
		evaluates(route{
			method: http.MethodGet, path: "/v1/products/{id}", id: "getProduct", tag: tagGoods,
			summary: "A product by its GTIN: whose brand it is",
		}, waymark.GoodsProduct, waymark.Product{}, func(p path) waymark.ProductQuery { return waymark.ProductQuery{GTIN: p.id} }),
	}
}

// actRoutes are what is done with goods.
func actRoutes() []route {
	return []route{
		submits(route{
			method: http.MethodPost, path: "/v1/goods:commission", id: "commissionGoods", tag: tagGoods,
			summary: "Make items of a product, or a lot in bulk, known",
		}, waymark.GoodsCommission, waymark.Commissioned{}, whole[waymark.CommissionRequest], nil),
		acts("/v1/goods:pack", "packGoods", "Put goods into a container", waymark.GoodsPack, whole[waymark.PackRequest]),
		acts("/v1/goods:unpack", "unpackGoods", "Take goods out of a container", waymark.GoodsUnpack, whole[waymark.UnpackRequest]),
		acts("/v1/goods:transform", "transformGoods", "Use goods up and make others of them", waymark.GoodsTransform, whole[waymark.TransformRequest]),
		acts("/v1/goods:decommission", "decommissionGoods", "Say that goods are no more", waymark.GoodsDecommission, whole[waymark.DecommissionRequest]),
	}
}

func recallRoutes() []route {
	return []route{
		submits(route{
			method: http.MethodPost, path: "/v1/goods:recall", id: "recallLot", tag: tagGoods, summary: "Recall a lot",
		}, waymark.GoodsRecall, waymark.LotRecalls{}, whole[waymark.RecallRequest], nil),
		submits(route{
			method: http.MethodPost, path: "/v1/goods:lift-recall", id: "liftRecall", tag: tagGoods, summary: "Lift the recall that the caller's member set",
		}, waymark.GoodsLiftRecall, waymark.LotRecalls{}, whole[waymark.LiftRecallRequest], nil),
	}
}

// thingRoutes are what is known of a thing.
func thingRoutes() []route {
	return []route{
		evaluates(route{
			method: http.MethodGet, path: "/v1/goods", id: "getGoods", tag: tagGoods, thing: true, paged: Page{Entries: "Portions", All: "Portions"},
			summary: "A thing: where it is, who has it, whose it is, the lots in it and their recalls",
		}, waymark.GoodsGet, waymark.GoodsView{}, func(p path) waymark.GoodsQuery {
			return waymark.GoodsQuery{ID: p.thing.id, Limit: p.thing.limit, Cursor: p.thing.cursor}
		}),
		evaluates(route{
			method: http.MethodGet, path: "/v1/goods/history", id: "getGoodsHistory", tag: tagGoods, thing: true,
			summary: "Where an item or container has been",
		}, waymark.GoodsHistory, waymark.ThingHistory{}, func(p path) waymark.ThingQuery { return waymark.ThingQuery{ID: p.thing.id} }),
		evaluates(route{
			method: http.MethodGet, path: "/v1/goods/acts/{id}", id: "getAct", tag: tagGoods,
			summary: "What a member did with goods: packed, unpacked, transformed or decommissioned",
		}, waymark.GoodsAct, waymark.Act{}, func(p path) waymark.ActQuery { return waymark.ActQuery{ID: p.id} }),
		evaluates(route{
			method: http.MethodGet, path: "/v1/goods/contents", id: "getContents", tag: tagGoods, thing: true, paged: Page{Entries: "Lines", All: "Contents"},
			summary: "What is directly in a container",
		}, waymark.GoodsContents, waymark.Contents{}, func(p path) waymark.ContentsQuery {
			return waymark.ContentsQuery{Container: p.thing.id, Limit: p.thing.limit, Cursor: p.thing.cursor}
		}),
		evaluates(route{
			method: http.MethodGet, path: "/v1/goods/trace", id: "traceGoods", tag: tagGoods, thing: true, traced: true, paged: Page{Entries: "Entries", All: "Traced"},
			summary: "What became of a thing, or what it came of",
		}, waymark.GoodsTrace, waymark.Trace{}, func(p path) waymark.TraceQuery {
			return waymark.TraceQuery{ID: p.thing.id, Direction: p.thing.direction, Limit: p.thing.limit, Cursor: p.thing.cursor}
		}),
		listThings(), provenanceRoute(),
	}
}

func listThings() route {
	return lists(route{
		method: http.MethodGet, path: "/v1/goods/things", id: "listThings", tag: tagGoods,
		summary: "The items, lots and containers that the caller may see, in the order of their places",
		paged:   Page{Entries: "Things", All: "Things"},
		doc:     documented{about: "The caller sees what getGoods would show: of a lot in bulk the first portions. What is in a container is with whom, and in the shipment, that has the container."},
	}, func(ctx context.Context, m Model, as ledger.Identity, q waymark.ThingsQuery) (waymark.ThingList, error) {
		return m.Things(ctx, as, q)
	})
}

func provenanceRoute() route {
	return lists(route{
		method: http.MethodGet, path: "/v1/goods/provenance", id: "getProvenance", tag: tagGoods, thing: true,
		summary: "Where an item or container comes from and where it has been: acts, containers, shipments, and the verdict of each handoff",
		doc: documented{about: "To whom getGoods shows it. Each container and shipment on the way is told to who may read that; " +
			"what may not be told is a step that says so."},
	}, func(ctx context.Context, m Model, as ledger.Identity, q waymark.ProvenanceQuery) (waymark.Provenance, error) {
		return m.Provenance(ctx, as, q)
	})
}

// acts is a route that does something with goods.
func acts[Q waymark.Validator](at, id, summary string, tx waymark.Transaction, request func(path, Q) Q) route {
	return submits(route{method: http.MethodPost, path: at, id: id, tag: tagGoods, summary: summary}, tx, waymark.Act{}, request, nil)
}

// whole is a request of which the body says all.
func whole[Q waymark.Validator](_ path, q Q) Q { return q }
