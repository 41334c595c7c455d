package telemetry

import (
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// seenWindows are the windows of one device that were looked at last.
type seenWindows struct{ windows []waymark.Window }

// holding returns the window that holds message n of the device, or NotFound. Messages
// after n are likely to be asked for next: one look finds the windows of those up to last,
// as far as a window can reach.
func (s *seenWindows) holding(r ledger.Reader, device string, n, last uint64) (waymark.Window, error) {
	if w, err := holding(s.windows, device, n); err == nil {
		return w, nil
	}
	windows, err := windowsAround(r, device, n, min(last, n+waymark.MaxWindowMessages-1))
	if err != nil {
		return waymark.Window{}, err
	}
	s.windows = windows
	return holding(windows, device, n)
}

// finder finds the windows of many messages with few looks at the ledger. It looks no
// further than the messages that it is to expect, so that a window of later ones, which
// comes while the transaction is under way, does not invalidate it.
type finder struct {
	reader  ledger.Reader
	devices map[string]*found // by id
}

// found is what a finder knows of a device.
type found struct {
	seenWindows
	device *waymark.Device // nil until it is read
	last   uint64          // the highest number that is expected
}

func newFinder(r ledger.Reader) *finder { return &finder{reader: r, devices: map[string]*found{}} }

// expect says that a message will be asked for.
func (f *finder) expect(device string, sequence uint64) {
	if f.devices[device] == nil {
		f.devices[device] = &found{}
	}
	f.devices[device].last = max(f.devices[device].last, sequence)
}

// find returns the window that holds an expected message, and its device, nil if that is
// not registered. It returns NotFound for what is not recorded.
func (f *finder) find(ref waymark.MessageRef) (waymark.Window, *waymark.Device, error) {
	at := f.devices[ref.Device]
	if at.device == nil {
		device, err := registry.RequireDevice(f.reader, ref.Device)
		if err != nil {
			return waymark.Window{}, nil, err
		}
		at.device = device
	}
	w, err := at.holding(f.reader, ref.Device, ref.Sequence, at.last)
	return w, at.device, err
}
