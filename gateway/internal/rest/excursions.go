package rest

import (
	"net/http"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// releaseBody says which excursion of the shipment in the path is released, and why.
type releaseBody struct {
	Device      string `json:"device"`
	Rule        string `json:"rule"`
	First       uint64 `json:"first"` // the number of the message that opened it
	Disposition string `json:"disposition"`
}

func excursionRoutes() []route {
	return []route{
		submits(route{
			method: http.MethodPost, path: "/v1/shipments/{id}/excursions:release", id: "releaseExcursion", tag: tagShipments,
			summary: "Release a closed excursion, by quality of the title holder or of the consignee",
		}, waymark.ShipmentsReleaseExcursion, waymark.Excursion{}, func(p path, b releaseBody) waymark.ReleaseExcursionRequest {
			return waymark.ReleaseExcursionRequest{Shipment: p.id, Device: b.Device, Rule: b.Rule, First: b.First, Disposition: b.Disposition}
		}, nil),
	}
}
