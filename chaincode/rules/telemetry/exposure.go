package telemetry

import (
	"reflect"
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/rules/condition"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
)

// saveExposure judges the new readings by the rules of the shipment that the device
// witnesses: what they add up to over time, and the excursions that they open, let grow and close.
func (b *batch) saveExposure(s *session, a *waymark.Attachment, event *waymark.TelemetryEvent) error {
	shipment, err := ledger.Require[waymark.Shipment](b.ledger, ledger.ShipmentKey(a.Shipment), "shipment "+a.Shipment)
	if err != nil {
		return err
	}
	rules, err := condition.NewRules(shipment.Conditions)
	if err != nil {
		return err
	}
	key := ledger.ExposureKey(a.Shipment, a.Device)
	was, err := ledger.Load[condition.Exposure](b.ledger, key)
	if err != nil {
		return err
	}
	if was == nil {
		was = &condition.Exposure{}
	}
	is := was.Clone()
	for _, m := range s.fresh {
		is.Add(rules, a, condition.Message{Number: m.sequence, Readings: m.readings})
	}
	w := exposing{batch: b, shipment: shipment, attachment: a, exposure: &is, event: event}
	for n, r := range rules {
		if err := w.follow(n, r, s); err != nil {
			return err
		}
	}
	if reflect.DeepEqual(*was, is) {
		return nil
	}
	return ledger.Save(b.ledger, key, &is)
}

// exposing is the work on the excursions of one device.
type exposing struct {
	*batch
	shipment   *waymark.Shipment
	attachment *waymark.Attachment
	exposure   *condition.Exposure
	event      *waymark.TelemetryEvent
}

// follow judges the new readings by the nth rule. Those after all that it had judged go on with
// the excursion that is open; what a late message shows is one of its own, closed at once.
func (w *exposing) follow(n int, r condition.Rule, s *session) error {
	late, ahead := counted(s, w.attachment, r)
	e, change, err := r.Follow(nil, late)
	if err != nil {
		return err
	}
	if change.Any() {
		e.State, change.Closed = waymark.ExcursionClosed, true
		if err := w.save(n, e, change); err != nil {
			return err
		}
	}
	open, err := w.open(n, r)
	if err != nil {
		return err
	}
	e, change, err = r.Follow(open, ahead)
	if err != nil || !change.Any() {
		return err
	}
	return w.save(n, e, change)
}

// open returns the excursion of the nth rule that is open, nil for none.
func (w *exposing) open(n int, r condition.Rule) (*waymark.Excursion, error) {
	first, found := w.exposure.OpenOf(r.ID)
	if !found {
		return nil, nil
	}
	return ledger.Require[waymark.Excursion](w.ledger, ledger.ExcursionKey(w.shipment.ID, w.attachment.Device, first, n), "such open excursion")
}

// save writes an excursion and tells of it. The parties are those whom the shipment's own record
// names: who has custody is not read here, so that recording conflicts with no handoff.
func (w *exposing) save(n int, e *waymark.Excursion, change condition.Change) error {
	e.Shipment, e.Device = w.shipment.ID, w.attachment.Device
	stamp := w.ledger.Tx().Stamp()
	if change.Opened {
		e.Recorded = stamp
	} else {
		e.Changed = &stamp
	}
	w.exposure.Note(e)
	w.event.Excursions = append(w.event.Excursions, waymark.ExcursionRef{
		Shipment: e.Shipment, Device: e.Device, Rule: e.Rule, Name: e.Name, First: e.First,
		Opened: change.Opened, Grew: change.Grew, Closed: change.Closed, Parties: condition.Parties(*w.shipment, w.attachment.Owner),
	})
	return ledger.Save(w.ledger, ledger.ExcursionKey(e.Shipment, e.Device, e.First, n), e)
}

// counted returns the new messages with the readings that count for the shipment: those before
// the last one that measured what a rule judges, and those after it.
func counted(s *session, a *waymark.Attachment, r condition.Rule) (late, ahead []condition.Message) {
	last := lastOf(s.before, r.Name, r.Unit)
	for _, m := range s.fresh {
		message := condition.Message{Number: m.sequence, Readings: slices.DeleteFunc(slices.Clone(m.readings), func(r senml.Reading) bool {
			return !condition.Counts(a, m.sequence, r)
		})}
		if m.sequence < last {
			late = append(late, message)
		} else {
			ahead = append(ahead, message)
		}
	}
	return late, ahead
}

// lastOf returns the highest number of a message that measured something, 0 if none has.
func lastOf(measured []waymark.Measured, name, unit string) uint64 {
	for _, m := range measured {
		if m.Name == name && m.Unit == unit {
			return m.Last
		}
	}
	return 0
}
