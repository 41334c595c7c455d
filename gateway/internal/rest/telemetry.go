package rest

import (
	"net/http"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

func telemetryRoutes() []route {
	return []route{
		submits(route{
			method: http.MethodPost, path: "/v1/messages", id: "recordMessages", tag: tagMessages,
			summary: "Record a batch of signed messages; each has its own outcome",
		}, waymark.TelemetryRecord, waymark.RecordResult{}, func(_ path, q waymark.RecordRequest) waymark.RecordRequest {
			return q
		}, nil),
		evaluates(route{
			method: http.MethodGet, path: "/v1/devices/{id}/stream", id: "getStream", tag: tagMessages,
			summary: "Where a device's stream of messages stands, with its gaps",
		}, waymark.TelemetryStream, waymark.Stream{}, deviceQuery),
		evaluates(route{
			method: http.MethodGet, path: "/v1/devices/{id}/windows/{sequence}", id: "getWindow", tag: tagMessages,
			summary: "The window that holds the message with this sequence number, without the data classes that policies withhold",
			purpose: true,
		}, waymark.TelemetryWindow, waymark.Window{}, func(p path) waymark.WindowQuery {
			return waymark.WindowQuery{Device: p.id, Sequence: p.number, Purpose: p.purpose}
		}),
	}
}
