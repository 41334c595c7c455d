package telemetry

import (
	"cmp"
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/window"
)

// save writes what the batch recorded and the clashes it showed, and the event. It
// writes nothing if there is neither.
func (b *batch) save() error {
	if err := b.fetchWitnessed(); err != nil {
		return err
	}
	event := waymark.TelemetryEvent{Windows: []waymark.WindowRef{}}
	for _, id := range b.order {
		s := b.sessions[id]
		if !s.recorded() && len(s.clashes) == 0 {
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

// fetchWitnessed reads what the devices with new messages witness.
func (b *batch) fetchWitnessed() error {
	var attachments, judging []ledger.Key
	for _, id := range b.order {
		if b.sessions[id].recorded() {
			attachments = append(attachments, ledger.AttachmentKey(id))
		}
	}
	if err := b.ledger.Fetch(attachments...); err != nil {
		return err
	}
	for _, id := range b.order {
		s := b.sessions[id]
		if !s.recorded() {
			continue
		}
		var err error
		if s.attachment, err = ledger.Load[waymark.Attachment](b.ledger, ledger.AttachmentKey(id)); err != nil {
			return err
		}
		if a := s.attachment; a != nil {
			judging = append(judging, ledger.ShipmentKey(a.Shipment), ledger.ExposureKey(a.Shipment, a.Device))
		}
	}
	return b.ledger.Fetch(judging...)
}

func (b *batch) saveDevice(s *session, event *waymark.TelemetryEvent) error {
	event.Clashes = append(event.Clashes, s.clashes...)
	if s.recorded() {
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
	attachment := s.attachment
	for _, w := range s.summaries(b.ledger.Tx().Stamp()) {
		if attachment != nil && (w.First > attachment.After || !w.To.Before(attachment.Attached.Time)) {
			w.Shipment = attachment.Shipment
		}
		if err := b.ledger.Put(ledger.WindowKey(id, w.First), window.Encode(w)); err != nil {
			return err
		}
		event.Windows = append(event.Windows, waymark.WindowRef{Device: id, First: w.First, Last: w.Last})
	}
	if attachment == nil || len(s.fresh) == 0 {
		return nil
	}
	return b.saveExposure(s, attachment, event)
}
