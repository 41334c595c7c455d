package rest

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

func shipmentRoutes() []route {
	return []route{
		submits(route{
			method: http.MethodPost, path: "/v1/shipments", id: "createShipment", tag: tagShipments,
			summary: "Create a shipment that the caller's member sends",
		}, waymark.ShipmentsCreate, waymark.Shipment{}, func(_ path, q waymark.CreateShipmentRequest) waymark.CreateShipmentRequest {
			return q
		}, func(q waymark.CreateShipmentRequest, _ json.RawMessage) string { return shipmentLocation(q.ID) }),
		lists(route{
			method: http.MethodGet, path: "/v1/shipments", id: "listShipments", tag: tagShipments,
			summary: "The shipments that the caller may see, in the order of their ids, or of their last change",
			paged:   Page{Entries: "Shipments", All: "Shipments"},
			doc:     documented{about: "Those of whose state, members or title holder the query says something else are left out. The caller sees what getShipment would show."},
		}, func(ctx context.Context, m Model, as ledger.Identity, q waymark.ShipmentsQuery) (waymark.ShipmentList, error) {
			return m.Shipments(ctx, as, q)
		}),
		evaluates(route{
			method: http.MethodGet, path: "/v1/shipments/{id}", id: "getShipment", tag: tagShipments,
			summary: "A shipment with its custody, condition, handoffs and excursions",
			purpose: true,
		}, waymark.ShipmentsGet, waymark.ShipmentView{}, shipmentQuery),
		evaluates(route{
			method: http.MethodGet, path: "/v1/shipments/{id}/history", id: "getShipmentHistory", tag: tagShipments,
			summary: "What happened to a shipment, oldest first, with the transaction of each",
			purpose: true,
		}, waymark.ShipmentsHistory, waymark.History{}, shipmentQuery),
		submits(route{
			method: http.MethodPost, path: "/v1/shipments/{id}/devices", id: "attachDevice", tag: tagShipments,
			summary: "Make a device witness the conditions of a shipment",
		}, waymark.ShipmentsAttach, waymark.Attachment{}, func(p path, b deviceBody) waymark.AttachDeviceRequest {
			return waymark.AttachDeviceRequest{Shipment: p.id, Device: b.Device}
		}, func(q waymark.AttachDeviceRequest, _ json.RawMessage) string { return shipmentLocation(q.Shipment) }),
	}
}

func shipmentQuery(p path) waymark.ShipmentQuery {
	return waymark.ShipmentQuery{Shipment: p.id, Purpose: p.purpose}
}

// shipmentLocation is where a shipment is, and with it what was added to it.
func shipmentLocation(id string) string { return "/v1/shipments/" + id }
