package messages

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// What is known of a device is believed for a while, and so is that its runs are refused: each refusal costs its messages
// a transaction that changes nothing.
const (
	believed = 10 * time.Second
	mostKept = 20_000 // devices
)

// known keeps devices for a while.
type known struct {
	mu      sync.Mutex
	devices map[string]knownDevice
}

type knownDevice struct {
	device *waymark.Device // nil if it is not to be anchored
	until  time.Time
}

// device returns a device, nil if there is none that could be anchored now, as far as can be known.
func (k *known) device(ctx context.Context, from Devices, id string) *waymark.Device {
	k.mu.Lock()
	d, found := k.devices[id]
	k.mu.Unlock()
	if found && time.Now().Before(d.until) {
		return d.device
	}
	device, err := from.Registered(ctx, id)
	if err != nil {
		device = nil // its messages go in full, and the ledger says what is wrong
	}
	k.keep(id, device)
	return device
}

func (k *known) keep(id string, device *waymark.Device) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.devices == nil || len(k.devices) >= mostKept {
		k.devices = map[string]knownDevice{}
	}
	k.devices[id] = knownDevice{device, time.Now().Add(believed)}
}

// refused notes what a run was refused for. Where it begins, and what the device has measured, is right the next time, once
// the messages are recorded in full; all else may last.
func (k *known) refused(device string, reasons []string) {
	passing := []string{waymark.ReasonRunPlace, waymark.ReasonChain, waymark.ReasonNewMeasurement}
	if !slices.ContainsFunc(reasons, func(r string) bool { return slices.Contains(passing, r) }) {
		k.keep(device, nil)
	}
}
