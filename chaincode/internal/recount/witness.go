package recount

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/rules/condition"
	"github.com/waymark-ledger/waymark/chaincode/rules/stream"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
)

// recount is the work on one verdict.
type recount struct {
	view     waymark.ShipmentView
	kept     *waymark.Verdict
	rules    []condition.Rule
	messages map[string][]Message // of each device, by number
}

// witness makes the witness that a finding tells of, from its messages.
func (r recount) witness(f waymark.WitnessFinding) (w condition.Witness, heard []condition.Message, err error) {
	a, err := r.attachment(f)
	if err != nil {
		return w, nil, err
	}
	w = condition.Witness{Attachment: a, Device: deviceOf(f, a), Stream: waymark.Stream{Device: f.Device, Last: f.Last, Digest: f.Digest}}
	w.Stream.MoreClashes = f.Detached && slices.Contains(f.Reasons, waymark.ReasonFork)
	for _, m := range f.Missing {
		w.Stream.Gaps = append(w.Stream.Gaps, waymark.Gap{First: m.First, Last: m.Last})
	}
	if a := f.Anchored; a != nil { // what waited for its check, and what of it was forfeited, lies in no message
		w.Stream.Anchored = &waymark.Anchored{Last: a.Last, Checked: a.Checked, Digest: a.Digest, Unchecked: a.Unchecked, Forfeited: a.Forfeited}
	}
	messages, err := r.chained(f)
	if err != nil {
		return w, nil, err
	}
	for _, m := range messages {
		if m.fault != nil {
			return w, nil, fmt.Errorf("message %d: %w", m.Number, m.fault)
		}
		if w.Stream.Measured, err = stream.Measure(w.Stream.Measured, m.Number, m.readings); err != nil {
			return w, nil, fmt.Errorf("message %d: %w", m.Number, err)
		}
		message := condition.Message{Number: m.Number, Readings: m.readings}
		w.Exposure.Add(r.rules, &a, message)
		heard = append(heard, message)
	}
	return w, heard, nil
}

// attachment is that of a device as it was at the verdict.
func (r recount) attachment(f waymark.WitnessFinding) (a waymark.Attachment, err error) {
	i := slices.IndexFunc(r.view.Attachments, func(a waymark.Attachment) bool { return a.Device == f.Device })
	if i < 0 {
		return a, fmt.Errorf("is not attached")
	}
	a = r.view.Attachments[i]
	a.Seen, a.SeenAt = f.Seen, f.SeenAt
	switch {
	case f.Detached && a.Detached == nil:
		return a, fmt.Errorf("is not detached")
	case !f.Detached: // it was later, or never
		a.Detached = nil
	}
	if slices.Contains(f.Reasons, waymark.ReasonCalibration) {
		a.Calibration = &waymark.Calibration{} // lapsed before everything
	}
	return a, nil
}

// deviceOf is a device of which the finding is true.
func deviceOf(f waymark.WitnessFinding, a waymark.Attachment) waymark.Device {
	d := waymark.Device{ID: f.Device, State: waymark.DeviceActive, Changed: waymark.Stamp{TxID: a.DeviceChanged},
		Attributes: &waymark.DeviceAttributes{Calibration: a.Calibration}}
	if slices.Contains(f.Reasons, waymark.ReasonWitness) {
		d.State = waymark.DeviceSuspended
	}
	return d
}

// chained returns the messages that a finding rests on. The digest that the record keeps of the
// last one commits to it, and each message to the one before.
func (r recount) chained(f waymark.WitnessFinding) ([]Message, error) {
	var earlier, messages []Message
	for _, m := range r.messages[f.Device] {
		switch {
		case m.Number > f.Last || within(f.Missing, m.Number):
		case m.Number > f.After:
			messages = append(messages, m)
		case within(f.Earlier, m.Number):
			earlier = append(earlier, m)
		}
	}
	if uint64(len(messages)) != f.Messages {
		return nil, fmt.Errorf("%d messages are given of the %d that were recorded from number %d to %d", len(messages), f.Messages, f.After+1, f.Last)
	}
	for i := range messages {
		if err := linked(messages, i, f); err != nil {
			return nil, err
		}
	}
	return append(earlier, messages...), nil
}

// linked checks that the ith message is the one that the next one names, or the record as the last one.
func linked(messages []Message, i int, f waymark.WitnessFinding) error {
	m := messages[i]
	if i > 0 && messages[i-1].Number == m.Number {
		return fmt.Errorf("message %d is given twice", m.Number)
	}
	want, named := f.Digest, m.Number == f.Last
	if i+1 < len(messages) && messages[i+1].Number == m.Number+1 {
		want, named = messages[i+1].previous, true
	}
	if named && !bytes.Equal(m.digest[:], want) {
		return fmt.Errorf("message %d is not the one that was recorded", m.Number)
	}
	return nil
}

func within(runs []waymark.Run, n uint64) bool {
	return slices.ContainsFunc(runs, func(r waymark.Run) bool { return r.First <= n && n <= r.Last })
}

// excursions are those that the messages of a device show, one for each rule at most, released if
// all that the ledger had of it then were.
func (r recount) excursions(f waymark.WitnessFinding, a waymark.Attachment, heard []condition.Message) ([]waymark.Excursion, error) {
	counted := make([]condition.Message, 0, len(heard))
	for _, m := range heard {
		counted = append(counted, condition.Message{Number: m.Number, Readings: slices.DeleteFunc(slices.Clone(m.Readings), func(reading senml.Reading) bool {
			return !condition.Counts(&a, m.Number, reading)
		})})
	}
	var all []waymark.Excursion
	for _, rule := range r.rules {
		e, change, err := rule.Follow(nil, counted)
		if err != nil {
			return nil, err
		}
		if !change.Any() {
			continue
		}
		e.Device, e.Released, e.State = f.Device, r.release(rule.ID, f), condition.StateOf(*e, !f.Detached)
		all = append(all, *e)
	}
	return all, nil
}

// release returns the last release of a rule's excursions by a device, nil unless all that there
// were then had been released by then. Where the view does not show all of them, the record says it.
func (r recount) release(rule string, f waymark.WitnessFinding) (last *waymark.Release) {
	if r.view.MoreExcursions {
		return r.recorded(rule)
	}
	for _, e := range r.view.Excursions {
		if e.Device != f.Device || e.Rule != rule || e.First > f.Last {
			continue
		}
		if e.Released == nil || e.Released.By.Time.After(r.kept.At) {
			return nil
		}
		last = e.Released
	}
	return last
}

// recorded returns some release of a rule's excursions, nil if the record says that it is broken.
func (r recount) recorded(rule string) *waymark.Release {
	for _, f := range r.kept.Rules {
		if f.Rule == rule && f.State != waymark.ConditionNonConformant {
			return &waymark.Release{}
		}
	}
	return nil
}

func text(v any) string {
	encoded, err := json.Marshal(v)
	if err != nil { // of the vocabulary's own types
		panic("recount: " + err.Error())
	}
	return string(encoded)
}
