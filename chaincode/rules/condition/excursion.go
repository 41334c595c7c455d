package condition

import (
	"cmp"
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Change is what messages did to an excursion.
type Change struct{ Opened, Grew, Closed bool }

// Any reports whether there is anything to write.
func (c Change) Any() bool { return c != Change{} }

// Follow takes the excursion of a rule that is open, nil for none, through further messages, lowest
// number first. It
// returns the one that there is then, nil for none. However often the readings cross the
// bound it is one, so that no device can make a transaction too large.
func (r Rule) Follow(open *waymark.Excursion, messages []Message) (*waymark.Excursion, Change, error) {
	f := follower{Rule: r}
	if open != nil {
		known := *open
		f.e = &known
	}
	for _, m := range messages {
		for _, s := range r.Samples(m.Readings) {
			if err := f.take(m.Number, s); err != nil {
				return nil, Change{}, err
			}
		}
	}
	f.change.Closed = f.e != nil && f.e.State == waymark.ExcursionClosed
	f.change.Grew = f.grew && open != nil
	return f.e, f.change, nil
}

// follower is the work on one excursion.
type follower struct {
	Rule
	e      *waymark.Excursion
	change Change
	grew   bool
}

func (f *follower) take(number uint64, s Sample) error {
	if !s.Outside {
		if f.e != nil {
			f.e.State = waymark.ExcursionClosed
		}
		return nil
	}
	if f.e == nil {
		f.e = &waymark.Excursion{Rule: f.ID, First: number, Name: f.Name, Unit: f.Unit, From: s.Time(), To: s.Time()}
		f.change.Opened = true
	}
	f.e.State, f.grew = waymark.ExcursionOpen, true
	return f.grow(f.e, s)
}

// grow takes a reading outside into an excursion.
func (r Rule) grow(e *waymark.Excursion, s Sample) error {
	scale := waymark.ScaleOf(r.Unit)
	low, high := s.Value, s.Value
	if e.Readings > 0 {
		var err error
		if low, err = e.Min.Scaled(scale); err != nil {
			return err
		}
		if high, err = e.Max.Scaled(scale); err != nil {
			return err
		}
	}
	e.Min, e.Max = waymark.FormatScaled(min(low, s.Value), scale), waymark.FormatScaled(max(high, s.Value), scale)
	e.Readings++
	if s.Time().Before(e.From) {
		e.From = s.Time()
	}
	if s.Time().After(e.To) {
		e.To = s.Time()
	}
	return nil
}

// StateOf is the state of an excursion. One of before they had states is closed, and so is one
// of a device that does not witness any more: it will not tell of the end.
func StateOf(e waymark.Excursion, witnesses bool) waymark.ExcursionState {
	if !witnesses {
		return waymark.ExcursionClosed
	}
	return cmp.Or(e.State, waymark.ExcursionClosed)
}

// Parties are the members that a shipment's own record names, and others, sorted, each once.
func Parties(s waymark.Shipment, others ...string) []string {
	ids := append([]string{s.Consignor, s.Consignee}, others...)
	if s.Arbiter != "" {
		ids = append(ids, s.Arbiter)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// of reports whether an excursion is one of a rule.
func (r Rule) of(e waymark.Excursion) bool {
	if e.Rule == "" { // of before rules had ids
		return r.Kind == waymark.ConditionRange && r.Budget == nil && e.Name == r.Name && e.Unit == r.Unit
	}
	return e.Rule == r.ID
}
