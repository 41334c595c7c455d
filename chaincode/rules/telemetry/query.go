package telemetry

import (
	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/rules/stream"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Window returns the window that holds one message, to the member that owned the
// device when it was recorded, to the parties of the shipment that the device witnessed
// then, and of each data class to whom that owner grants it. A device's next owner has
// no claim to what it measured before.
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
	witnessed, err := custody.Witnessed(l, w.Shipment)
	if err != nil {
		return nil, err
	}
	then := *device
	then.Owner = ownerThen(device, w, missing)
	share, err := access.ShareOf(l, access.Telemetry(then, witnessed, nil), q.Purpose, w.Classes())
	if err != nil {
		return nil, err
	}
	w = w.Without(share.Withheld).Coarse(share.Decimals)
	w.Obligations = share.Obligations
	w.Disputed = device.Disputed(w.Key, w.Recorded.Time)
	return &w, missing
}

// ownerThen is the member that owned the device when a window was recorded. Before
// owners were kept a device stayed with the member that had registered it. What is
// not recorded is the present owner's to ask for.
func ownerThen(d *waymark.Device, w waymark.Window, missing error) string {
	switch {
	case missing != nil:
		return d.Owner
	case w.Owner == "":
		return d.Registered.Member
	}
	return w.Owner
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
