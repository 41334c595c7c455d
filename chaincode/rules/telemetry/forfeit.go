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
	waiting := []waymark.Run{}
	lost := waymark.Forfeit{By: tx.Stamp(), Reason: r.Reason}
	for _, w := range now.Unchecked {
		switch {
		case w.Last > r.Last:
			waiting = append(waiting, w)
		case lost.First == 0:
			lost.First, lost.Last = w.First, w.Last
		default:
			lost.Last = w.Last
		}
	}
	switch {
	case lost.First == 0:
		return &s, nil
	case len(now.Forfeited) >= waymark.MaxForfeits:
		return nil, waymark.Errorf(waymark.FailedPrecondition, "the check of windows of device %s was given up %d times, which is all there may be",
			r.Device, waymark.MaxForfeits).Because(waymark.ReasonLimit)
	}
	now.Unchecked, now.Forfeited = waiting, append(now.Forfeited, lost)
	s.Anchored = &now
	if err := ledger.Save(l, ledger.StreamKey(r.Device), &s); err != nil {
		return nil, err
	}
	return &s, l.Emit(waymark.EventTelemetryForfeited, waymark.ForfeitedEvent{Device: r.Device, First: lost.First, Last: lost.Last})
}
