package condition

import (
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Witness is a device attached to a shipment, with its state and where its stream
// stands.
type Witness struct {
	Attachment waymark.Attachment
	Device     waymark.Device
	Stream     waymark.Stream
	Revoked    bool // a certificate that one of its keys on the way came with is
}

// Verdict judges a shipment: non-conformant if there is any excursion, unknown
// if anything is missing, conformant otherwise. Each leg needs data of its own:
// every witness must have reported since the last acceptance, and one of them
// what each condition bounds. Within a leg, silence is not measured by time.
func Verdict(conditions []waymark.Condition, witnesses []Witness, excursions int) (waymark.ConditionState, []string) {
	reasons := []string{}
	note := func(found bool, reason string) {
		if found {
			reasons = append(reasons, reason)
		}
	}
	note(excursions > 0, waymark.ReasonExcursion)
	note(slices.ContainsFunc(conditions, func(c waymark.Condition) bool { return !measured(c, witnesses) }), waymark.ReasonNoWitness)
	note(slices.ContainsFunc(witnesses, Witness.hasGap), waymark.ReasonGap)
	note(slices.ContainsFunc(witnesses, Witness.silent), waymark.ReasonSilence)
	note(slices.ContainsFunc(witnesses, Witness.changed), waymark.ReasonWitness)
	note(slices.ContainsFunc(witnesses, Witness.clashed), waymark.ReasonFork)
	slices.Sort(reasons)
	switch {
	case excursions > 0:
		return waymark.ConditionNonConformant, reasons
	case len(reasons) > 0:
		return waymark.ConditionUnknown, reasons
	}
	return waymark.ConditionConformant, reasons
}

// measured reports whether a witness has measured what c bounds since the last
// acceptance, and none has measured it in a unit in which it cannot be judged.
func measured(c waymark.Condition, witnesses []Witness) bool {
	judged := false
	for _, w := range witnesses {
		for _, m := range w.Stream.Measured {
			switch {
			case m.Name != c.Name:
			case m.Unit == c.Unit:
				judged = judged || m.Last > w.Attachment.Seen && !m.Latest.Before(w.Attachment.SeenAt)
			case m.Last > w.Attachment.After:
				return false
			}
		}
	}
	return judged
}

// hasGap reports whether a message since attachment is missing.
func (w Witness) hasGap() bool {
	return slices.ContainsFunc(w.Stream.Gaps, func(g waymark.Gap) bool { return g.Last > w.Attachment.After })
}

// changed reports whether the device is not active, or was suspended or given
// another key since it was attached: what it measured meanwhile may have been refused.
// Transactions tell that, and not their times, which are claims of different clocks.
func (w Witness) changed() bool {
	return w.Revoked || w.Device.State != waymark.DeviceActive || w.Device.Changed.TxID != w.Attachment.DeviceChanged
}

// clashed reports whether the device signed another message than a recorded one since
// it was attached, by a key that is not known to have been stolen, or so many others
// that they are not listed: which of them is true nobody can say.
func (w Witness) clashed() bool {
	return w.Stream.MoreClashes || slices.ContainsFunc(w.Stream.Clashes, func(c waymark.Clash) bool {
		return c.Sequence > w.Attachment.After && !w.Device.Disputed(c.Key, c.Time)
	})
}

// silent reports whether nothing has come since the last acceptance.
func (w Witness) silent() bool { return w.Stream.Last <= w.Attachment.Seen }
