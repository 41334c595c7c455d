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
	share, err := ShareOf(l, *device, Source{Owner: ownerThen(device, w, missing), Shipment: w.Shipment, Edge: w.Edge}, q.Purpose, w.Classes())
	if err != nil {
		return nil, err
	}
	w = w.Without(share.Withheld).Coarse(share.Decimals)
	w.Obligations = share.Obligations
	if w.Disputed, err = registry.NewEdges(l).Disputed(device, w.Key, w.Recorded.Time); err != nil {
		return nil, err
	}
	return &w, missing
}

// Source is whose readings in the open are: who owned their device when they were recorded, and
// the shipment that it witnessed and the edge that signed for it then, or empty.
type Source struct{ Owner, Shipment, Edge string }

// Seen is what a device has reported from the source, as the policies see it; private are the classes of it
// that are not in the open.
func (s Source) Seen(d waymark.Device, w access.Witnessed, private []waymark.DataClass) access.Entity {
	d.Owner = s.Owner
	return access.Telemetry(d, s.Edge, w, private)
}

// SourceOf is the source of what a window of a device holds.
func SourceOf(d *waymark.Device, w waymark.Window) Source {
	return Source{Owner: ownerThen(d, w, nil), Shipment: w.Shipment, Edge: w.Edge}
}

// ShareOf returns what the caller may have of some classes, or of all if none is named, of what
// a device reported in the open: to whom Window shows them. It returns Forbidden if all are denied.
func ShareOf(l ledger.Ledger, d waymark.Device, s Source, purpose string, classes []waymark.DataClass) (access.Share, error) {
	witnessed, err := custody.Witnessed(l, s.Shipment)
	if err != nil {
		return access.Share{}, err
	}
	return access.ShareOf(l, s.Seen(d, witnessed, nil), purpose, classes)
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
