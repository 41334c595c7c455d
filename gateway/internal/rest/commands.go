package rest

import (
	"encoding/json"
	"net/http"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

func commandRoutes() []route {
	return []route{
		submits(route{
			method: http.MethodPost, path: "/v1/devices/{id}/commands", id: "requestCommand", tag: tagCommands,
			summary: "Ask a device to do something until a time",
		}, waymark.CommandsRequest, waymark.Command{}, func(p path, b commandBody) waymark.CommandRequest {
			return waymark.CommandRequest{ID: b.ID, Device: p.id, Name: b.Name, Arguments: b.Arguments, ExpiresAt: b.ExpiresAt, Purpose: b.Purpose}
		}, func(q waymark.CommandRequest, _ json.RawMessage) string {
			return "/v1/devices/" + q.Device + "/commands/" + q.ID
		}),
		evaluates(route{
			method: http.MethodGet, path: "/v1/devices/{id}/commands", id: "getOpenCommands", tag: tagCommands,
			summary: "The commands that wait for a device, oldest first",
		}, waymark.CommandsOpen, waymark.OpenCommands{}, deviceQuery),
		evaluates(route{
			method: http.MethodGet, path: "/v1/devices/{id}/commands/{command}", id: "getCommand", tag: tagCommands,
			summary: "A command with what the device said of it",
		}, waymark.CommandsGet, waymark.Command{}, func(p path) waymark.CommandQuery {
			return waymark.CommandQuery{Device: p.id, ID: p.command}
		}),
		submits(route{
			method: http.MethodPost, path: "/v1/devices/{id}/commands/{command}/cancel", id: "cancelCommand", tag: tagCommands,
			summary: "Cancel an open command that the caller's member requested",
		}, waymark.CommandsCancel, waymark.Command{}, func(p path, b reasonBody) waymark.CancelCommandRequest {
			return waymark.CancelCommandRequest{Device: p.id, ID: p.command, Reason: b.Reason}
		}, nil),
		submits(route{
			method: http.MethodPost, path: "/v1/command-receipts", id: "closeCommand", tag: tagCommands,
			summary: "Close a command by the receipt that its device signed",
		}, waymark.CommandsClose, waymark.Command{}, func(_ path, q waymark.CloseCommandRequest) waymark.CloseCommandRequest {
			return q
		}, nil),
	}
}
