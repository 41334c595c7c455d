package rest

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

func deviceRoutes() []route {
	return slices.Concat(lifecycleRoutes(), keyRoutes())
}

func lifecycleRoutes() []route {
	return []route{
		registerDevice(),
		submits(route{
			method: http.MethodPost, path: "/v1/devices:registerMany", id: "registerManyDevices", tag: tagDevices,
			summary: "Register up to 500 devices, all or none; the problem says which rows are faulty",
		}, waymark.DevicesRegisterMany, waymark.RegisterManyResult{}, func(_ path, q waymark.RegisterManyRequest) waymark.RegisterManyRequest {
			return q
		}, nil),
		submits(route{
			method: http.MethodPost, path: "/v1/devices:join", id: "joinDevice", tag: tagDevices,
			summary: "Register a device by its certificate, which a device CA of its owner vouches for",
		}, waymark.DevicesJoin, waymark.Device{}, func(_ path, q waymark.JoinDeviceRequest) waymark.JoinDeviceRequest {
			return q
		}, func(_ waymark.JoinDeviceRequest, result json.RawMessage) string { return deviceLocation(result) }),
		listDevices(),
		evaluates(route{
			method: http.MethodGet, path: "/v1/devices/{id}", id: "getDevice", tag: tagDevices,
			summary: "A device with its state and keys",
		}, waymark.DevicesGet, waymark.Device{}, deviceQuery),
		evaluates(route{
			method: http.MethodGet, path: "/v1/devices/{id}/history", id: "getDeviceHistory", tag: tagDevices,
			summary: "What a device's record has been: who changed it, when and why",
		}, waymark.DevicesHistory, waymark.DeviceHistory{}, deviceQuery),
		changeDevice("activate", "activateDevice", "Let a registered device report", waymark.DevicesActivate),
		changeDevice("suspend", "suspendDevice", "Suspend a device: its messages are rejected until it is resumed", waymark.DevicesSuspend),
		changeDevice("resume", "resumeDevice", "Resume a suspended device", waymark.DevicesResume),
		changeDevice("retire", "retireDevice", "Retire a device for good", waymark.DevicesRetire),
		submits(route{
			method: http.MethodPut, path: "/v1/devices/{id}/attributes", id: "setDeviceAttributes", tag: tagDevices,
			summary: "Replace what the owner says of its device, for policies to decide by",
		}, waymark.DevicesSetAttributes, waymark.Device{}, func(p path, b attributesBody) waymark.SetAttributesRequest {
			return waymark.SetAttributesRequest{Device: p.id, Attributes: b.Attributes, Reason: b.Reason}
		}, nil),
		submits(route{
			method: http.MethodPost, path: "/v1/devices/{id}/forfeit", id: "forfeitTelemetry", tag: tagDevices,
			summary: "Give up the check of a device's anchored windows up to a message: what they had is missing for good",
		}, waymark.TelemetryForfeit, waymark.Stream{}, func(p path, b forfeitBody) waymark.ForfeitTelemetryRequest {
			return waymark.ForfeitTelemetryRequest{Device: p.id, Last: b.Last, Reason: b.Reason}
		}, nil),
		submits(route{
			method: http.MethodPost, path: "/v1/devices/{id}/presence", id: "recordPresence", tag: tagDevices,
			summary: "Record what a device signed of its presence, if its owner wants that on the ledger",
		}, waymark.DevicesRecordPresence, waymark.DevicePresence{}, func(p path, b presenceBody) waymark.RecordPresenceRequest {
			return waymark.RecordPresenceRequest{Device: p.id, Presence: b.Presence}
		}, nil),
		evaluates(route{
			method: http.MethodGet, path: "/v1/devices/{id}/presence", id: "getPresence", tag: tagDevices,
			summary: "The newest that a device has said of its presence",
		}, waymark.DevicesPresence, waymark.DevicePresence{}, deviceQuery),
	}
}

func listDevices() route {
	return lists(route{
		method: http.MethodGet, path: "/v1/devices", id: "listDevices", tag: tagDevices,
		summary: "The devices that the caller may see, in the order of their ids",
		paged:   Page{Entries: "Devices", All: "Devices"},
		doc:     documented{about: "Those of whose owner, state or model the query says something else are left out. Those that witness a shipment are listed to whom getShipment would show it."},
	}, func(ctx context.Context, m Model, as ledger.Identity, q waymark.DevicesQuery) (waymark.DeviceList, error) {
		return m.Devices(ctx, as, q)
	})
}

func keyRoutes() []route {
	return []route{
		submits(route{
			method: http.MethodPost, path: "/v1/devices/{id}/rotate", id: "rotateDeviceKey", tag: tagDevices,
			summary: "Replace a device's key: the new key's registration, signed by the newest key in force",
		}, waymark.DevicesRotateKey, waymark.Device{}, func(p path, b rotationBody) waymark.RotateKeyRequest {
			return waymark.RotateKeyRequest{Device: p.id, Rotation: b.Rotation, OverlapSeconds: b.OverlapSeconds}
		}, nil),
		submits(route{
			method: http.MethodPost, path: "/v1/devices/{id}/replace-key", id: "replaceDeviceKey", tag: tagDevices,
			summary: "Give a device whose keys are lost a new one; all others end now",
		}, waymark.DevicesReplaceKey, waymark.Device{}, func(p path, b replacementBody) waymark.ReplaceKeyRequest {
			return waymark.ReplaceKeyRequest{Device: p.id, Registration: b.Registration, Reason: b.Reason}
		}, nil),
		submits(route{
			method: http.MethodPost, path: "/v1/devices/{id}/keys/{key}/revoke", id: "revokeDeviceKey", tag: tagDevices,
			summary: "End a key that may be in other hands: what was recorded under it since a time is disputed",
		}, waymark.DevicesRevokeKey, waymark.Device{}, func(p path, b revocationBody) waymark.RevokeKeyRequest {
			return waymark.RevokeKeyRequest{Device: p.id, Key: p.key, From: b.From, Reason: b.Reason}
		}, nil),
	}
}

func deviceQuery(p path) waymark.DeviceQuery { return waymark.DeviceQuery{Device: p.id} }

func changeDevice(verb, id, summary string, tx waymark.Transaction) route {
	return submits(route{
		method: http.MethodPost, path: "/v1/devices/{id}/" + verb, id: id, tag: tagDevices, summary: summary,
	}, tx, waymark.Device{}, func(p path, b reasonBody) waymark.DeviceStateRequest {
		return waymark.DeviceStateRequest{Device: p.id, Reason: b.Reason}
	}, nil)
}

func registerDevice() route {
	return submits(route{
		method: http.MethodPost, path: "/v1/devices", id: "registerDevice", tag: tagDevices,
		summary: "Register a device by a statement that it signed with the key it registers",
	}, waymark.DevicesRegister, waymark.Device{}, func(_ path, q waymark.RegisterDeviceRequest) waymark.RegisterDeviceRequest {
		return q
	}, func(_ waymark.RegisterDeviceRequest, result json.RawMessage) string { return deviceLocation(result) })
}

// deviceLocation is where a device is that was registered. Its id stands inside the
// signed statement, so only the record tells it.
func deviceLocation(result json.RawMessage) string {
	var device struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(result, &device); err != nil {
		return "/v1/devices"
	}
	return "/v1/devices/" + device.ID
}
