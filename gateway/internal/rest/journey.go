package rest

import (
	"encoding/json"
	"net/http"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// holdBody says why a shipment may not move.
type holdBody struct {
	Kind   waymark.HoldKind `json:"kind"`
	Reason string           `json:"reason"`
}

// journeyRoutes are what happens to a shipment apart from handoffs.
func journeyRoutes() []route {
	return []route{
		bodiless(submits(route{
			method: http.MethodPost, path: "/v1/shipments/{id}/ready", id: "readyShipment", tag: tagShipments,
			summary: "Make a draft ready: from then on it never changes",
		}, waymark.ShipmentsReady, waymark.Custody{}, func(p path, _ noBody) waymark.ReadyShipmentRequest {
			return waymark.ReadyShipmentRequest{Shipment: p.id}
		}, nil)),
		submits(route{
			method: http.MethodPost, path: "/v1/shipments/{id}/void", id: "voidShipment", tag: tagShipments,
			summary: "End a shipment that has not left the consignor",
		}, waymark.ShipmentsVoid, waymark.Custody{}, func(p path, b reasonBody) waymark.VoidShipmentRequest {
			return waymark.VoidShipmentRequest{Shipment: p.id, Reason: b.Reason}
		}, nil),
		bodiless(submits(route{
			method: http.MethodPost, path: "/v1/shipments/{id}/devices/{device}/detach", id: "detachDevice", tag: tagShipments,
			summary: "End that a device of this member witnesses a shipment of which it has not custody any more",
		}, waymark.ShipmentsDetach, waymark.Attachment{}, func(p path, _ noBody) waymark.DetachDeviceRequest {
			return waymark.DetachDeviceRequest{Shipment: p.id, Device: p.device}
		}, nil)),
		submits(route{
			method: http.MethodPost, path: "/v1/shipments/{id}/holds", id: "holdShipment", tag: tagShipments,
			summary: "Hold a shipment: nothing of it is offered or accepted until the hold is lifted",
		}, waymark.ShipmentsHold, waymark.Hold{}, func(p path, b holdBody) waymark.HoldRequest {
			return waymark.HoldRequest{Shipment: p.id, Kind: b.Kind, Reason: b.Reason}
		}, func(q waymark.HoldRequest, _ json.RawMessage) string { return shipmentLocation(q.Shipment) }),
		submits(route{
			method: http.MethodPost, path: "/v1/shipments/{id}/holds/{kind}/lift", id: "liftHold", tag: tagShipments,
			summary: "Lift a hold",
		}, waymark.ShipmentsLiftHold, waymark.Hold{}, func(p path, b reasonBody) waymark.HoldRequest {
			return waymark.HoldRequest{Shipment: p.id, Kind: waymark.HoldKind(p.kind), Reason: b.Reason}
		}, nil),
	}
}
