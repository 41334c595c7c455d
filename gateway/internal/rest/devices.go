package rest

import (
	"encoding/json"
	"net/http"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

func deviceRoutes() []route {
	return []route{
		registerDevice(),
		evaluates(route{
			method: http.MethodGet, path: "/v1/devices/{id}", id: "getDevice", tag: tagDevices,
			summary: "A device with its state and keys",
		}, waymark.DevicesGet, waymark.Device{}, deviceQuery),
		changeDevice("suspend", "suspendDevice", "Suspend a device: its messages are rejected until it is resumed", waymark.DevicesSuspend),
		changeDevice("resume", "resumeDevice", "Resume a suspended device", waymark.DevicesResume),
		changeDevice("retire", "retireDevice", "Retire a device for good", waymark.DevicesRetire),
		submits(route{
			method: http.MethodPost, path: "/v1/devices/{id}/rotate", id: "rotateDeviceKey", tag: tagDevices,
			summary: "Replace a device's key: the new key's registration, signed by the key in force",
		}, waymark.DevicesRotateKey, waymark.Device{}, func(p path, b rotationBody) waymark.RotateKeyRequest {
			return waymark.RotateKeyRequest{Device: p.id, Rotation: b.Rotation}
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
	}, func(_ waymark.RegisterDeviceRequest, result json.RawMessage) string {
		// The id stands inside the signed statement, so only the record tells it.
		var device struct {
			ID string `json:"id"`
		}
		if err := json.Unmarshal(result, &device); err != nil {
			return "/v1/devices"
		}
		return "/v1/devices/" + device.ID
	})
}
