package condition

import (
	"encoding/hex"
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// What is anchored nobody has seen but a relay of the device's owner, and whoever checked the sample (docs/adr/0032).
// So a condition has to say that it may be judged by that, and a window that is not checked is missing data.

// anchored is what of the device's messages is anchored since it was attached, nil if none is.
func (w Witness) anchored() *waymark.AnchoredFinding {
	a := w.Stream.Anchored
	if a == nil || a.Last <= w.Attachment.After {
		return nil
	}
	before := func(r waymark.Run) bool { return r.Last <= w.Attachment.After }
	since := func(runs []waymark.Run) []waymark.Run {
		return slices.DeleteFunc(append([]waymark.Run{}, runs...), before)
	}
	return &waymark.AnchoredFinding{Last: a.Last, Checked: a.Checked, Digest: a.Digest, Unchecked: since(a.Unchecked), Forfeited: since(a.Forfeited)}
}

// agreed is a finding with whether the acceptor's own blocks say the same of its checks. A finding of a device that
// has left is the attachment's: it is not changed.
func (c Case) agreed(f waymark.WitnessFinding) waymark.WitnessFinding {
	if f.Anchored == nil {
		return f
	}
	a := *f.Anchored
	a.Agreed = slices.ContainsFunc(c.Own, func(o waymark.OwnChecked) bool {
		return o.Device == f.Device && o.Checked == a.Checked && o.Digest == hex.EncodeToString(a.Digest)
	})
	f.Anchored = &a
	return f
}

// rests reports whether the rule is judged on anchored messages too, and whether it may be: it allows that, and every
// window is checked, by blocks of which the acceptor has the same.
func (j *judgement) rests() (on, may bool) {
	may = true
	for _, f := range j.witnesses {
		if f.Anchored == nil {
			continue
		}
		on = true
		may = may && j.Anchored && f.Anchored.Whole() && (f.Anchored.Agreed || j.c.Preview)
	}
	return on, may
}

// Allows returns why a rule does not let a witness anchor messages of which a measurement is between two
// values, nil if it does: it is judged by messages in full, or by those that are out of its range.
func (r Rule) Allows(name, unit string, least, greatest int64) error {
	switch {
	case !r.Anchored || r.Kind != waymark.ConditionRange || r.OverTime():
		return waymark.Errorf(waymark.FailedPrecondition, "condition %s is judged by messages in full: send them so", r.ID).Because(waymark.ReasonJudged)
	case r.Name == name && r.Unit == unit && (r.beyond(least) || r.beyond(greatest)):
		return waymark.Errorf(waymark.FailedPrecondition, "%s is out of the range of condition %s: send the messages in full", name, r.ID).Because(waymark.ReasonOutOfRange)
	}
	return nil
}

// beyond reports whether a value is outside the bounds.
func (r Rule) beyond(value int64) bool {
	return r.low != nil && value < *r.low || r.high != nil && value > *r.high
}
