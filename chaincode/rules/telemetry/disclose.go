package telemetry

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
)

// Disclose stores, in the private collection of one member, what the sealed readings of
// recorded messages stand for. The messages come as transient data. Each has its own
// outcome; since outcomes go into a block they say nothing of what was disclosed. Nobody
// can disclose anything but what the device sealed, so it matters little who relays it.
func Disclose(l ledger.Ledger, r waymark.DiscloseRequest) (*waymark.RecordResult, error) {
	if err := access.Authorize(l.Tx(), waymark.ActRelayMessages, access.Consortium(l.Tx().Channel)); err != nil {
		return nil, err
	}
	messages, err := transient(l.Tx().Disclosures)
	if err != nil {
		return nil, err
	}
	d := disclosing{ledger: l, to: r.To, event: waymark.DisclosedEvent{To: r.To}, windows: newFinder(l)}
	for _, text := range messages {
		if m, _ := split(text); m != nil {
			d.windows.expect(m.Device, m.Sequence)
		}
	}
	result := &waymark.RecordResult{Results: make([]waymark.MessageResult, 0, len(messages))}
	for _, text := range messages {
		outcome, err := d.disclose(text)
		if err != nil {
			return nil, err
		}
		result.Results = append(result.Results, outcome)
	}
	if len(d.event.Messages) == 0 {
		return result, nil
	}
	return result, l.Emit(waymark.EventTelemetryDisclosed, d.event)
}

// transient reads the transient data. Its faults are told without a word of it.
func transient(private ledger.Private) ([]string, error) {
	faulty := waymark.InvalidField("/messages", "must come as transient data %q, in JSON: 1 to %d messages, each with its disclosures",
		waymark.TransientDisclosures, waymark.MaxBatchMessages)
	var d waymark.Disclosures
	decoder := json.NewDecoder(bytes.NewReader(private.Reveal())) //private: only split and open look into it
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&d); err != nil || decoder.More() || d.Validate() != nil {
		return nil, faulty
	}
	return d.Messages, nil
}

// disclosing is one transaction's work.
type disclosing struct {
	ledger  ledger.Ledger
	to      string
	event   waymark.DisclosedEvent
	windows *finder
}

// disclose judges one message. Faults of the message become its outcome.
func (d *disclosing) disclose(text string) (waymark.MessageResult, error) {
	m, disclosures := split(text)
	if m == nil {
		return rejected("", 0, unreadable()), nil
	}
	ref := waymark.MessageRef{Device: m.Device, Sequence: m.Sequence}
	if slices.Contains(d.event.Messages, ref) {
		return waymark.MessageResult{Device: m.Device, Sequence: m.Sequence, Outcome: waymark.Duplicate, TxID: d.ledger.Tx().ID}, nil
	}
	value, txID, err := d.judge(m, disclosures)
	switch {
	case waymark.CodeOf(err) == waymark.Internal: // of the ledger
		return waymark.MessageResult{}, err
	case err != nil:
		return rejected(m.Device, m.Sequence, err), nil
	case txID != "":
		return waymark.MessageResult{Device: m.Device, Sequence: m.Sequence, Outcome: waymark.Duplicate, TxID: txID}, nil
	}
	if err := d.ledger.PutPrivate(d.to, ledger.DisclosureKey(m.Device, m.Sequence), value); err != nil {
		return waymark.MessageResult{}, err
	}
	d.event.Messages = append(d.event.Messages, ref)
	return waymark.MessageResult{Device: m.Device, Sequence: m.Sequence, Outcome: waymark.Recorded, TxID: d.ledger.Tx().ID}, nil
}

// split reads a message with its disclosures; nil if it is not that.
func split(text string) (*attest.Message, [][]byte) {
	public, disclosures, err := attest.Split(text)
	if err != nil {
		return nil, nil
	}
	m, err := attest.Parse(public)
	if err != nil || !m.Kind.Sequenced() {
		return nil, nil
	}
	return m, disclosures
}

