package telemetry

import (
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/rules/stream"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Forfeit gives up the check of the anchored windows up to a message. What they had counts as missing for
// good, and the device can anchor again. It returns where the stream stands then.
func Forfeit(l ledger.Ledger, r waymark.ForfeitTelemetryRequest) (*waymark.Stream, error) {
	device, err := registry.RequireDevice(l, r.Device)
	if err != nil {
		return nil, err
	}
	tx := l.Tx()
	if err := access.Authorize(tx, waymark.ActForfeitTelemetry, access.Device(*device, tx.Time)); err != nil {
		return nil, err
	}
	s, err := stream.Load(l, r.Device)
	if err != nil {
		return nil, err
	}
	now := waymark.Anchored{}
	if s.Anchored != nil {
		now = *s.Anchored
	}
	given, err := waitingTo(now, r)
	if err != nil {
		return nil, err
	}
	if given == 0 {
		return &s, nil
	}
	lost := waymark.Run{First: now.Unchecked[0].First, Last: r.Last}
	now.Unchecked, now.Forfeited = now.Unchecked[given:], append(now.Forfeited, lost)
	s.Anchored = &now
	if err := ledger.Save(l, ledger.StreamKey(r.Device), &s); err != nil {
		return nil, err
	}
	return &s, l.Emit(waymark.EventTelemetryForfeited, waymark.ForfeitedEvent{Device: r.Device, First: lost.First, Last: lost.Last})
}

// waitingTo counts the windows that wait for their check up to the one that a request names: none if it was forfeited already.
func waitingTo(now waymark.Anchored, r waymark.ForfeitTelemetryRequest) (int, error) {
	// Windows wait in the order of their numbers.
	given := slices.IndexFunc(now.Unchecked, func(w waymark.Run) bool { return w.Last == r.Last }) + 1
	switch {
	case given == 0 && slices.ContainsFunc(now.Forfeited, func(f waymark.Run) bool { return f.First <= r.Last && r.Last <= f.Last }):
		return 0, nil
	case given == 0:
		return 0, waymark.InvalidField("/last", "must be the number of the last message of a window that waits for its check")
	case len(now.Forfeited) >= waymark.MaxForfeits:
		return 0, waymark.Errorf(waymark.FailedPrecondition, "the check of windows of device %s was given up %d times, which is all there may be",
			r.Device, waymark.MaxForfeits).Because(waymark.ReasonLimit)
	}
	return given, nil
}
