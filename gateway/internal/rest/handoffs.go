package rest

import (
	"encoding/json"
	"net/http"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

func handoffRoutes() []route {
	return []route{
		submits(route{
			method: http.MethodPost, path: "/v1/shipments/{id}/handoffs", id: "offerHandoff", tag: tagShipments,
			summary: "Offer custody of a shipment to another member",
		}, waymark.ShipmentsOffer, waymark.Handoff{}, func(p path, b offerBody) waymark.OfferHandoffRequest {
			return waymark.OfferHandoffRequest{Shipment: p.id, To: b.To, ExpiresAt: b.ExpiresAt}
		}, func(q waymark.OfferHandoffRequest, _ json.RawMessage) string { return shipmentLocation(q.Shipment) }),
		submits(route{
			method: http.MethodPost, path: "/v1/shipments/{id}/handoffs/{number}/accept", id: "acceptHandoff", tag: tagShipments,
			summary: "Accept an offered handoff, with attestations, and with exceptions or a reservation where they are called for",
		}, waymark.ShipmentsAccept, waymark.Handoff{}, func(p path, b acceptBody) waymark.AcceptHandoffRequest {
			return waymark.AcceptHandoffRequest{Shipment: p.id, Number: p.number, Reservation: b.Reservation,
				Attestations: b.Attestations, Exceptions: b.Exceptions, Checked: b.Checked}
		}, nil),
		submits(route{
			method: http.MethodPost, path: "/v1/shipments/{id}/handoffs/{number}/waive-claim", id: "waiveClaim", tag: tagShipments,
			summary: "Give up what is left of the claim window of a handoff that the caller's member accepted with reservation",
		}, waymark.ShipmentsWaiveClaim, waymark.Discrepancy{}, func(p path, b reasonBody) waymark.WaiveClaimRequest {
			return waymark.WaiveClaimRequest{Shipment: p.id, Number: p.number, Reason: b.Reason}
		}, nil),
		endHandoff("reject", "rejectHandoff", "Reject a handoff that was offered to the caller's member", waymark.ShipmentsReject),
		endHandoff("cancel", "cancelHandoff", "Cancel a handoff that the caller's member offered", waymark.ShipmentsCancel),
	}
}

func endHandoff(verb, id, summary string, tx waymark.Transaction) route {
	return submits(route{
		method: http.MethodPost, path: "/v1/shipments/{id}/handoffs/{number}/" + verb, id: id, tag: tagShipments, summary: summary,
	}, tx, waymark.Handoff{}, func(p path, b reasonBody) waymark.EndHandoffRequest {
		return waymark.EndHandoffRequest{Shipment: p.id, Number: p.number, Reason: b.Reason}
	}, nil)
}
