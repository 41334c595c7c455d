package telemetry

import (
	"slices"
	"strings"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
)

// exposed returns what a message would put into the block though the device's owner made
// it private, nil if nothing. It does not matter whether the message is authentic: what it
// says may be true. One that another transaction recorded is in a block already. The text
// names no value.
func (b *batch) exposed(m *attest.Message, r waymark.MessageResult) error {
	if m == nil || r.Outcome == waymark.Duplicate && r.TxID != b.ledger.Tx().ID {
		return nil
	}
	d := b.sessions[m.Device].device
	if d == nil || !d.Attributes.AnyPrivate() {
		return nil
	}
	readings, err := senml.Parse(m)
	if err != nil {
		return waymark.Errorf(waymark.Invalid, "message %d of device %s cannot be read: that it exposes nothing that its owner made private cannot be told",
			m.Sequence, d.ID).Because(waymark.ReasonExposed)
	}
	return exposes(d, m, readings)
}

// exposes returns what the readings of a message would put into the block though the device's owner made it
// private, nil if nothing.
func exposes(d *waymark.Device, m *attest.Message, readings []senml.Reading) error {
	if !d.Attributes.AnyPrivate() {
		return nil
	}
	if !senml.Bare(m) {
		return waymark.Errorf(waymark.Invalid, "message %d of device %s holds more than its readings, a field of no standard or a base value or sum in force at data: that it exposes nothing that its owner made private cannot be told",
			m.Sequence, d.ID).Because(waymark.ReasonExposed)
	}
	names := unsealed(d, readings)
	if len(names) == 0 {
		return nil
	}
	return waymark.Errorf(waymark.Invalid, "message %d of device %s reports in the open what its owner made private: it must seal %s",
		m.Sequence, d.ID, strings.Join(names, ", ")).Because(waymark.ReasonExposed)
}

// unsealed are the private measurements of readings that are not sealed.
func unsealed(d *waymark.Device, readings []senml.Reading) []string {
	var names []string
	for _, r := range readings {
		if d.Attributes.Private(r.Name) && !r.Sealed() && !slices.Contains(names, r.Name) {
			names = append(names, r.Name)
		}
	}
	return names
}

// sealed tells a reading that the window counts as sealed from an open one.
func sealed(d *waymark.Device, r senml.Reading) bool {
	return d.Attributes.Private(r.Name) && r.Sealed()
}

// noteSealed counts a sealed reading of a message in its window. Messages come in order.
func noteSealed(w *waymark.Window, d *waymark.Device, sequence uint64, name string) {
	i, found := slices.BinarySearchFunc(w.Sealed, name, func(s waymark.SealedSeries, name string) int { return strings.Compare(s.Name, name) })
	if !found {
		w.Sealed = slices.Insert(w.Sealed, i, waymark.SealedSeries{Name: name, Class: d.Attributes.ClassOf(name, "")})
	}
	w.Sealed[i].Count++
	if n := len(w.SealedIn); n == 0 || w.SealedIn[n-1] != sequence {
		w.SealedIn = append(w.SealedIn, sequence)
	}
}