// judge returns what is to be stored, or the transaction that stored it.
func (d *disclosing) judge(m *attest.Message, disclosures [][]byte) (value ledger.Private, txID string, err error) {
	w, err := d.recorded(m)
	if err != nil {
		return value, "", err
	}
	stored, err := d.ledger.GetPrivate(d.to, ledger.DisclosureKey(m.Device, m.Sequence))
	if err != nil && waymark.CodeOf(err) != waymark.Unavailable { // the peers of the holder may have lost it: they get it again
		return value, "", err
	}
	if !stored.Absent() {
		before, err := decodeDisclosed(stored)
		return value, before.TxID, err
	}
	opened, err := open(m, w, disclosures)
	if err == nil && len(opened) == 0 {
		err = undisclosed(m, 0)
	}
	if err != nil {
		return value, "", err
	}
	return encodeDisclosed(d.ledger.Tx().ID, opened), "", nil
}

// recorded returns the window of a message that is recorded as it is, and whose disclosures
// the member may hold.
func (d *disclosing) recorded(m *attest.Message) (waymark.Window, error) {
	w, device, err := d.windows.find(waymark.MessageRef{Device: m.Device, Sequence: m.Sequence})
	if err != nil {
		return w, err
	}
	holders, err := holdersOf(d.ledger, device, w)
	if err != nil {
		return w, err
	}
	if !slices.Contains(holders, d.to) {
		return w, waymark.Errorf(waymark.Forbidden, "%s is neither the owner nor the custodian of what device %s witnessed", d.to, m.Device).Because(waymark.ReasonHolder)
	}
	_, digest, err := registry.Signed(device, m)
	if err == nil && !digestIn(w, m.Sequence, digest) {
		err = waymark.Errorf(waymark.AlreadyExists, "another message %d of device %s is recorded", m.Sequence, m.Device).Because(waymark.ReasonFork)
	}
	return w, err
}

// open checks that the disclosures are those of sealed readings of a message, of all that
// are private among them, in their order. One that was sealed though it was not private is
// in the open as it is, and its disclosure is not kept. What is wrong with a disclosure is
// not told: that could tell what it is.
func open(m *attest.Message, w waymark.Window, disclosures [][]byte) ([]disclosedReading, error) {
	readings, err := senml.Parse(m)
	if err != nil {
		return nil, unreadable()
	}
	var opened []disclosedReading
	n := 0 // disclosures that fit
	for i, r := range readings {
		private, fits := w.SealedClass(r.Name) != "", n < len(disclosures)
		if fits {
			_, err := senml.Open(r, disclosures[n])
			fits = err == nil
		}
		switch {
		case private && !fits:
			return nil, undisclosed(m, n)
		case private:
			opened = append(opened, disclosedReading{Index: i, Name: r.Name, Time: r.Time.UnixMilli(), Disclosure: disclosures[n]})
		}
		if fits {
			n++
		}
	}
	if n != len(disclosures) {
		return nil, undisclosed(m, n)
	}
	return opened, nil
}

func unreadable() error {
	return waymark.Errorf(waymark.Invalid, "is not a signed pack of readings with its disclosures").Because(waymark.ReasonDisclosure)
}

func undisclosed(m *attest.Message, n int) error {
	return waymark.Errorf(waymark.Invalid, "disclosure %d (from 0) of message %d of device %s is missing, too much, malformed or not that of its reading: each sealed reading needs its own, in their order",
		n, m.Sequence, m.Device).Because(waymark.ReasonDisclosure)
}

// holdersOf are the members that may hold what is sealed in a window, sorted: the owner of
// then, and who has custody now of the shipment that the device witnessed then.
func holdersOf(r ledger.Reader, device *waymark.Device, w waymark.Window) ([]string, error) {
	holders := []string{ownerThen(device, w, nil)}
	measured, err := onTheWay(r, w)
	if err != nil || !measured {
		return holders, err
	}
	custodian, err := custody.Custodian(r, w.Shipment)
	if err != nil {
		return nil, err
	}
	holders = append(holders, custodian)
	slices.Sort(holders)
	return slices.Compact(holders), nil
}

// onTheWay reports whether all readings of a window were measured since its device was
// attached to the shipment. A window counts for a shipment by the numbers of its messages,
// and those of before may come late: of private readings the custodian is to have none that
// the device made for somebody else.
func onTheWay(r ledger.Reader, w waymark.Window) (bool, error) {
	if w.Shipment == "" {
		return false, nil
	}
	a, err := ledger.Load[waymark.Attachment](r, ledger.WitnessKey(w.Shipment, w.Device))
	return err == nil && a != nil && !w.From.Before(a.Attached.Time), err
}
