package telemetry

import (
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
	if s.Anchored == nil {
		return &s, nil
	}
	now := *s.Anchored
	given := 0 // windows wait in the order of their numbers
	for given < len(now.Unchecked) && now.Unchecked[given].Last <= r.Last {
		given++
	}
	switch {
	case given == 0:
		return &s, nil
	case len(now.Forfeited) >= waymark.MaxForfeits:
		return nil, waymark.Errorf(waymark.FailedPrecondition, "the check of windows of device %s was given up %d times, which is all there may be",
			r.Device, waymark.MaxForfeits).Because(waymark.ReasonLimit)
	}
	lost := waymark.Forfeit{First: now.Unchecked[0].First, Last: now.Unchecked[given-1].Last, By: tx.Stamp(), Reason: r.Reason}
	now.Unchecked, now.Forfeited = now.Unchecked[given:], append(now.Forfeited, lost)
	s.Anchored = &now
	if err := ledger.Save(l, ledger.StreamKey(r.Device), &s); err != nil {
		return nil, err
	}
	return &s, l.Emit(waymark.EventTelemetryForfeited, waymark.ForfeitedEvent{Device: r.Device, First: lost.First, Last: lost.Last})
}
