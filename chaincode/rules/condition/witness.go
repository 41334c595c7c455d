package condition

import (
	"reflect"
	"slices"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Witness is a device attached to a shipment, with its state and where its stream
// stands. Of one that has left there are only the attachment and the exposure.
type Witness struct {
	Attachment waymark.Attachment
	Device     waymark.Device
	Stream     waymark.Stream
	Unsound    bool     // a certificate of a key on the way is revoked, or an edge that signs for it is not as it was
	Exposure   Exposure // empty if it has told nothing that a rule over time asks for
}

// finding says how far the device was heard, and whether it counts. leg is when the present leg
// began, zero for no matter.
func (w Witness) finding(leg time.Time) waymark.WitnessFinding {
	f := waymark.WitnessFinding{
		Device: w.Attachment.Device, Edge: w.Attachment.Edge, Reasons: []string{}, After: w.Attachment.After, Last: w.Stream.Last,
		Messages: w.Stream.Last - w.Attachment.After, Missing: []waymark.Run{}, Digest: w.Stream.Digest,
		Seen: w.Attachment.Seen, SeenAt: w.Attachment.SeenAt, Since: w.Attachment.Attached.Time, Anchored: w.anchored(),
	}
	if w.lapsed() {
		f.Reasons = append(f.Reasons, waymark.ReasonCalibration)
	}
	if w.changed() {
		f.Reasons = append(f.Reasons, waymark.ReasonWitness)
	}
	f.Counts = len(f.Reasons) == 0
	for _, g := range w.Stream.Gaps {
		if g.Last > f.After {
			f.Missing = append(f.Missing, waymark.Run{First: g.First, Last: g.Last})
			f.Messages -= g.Last - g.First + 1
		}
	}
	for _, run := range w.Exposure.Runs {
		if run.First <= f.After {
			f.Earlier = append(f.Earlier, waymark.Run{First: run.First, Last: min(run.Last, f.After)})
		}
	}
	if !leg.IsZero() && leg.Before(f.Since) {
		f.Since = leg
	}
	return f
}

// Leaves returns the attachment of a device that ceases to witness, with how far it was heard.
func (w Witness) Leaves(at waymark.Stamp) waymark.Attachment {
	heard := w.finding(time.Time{})
	heard.Detached, heard.Counts, heard.Reasons = true, false, w.amiss()
	a := w.Attachment
	a.Detached, a.Last, a.Heard = &at, heard.Last, &heard
	return a
}

// until is up to when a device is heard: no longer than it witnessed.
func (w Witness) until(at time.Time) time.Time {
	if d := w.Attachment.Detached; d != nil && d.Time.Before(at) {
		return d.Time
	}
	return at
}

// measured reports whether a witness has measured a name in a unit since the last acceptance,
// and none has measured it in a unit in which it cannot be judged. One whose calibration has lapsed
// covers nothing.
func measured(name, unit string, witnesses []Witness) bool {
	judged := false
	for _, w := range witnesses {
		for _, m := range w.Stream.Measured {
			switch {
			case m.Name != name:
			case m.Unit == unit:
				judged = judged || !w.lapsed() && m.Last > w.Attachment.Seen && !m.Latest.Before(w.Attachment.SeenAt)
			case m.Last > w.Attachment.After:
				return false
			}
		}
	}
	return judged
}

// amiss are the reasons why what the device told may not be all, or not true, sorted.
func (w Witness) amiss() []string {
	reasons := []string{}
	if w.clashed() {
		reasons = append(reasons, waymark.ReasonFork)
	}
	if w.hasGap() {
		reasons = append(reasons, waymark.ReasonGap)
	}
	if w.changed() {
		reasons = append(reasons, waymark.ReasonWitness)
	}
	return reasons
}

// hasGap reports whether a message since attachment is missing.
func (w Witness) hasGap() bool {
	return slices.ContainsFunc(w.Stream.Gaps, func(g waymark.Gap) bool { return g.Last > w.Attachment.After })
}

// changed reports whether the device is not active, or was suspended or given
// another key since it was attached: what it measured meanwhile may have been refused.
// Transactions tell that, and not their times, which are claims of different clocks. So is one
// whose owner says another thing of its calibration than when it was attached.
func (w Witness) changed() bool {
	return w.Unsound || w.Device.State != waymark.DeviceActive || w.Device.Changed.TxID != w.Attachment.DeviceChanged ||
		w.Attachment.Calibration != nil && !reflect.DeepEqual(w.Device.Attributes.Calibrated(), w.Attachment.Calibration)
}

// lapsed reports whether the calibration that the device was attached with had expired at its
// last reading.
func (w Witness) lapsed() bool {
	return w.Attachment.Calibration != nil && slices.ContainsFunc(w.Stream.Measured, func(m waymark.Measured) bool {
		return !m.Latest.Before(w.Attachment.Calibration.ExpiresAt)
	})
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
