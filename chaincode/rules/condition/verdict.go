package condition

import (
	"slices"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Case is what a verdict is given on.
type Case struct {
	Profile    waymark.ProfileRef
	Conditions []waymark.Condition
	At         time.Time // up to when
	Begun      time.Time // when the journey did
	Leg        time.Time // when the present leg did
	Witnesses  []Witness
	Left       []Witness // that were detached, with what they had told by then
	Excursions []waymark.Excursion
	// More says that there are excursions beyond those: then they are not all released.
	More bool
	// Before is the verdict of the last acceptance, nil if there was none.
	Before *waymark.Verdict
	// Own is what the acceptor's own blocks say of the checks of anchored messages.
	Own []waymark.OwnChecked
	// Preview says that nobody accepts, so that there is no Own: the ledger's own word of the checks is taken.
	Preview bool
}

// Judge gives the verdict: non-conformant if a rule is broken, unknown if anything is missing,
// open while an excursion within its budget goes on, released if all that was broken has
// been, conformant otherwise. Anchored messages that are not checked are missing. Each leg needs data of its own: every witness must have
// reported since the last acceptance, and one of them what each condition bounds. Time outside adds up over all
// legs. What a device that has left found outside stays; what was amiss with it counts on the leg
// on which it left. It returns Invalid for conditions that cannot be judged.
func Judge(c Case) (waymark.Verdict, error) {
	v := waymark.Verdict{At: c.At, Profile: c.Profile, Rules: []waymark.RuleFinding{}, Witnesses: []waymark.WitnessFinding{}, Disagreements: []waymark.Disagreement{}}
	rules, err := NewRules(c.Conditions)
	if err != nil {
		return v, err
	}
	for _, w := range c.Witnesses {
		v.Witnesses = append(v.Witnesses, c.agreed(w.finding(c.Leg)))
	}
	for _, w := range c.Left {
		v.Witnesses = append(v.Witnesses, c.agreed(*w.Attachment.Heard))
	}
	reasons := c.ofWitnesses()
	states := []waymark.ConditionState{waymark.ConditionConformant}
	if len(reasons) > 0 {
		states = append(states, waymark.ConditionUnknown)
	}
	if c.stray(rules) {
		states, reasons = append(states, waymark.ConditionNonConformant), append(reasons, waymark.ReasonExcursion)
	}
	k := 0 // of the rules over time
	for _, r := range rules {
		j := judgement{Rule: r, c: c, witnesses: v.Witnesses}
		if r.OverTime() {
			j.listen(k)
			k++
		}
		finding, why := j.finding()
		v.Rules, reasons, states = append(v.Rules, finding), append(reasons, why...), append(states, finding.State)
		apart, err := r.disagreements(j.devices)
		if err != nil {
			return v, err
		}
		v.Disagreements = append(v.Disagreements, apart...)
	}
	slices.Sort(reasons)
	v.State, v.Reasons = gravest(states), slices.Compact(reasons)
	return v, nil
}

// ofWitnesses are the reasons that lie in the devices, whatever the rules.
func (c Case) ofWitnesses() []string {
	reasons := []string{}
	for _, w := range c.Witnesses {
		reasons = append(reasons, w.amiss()...)
		if w.silent() {
			reasons = append(reasons, waymark.ReasonSilence)
		}
	}
	for _, w := range c.Left {
		if !c.heardBefore(w.Attachment.Device) {
			reasons = append(reasons, w.Attachment.Heard.Reasons...)
		}
	}
	return reasons
}

// heardBefore reports whether a device had left already at the last acceptance.
func (c Case) heardBefore(device string) bool {
	return c.Before != nil && slices.ContainsFunc(c.Before.Witnesses, func(f waymark.WitnessFinding) bool { return f.Device == device && f.Detached })
}

// stray reports whether there is an excursion of no rule.
func (c Case) stray(rules []Rule) bool {
	return slices.ContainsFunc(c.Excursions, func(e waymark.Excursion) bool {
		return !slices.ContainsFunc(rules, func(r Rule) bool { return r.of(e) })
	})
}

// gravest returns the state that decides.
func gravest(states []waymark.ConditionState) waymark.ConditionState {
	for _, s := range []waymark.ConditionState{waymark.ConditionNonConformant, waymark.ConditionUnknown,
		waymark.ConditionExcursionOpen, waymark.ConditionReleased} {
		if slices.Contains(states, s) {
			return s
		}
	}
	return waymark.ConditionConformant
}

// judgement is the work on one rule.
type judgement struct {
	Rule
	c         Case
	witnesses []waymark.WitnessFinding // those that witness, then those that have left
	devices   []heard                  // of a rule over time
	outside   int64                    // of the journey
}

// listen hears every device by the kth rule over time.
func (j *judgement) listen(k int) {
	for i, w := range slices.Concat(j.c.Witnesses, j.c.Left) {
		j.devices = append(j.devices, j.hear(k, w, j.witnesses[i], w.until(j.c.At)))
	}
	j.outside = journey(j.before(), j.devices)
}

func (j *judgement) before() *waymark.RuleFinding {
	if j.c.Before == nil {
		return nil
	}
	for i, f := range j.c.Before.Rules {
		if f.Rule == j.ID {
			return &j.c.Before.Rules[i]
		}
	}
	return nil
}

func (j *judgement) finding() (waymark.RuleFinding, []string) {
	f := waymark.RuleFinding{Rule: j.ID, OutsideMS: j.outside, Devices: []waymark.DeviceFinding{}}
	for _, h := range j.devices {
		f.Devices = append(f.Devices, h.DeviceFinding)
	}
	f.Excursions = j.excursions()
	f.Anchored, _ = j.rests()
	reason, broken := j.broken(f)
	reasons := j.missing()
	states := []waymark.ConditionState{}
	if f.Uncovered = len(reasons) > 0; f.Uncovered {
		states = append(states, waymark.ConditionUnknown)
	}
	switch {
	case broken && j.released():
		states = append(states, waymark.ConditionReleased)
	case broken:
		states, reasons = append(states, waymark.ConditionNonConformant), append(reasons, reason)
	case j.goesOn():
		states, reasons = append(states, waymark.ConditionExcursionOpen), append(reasons, waymark.ReasonExcursionOpen)
	}
	f.State = gravest(states)
	return f, reasons
}

// excursions counts those of the rule; one at least if a device has told of any.
func (j *judgement) excursions() (n int) {
	for _, e := range j.c.Excursions {
		if j.of(e) {
			n++
		}
	}
	if n == 0 && slices.ContainsFunc(slices.Concat(j.c.Witnesses, j.c.Left), func(w Witness) bool { return slices.Contains(w.Exposure.Outside, j.ID) }) {
		return 1
	}
	return n
}

// goesOn reports whether an excursion of the rule does.
func (j *judgement) goesOn() bool {
	return j.any(func(e waymark.Excursion) bool { return e.State == waymark.ExcursionOpen }) ||
		slices.ContainsFunc(j.c.Witnesses, func(w Witness) bool { _, open := w.Exposure.OpenOf(j.ID); return open })
}

// any reports whether something is so of an excursion of the rule.
func (j *judgement) any(is func(waymark.Excursion) bool) bool {
	return slices.ContainsFunc(j.c.Excursions, func(e waymark.Excursion) bool { return j.of(e) && is(e) })
}

// released reports whether the rule has excursions, and all of them are.
func (j *judgement) released() bool {
	return !j.c.More && j.excursions() > 0 && !j.any(func(e waymark.Excursion) bool { return e.Released == nil })
}

// broken reports whether the rule is, by what was found, and the reason.
func (j *judgement) broken(f waymark.RuleFinding) (reason string, broken bool) {
	switch {
	case j.Kind == waymark.ConditionMKT:
		return waymark.ReasonMKT, slices.ContainsFunc(j.devices, func(h heard) bool { return h.tooWarm(j.Rule) })
	case j.Budget != nil:
		return waymark.ReasonBudget, f.Breaks(j.Condition)
	case j.Kind == waymark.ConditionGeofence:
		return waymark.ReasonGeofence, f.Breaks(j.Condition)
	}
	return waymark.ReasonExcursion, f.Breaks(j.Condition)
}

// known reports whether a device that counts knows all of the time: of the leg, or if a budget of the
// journey was unknown before, of the journey.
func (j *judgement) known() bool {
	before := j.before()
	carried := before != nil && (before.Uncovered || before.State == waymark.ConditionUnknown) && j.Budget != nil && j.Budget.Mode == waymark.BudgetCumulative
	return slices.ContainsFunc(j.devices, func(h heard) bool {
		return h.counts && h.UnknownMS == 0 && (!carried || h.since.Sub(j.c.Begun) <= j.Interval())
	})
}

// missing are the reasons why the rule is not covered.
func (j *judgement) missing() []string {
	reasons := []string{}
	if !measured(j.Name, j.Unit, j.c.Witnesses) ||
		j.Kind == waymark.ConditionGeofence && !measured(j.Fence.LongitudeName, waymark.UnitLongitude, j.c.Witnesses) {
		reasons = append(reasons, waymark.ReasonNoWitness)
	}
	if j.OverTime() && !j.known() {
		reasons = append(reasons, waymark.ReasonUnknownTime)
	}
	if len(reasons) > 0 && slices.ContainsFunc(j.c.Witnesses, Witness.lapsed) {
		reasons = append(reasons, waymark.ReasonCalibration)
	}
	if _, may := j.rests(); !may {
		reasons = append(reasons, waymark.ReasonUnchecked)
	}
	return reasons
}
