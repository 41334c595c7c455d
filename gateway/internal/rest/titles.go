package rest

import (
	"encoding/json"
	"net/http"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// titleRoutes move title to the goods of a shipment in two steps.
func titleRoutes() []route {
	const at = "/v1/shipments/{id}/title"
	return []route{
		submits(route{
			method: http.MethodPost, path: at + "/offers", id: "offerTitle", tag: tagShipments,
			summary: "Offer title to the goods of a shipment to another member until a time",
		}, waymark.TitlesOffer, waymark.TitleOffer{}, func(p path, b offerBody) waymark.OfferTitleRequest {
			return waymark.OfferTitleRequest{Shipment: p.id, To: b.To, ExpiresAt: b.ExpiresAt}
		}, func(q waymark.OfferTitleRequest, _ json.RawMessage) string {
			return shipmentLocation(q.Shipment) + "/title"
		}),
		evaluates(route{
			method: http.MethodGet, path: at, id: "getTitle", tag: tagShipments,
			summary: "Who holds title to the goods of a shipment, and the last offer of it",
			purpose: true,
		}, waymark.TitlesGet, waymark.TitleView{}, shipmentQuery),
		bodiless(submits(route{
			method: http.MethodPost, path: at + "/offers/{number}/accept", id: "acceptTitle", tag: tagShipments,
			summary: "Take title to goods that is offered to this member",
		}, waymark.TitlesAccept, waymark.TitleOffer{}, func(p path, _ noBody) waymark.AcceptTitleRequest {
			return waymark.AcceptTitleRequest{Shipment: p.id, Number: p.number}
		}, nil)),
		endTitle("decline", "declineTitle", "Turn down title that is offered to this member", waymark.TitlesDecline),
		endTitle("cancel", "cancelTitle", "Withdraw an offer of title", waymark.TitlesCancel),
	}
}

func endTitle(verb, id, summary string, tx waymark.Transaction) route {
	return submits(route{
		method: http.MethodPost, path: "/v1/shipments/{id}/title/offers/{number}/" + verb, id: id, tag: tagShipments, summary: summary,
	}, tx, waymark.TitleOffer{}, func(p path, b reasonBody) waymark.EndTitleOfferRequest {
		return waymark.EndTitleOfferRequest{Shipment: p.id, Number: p.number, Reason: b.Reason}
	}, nil)
}
