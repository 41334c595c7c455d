package rest

import (
	"encoding/json"
	"net/http"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// transferRoutes move a device to another owner in two steps.
func transferRoutes() []route {
	const at = "/v1/devices/{id}/transfer"
	return []route{
		submits(route{
			method: http.MethodPost, path: at, id: "offerTransfer", tag: tagTransfers,
			summary: "Offer a device to another member until a time",
		}, waymark.DevicesOfferTransfer, waymark.Transfer{}, func(p path, b offerBody) waymark.OfferTransferRequest {
			return waymark.OfferTransferRequest{Device: p.id, To: b.To, ExpiresAt: b.ExpiresAt}
		}, func(q waymark.OfferTransferRequest, _ json.RawMessage) string {
			return "/v1/devices/" + q.Device + "/transfer"
		}),
		evaluates(route{
			method: http.MethodGet, path: at, id: "getTransfer", tag: tagTransfers,
			summary: "The last transfer of a device",
		}, waymark.DevicesTransfer, waymark.Transfer{}, deviceQuery),
		bodiless(submits(route{
			method: http.MethodPost, path: at + "/accept", id: "acceptTransfer", tag: tagTransfers,
			summary: "Become the owner of a device that is offered to this member",
		}, waymark.DevicesAcceptTransfer, waymark.Transfer{}, func(p path, _ noBody) waymark.AcceptTransferRequest {
			return waymark.AcceptTransferRequest{Device: p.id}
		}, nil)),
		endTransfer("decline", "declineTransfer", "Turn down a device that is offered to this member", waymark.DevicesDeclineTransfer),
		endTransfer("cancel", "cancelTransfer", "Withdraw the offer of a device", waymark.DevicesCancelTransfer),
	}
}

func endTransfer(verb, id, summary string, tx waymark.Transaction) route {
	return submits(route{
		method: http.MethodPost, path: "/v1/devices/{id}/transfer/" + verb, id: id, tag: tagTransfers, summary: summary,
	}, tx, waymark.Transfer{}, func(p path, b reasonBody) waymark.EndTransferRequest {
		return waymark.EndTransferRequest{Device: p.id, Reason: b.Reason}
	}, nil)
}
