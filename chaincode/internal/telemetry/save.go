package telemetry

import (
	"cmp"
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/internal/condition"
	"github.com/waymark-ledger/waymark/chaincode/internal/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
)

// save writes what the batch recorded and the clashes it showed, and the event. It
// writes nothing if there is neither.
func (b *batch) save() error {
	event := waymark.TelemetryEvent{Windows: []waymark.WindowRef{}}
	for _, id := range b.order {
		s := b.sessions[id]
		if len(s.fresh) == 0 && len(s.clashes) == 0 {
			continue
		}
		if err := b.saveDevice(s, &event); err != nil {
			return err
		}
	}
	if len(event.Windows) == 0 && len(event.Clashes) == 0 {
		return nil
	}
	return b.ledger.Emit(waymark.EventTelemetryRecorded, event)
}

func (b *batch) saveDevice(s *session, event *waymark.TelemetryEvent) error {
	event.Clashes = append(event.Clashes, s.clashes...)
	if len(s.fresh) > 0 {
		if err := b.saveReadings(s, event); err != nil {
			return err
		}
	}
	return ledger.Save(b.ledger, ledger.StreamKey(s.device.ID), &s.stream)
}

// saveReadings writes the windows of what is new and judges its readings.
func (b *batch) saveReadings(s *session, event *waymark.TelemetryEvent) error {
	id := s.device.ID
	slices.SortFunc(s.fresh, func(a, b accepted) int { return cmp.Compare(a.sequence, b.sequence) })
	attachment, err := ledger.Load[waymark.Attachment](b.ledger, ledger.AttachmentKey(id))
	if err != nil {
		return err
	}
	for _, w := range summarise(s.device, s.fresh, b.ledger.Tx().Stamp()) {
		if attachment != nil && (w.First > attachment.After || !w.To.Before(attachment.Attached.Time)) {
			w.Shipment = attachment.Shipment
		}
		if err := b.ledger.Put(ledger.WindowKey(id, w.First), encodeWindow(w)); err != nil {
			return err
		}
		event.Windows = append(event.Windows, waymark.WindowRef{Device: id, First: w.First, Last: w.Last})
	}
	if attachment == nil {
		return nil
	}
	return b.saveExcursions(s, attachment, event)
}

// saveExcursions judges the new readings by the conditions of the shipment that
// the device witnesses: at most one excursion for each condition.
func (b *batch) saveExcursions(s *session, attachment *waymark.Attachment, event *waymark.TelemetryEvent) error {
	shipment, err := ledger.Require[waymark.Shipment](b.ledger, ledger.ShipmentKey(attachment.Shipment), "shipment "+attachment.Shipment)
	if err != nil {
		return err
	}
	readings := readingsOf(s.fresh, attachment)
	for n, c := range shipment.Conditions {
		e, none, err := condition.Excursion(c, readings)
		if err != nil {
			return err
		}
		if none {
			continue
		}
		e.Shipment, e.Device, e.Recorded = shipment.ID, s.device.ID, b.ledger.Tx().Stamp()
		if err := ledger.Save(b.ledger, ledger.ExcursionKey(e.Shipment, e.Device, s.fresh[0].sequence, n), &e); err != nil {
			return err
		}
		event.Excursions = append(event.Excursions, waymark.ExcursionRef{Shipment: e.Shipment, Device: e.Device, Name: e.Name})
	}
	return nil
}

// readingsOf returns the readings that count for a shipment, in the order they were
// measured: those of messages since the device was attached, and those measured
// since then, whatever number the device gave their message.
func readingsOf(messages []accepted, a *waymark.Attachment) []senml.Reading {
	var readings []senml.Reading
	for _, m := range messages {
		for _, r := range m.readings {
			if m.sequence > a.After || !r.Time.Before(a.Attached.Time) {
				readings = append(readings, r)
			}
		}
	}
	slices.SortStableFunc(readings, func(a, b senml.Reading) int { return a.Time.Compare(b.Time) })
	return readings
}
