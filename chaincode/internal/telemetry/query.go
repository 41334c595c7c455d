package telemetry

import (
	"github.com/waymark-ledger/waymark/chaincode/internal/access"
	"github.com/waymark-ledger/waymark/chaincode/internal/custody"
	"github.com/waymark-ledger/waymark/chaincode/internal/ledger"
	"github.com/waymark-ledger/waymark/chaincode/internal/registry"
	"github.com/waymark-ledger/waymark/chaincode/internal/stream"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Window returns the window that holds one message, to the device's owner and to
// the parties of the shipment that the device witnessed then.
func Window(l ledger.Ledger, q waymark.WindowQuery) (*waymark.Window, error) {
	device, err := registry.RequireDevice(l, q.Device)
	if err != nil {
		return nil, err
	}
	windows, err := windowsAround(l, q.Device, q.Sequence, q.Sequence)
	if err != nil {
		return nil, err
	}
	w, missing := holding(windows, q.Device, q.Sequence)
	parties, err := custody.Parties(l, w.Shipment)
	if err != nil {
		return nil, err
	}
	if err := access.Authorize(l.Tx(), waymark.ActReadTelemetry, access.Telemetry(device.ID, device.Owner, parties)); err != nil {
		return nil, err
	}
	return &w, missing
}

// Stream returns where a device's stream stands: that a message is missing is no
// secret, so whoever may read the device may read it.
func Stream(l ledger.Ledger, q waymark.DeviceQuery) (*waymark.Stream, error) {
	if _, err := registry.Device(l, q); err != nil {
		return nil, err
	}
	s, err := stream.Load(l, q.Device)
	if err != nil {
		return nil, err
	}
	return &s, nil
}
