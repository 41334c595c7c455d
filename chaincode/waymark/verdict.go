package waymark

import (
	"slices"
	"time"
)

// ConditionState is the verdict on a shipment's conditions so far.
type ConditionState string

// The verdicts. Missing data is unknown, never conformant.
const (
	ConditionUnknown       ConditionState = "unknown"
	ConditionConformant    ConditionState = "conformant"
	ConditionNonConformant ConditionState = "non_conformant"
	// ConditionExcursionOpen: an excursion within its budget goes on.
	ConditionExcursionOpen ConditionState = "excursion_open"
	// ConditionReleased: what was broken has been released by a quality role, all of it.
	ConditionReleased ConditionState = "released"
)

// ConditionStates returns every verdict.
func ConditionStates() []ConditionState {
	return []ConditionState{ConditionUnknown, ConditionConformant, ConditionNonConformant, ConditionExcursionOpen, ConditionReleased}
}

// Clean reports whether nobody has to reserve anything.
func (s ConditionState) Clean() bool { return s == ConditionConformant || s == ConditionReleased }

// ProfileRef names the rules of a shipment: a profile of the chaincode's catalogue, or
// CustomProfile, without a version, where they were written out.
type ProfileRef struct {
	Name    string `json:"name" form:"id"`
	Version string `json:"version"`
}

// CustomProfile is the name of rules that were written out.
const CustomProfile = "custom"

// Verdict is what was found about the conditions of a shipment, with what it rests on: cmd/replay
// comes to the same from the messages in the blocks. Times are in milliseconds.
type Verdict struct {
	At      time.Time      `json:"at"` // up to when
	State   ConditionState `json:"state"`
	Reasons []string       `json:"reasons"` // the rules behind a state that is not conformant, sorted
	Profile ProfileRef     `json:"profile"`
	Rules   []RuleFinding  `json:"rules"` // in the order of the conditions
	// Witnesses are the devices that were heard, and how far: those that witness by id, then those
	// that did.
	Witnesses     []WitnessFinding `json:"witnesses" form:"witnesses"`
	Disagreements []Disagreement   `json:"disagreements"`
}

// RuleFinding is what was found by one rule.
type RuleFinding struct {
	Rule  string         `json:"rule" form:"id"` // Condition.ID
	State ConditionState `json:"state"`
	// Uncovered says that something of it is unknown, though State may be graver.
	Uncovered bool `json:"uncovered,omitempty" metadata:",optional"`
	// OutsideMS is the time outside on the whole journey, for rules over time: of each leg the most that
	// a device found.
	OutsideMS  int64           `json:"outside_ms"`
	Excursions int             `json:"excursions"` // of this rule, at most 500
	Devices    []DeviceFinding `json:"devices"`    // the witnesses by id, then those that were detached; none for a plain range
	// Anchored says that it was judged on anchored messages too: on the least and the greatest that a relay of their
	// device's owner gave, of which a sample was checked.
	Anchored bool `json:"anchored,omitempty" metadata:",optional"`
}

// DeviceFinding is what one device found by one rule over time, while it was attached.
type DeviceFinding struct {
	Device    string `json:"device" form:"id"`
	Readings  int64  `json:"readings"`
	KnownMS   int64  `json:"known_ms"`
	UnknownMS int64  `json:"unknown_ms"`
	OutsideMS int64  `json:"outside_ms"`
	LongestMS int64  `json:"longest_ms"` // the longest stretch outside
	// Mean is the time-weighted mean of a rule with an agreement.
	Mean Decimal `json:"mean,omitempty" metadata:",optional"`
	// MeanKinetic is the mean kinetic temperature of the worst window of a rule of kind mkt; HOT if a
	// reading was beyond 100 degrees.
	MeanKinetic string `json:"mean_kinetic,omitempty" metadata:",optional"`
}

// TooHot stands for a mean kinetic temperature that has no number.
const TooHot = "HOT"

// WitnessFinding says how far a device was heard, and whether it counts: one that does not
// covers nothing, and what it measured outside still breaks a rule.
type WitnessFinding struct {
	Device string `json:"device" form:"id"`
	Edge   string `json:"edge,omitempty" metadata:",optional" form:"id"` // that could sign for it when it was attached; absent if it did itself
	// Detached says that it had left. Then it does not count, and the reasons are what was amiss with it.
	Detached bool     `json:"detached,omitempty" metadata:",optional"`
	Counts   bool     `json:"counts"`
	Reasons  []string `json:"reasons"` // why not, sorted
	// After and Last bound the numbers of its messages that were heard, After not included.
	After    uint64 `json:"after"`
	Last     uint64 `json:"last"`
	Messages uint64 `json:"messages"` // how many of these are recorded
	Missing  []Run  `json:"missing"`  // those that are not
	// Earlier are those up to After that count for rules over time all the same, since they were
	// measured after the attachment.
	Earlier []Run `json:"earlier,omitempty" metadata:",optional"`
	// Digest is base64 of the SHA-256 digest of message Last. As each message names the digest
	// of the one before, it commits to all of them. Empty in the answer to who has not all of it
	// exactly.
	Digest []byte `json:"digest"`
	// Seen and SeenAt are those of its attachment: what is new since the last acceptance.
	Seen   uint64    `json:"seen"`
	SeenAt time.Time `json:"seen_at"`
	// Since is when the time that it answers for began.
	Since time.Time `json:"since"`
	// Anchored is what of its messages is anchored since it was attached; absent if none is.
	Anchored *AnchoredFinding `json:"anchored,omitempty" metadata:",optional"`
}

// AnchoredFinding says how far a witness's anchored messages are checked: as its stream said, of one that
// has left when it did.
type AnchoredFinding struct {
	Last    uint64 `json:"last"`    // number of its last anchored message
	Checked uint64 `json:"checked"` // number of the last message of the last window that was checked, 0 before the first
	Digest  []byte `json:"digest"`  // base64 of the running digest of the blocks that the checks rest on; empty before the first
	// Unchecked are its windows since it was attached that waited for their check.
	Unchecked []Run `json:"unchecked" form:"unchecked"`
	// Forfeited are those whose check was given up, from the first to the last each time.
	Forfeited []Run `json:"forfeited" form:"forfeits"`
	// Agreed says that the acceptor came to the same digest by its own blocks.
	Agreed bool `json:"agreed,omitempty" metadata:",optional"`
}

// Whole reports whether each window is checked.
func (f AnchoredFinding) Whole() bool { return len(f.Unchecked) == 0 && len(f.Forfeited) == 0 }

// Run is a run of sequence numbers, both included.
type Run struct {
	First uint64 `json:"first"`
	Last  uint64 `json:"last"`
}

// Disagreement says that two devices that count do not agree.
type Disagreement struct {
	Rule    string   `json:"rule" form:"id"`
	Devices []string `json:"devices" form:"pair"`                  // two, sorted
	Apart   Decimal  `json:"apart,omitempty" metadata:",optional"` // how far their time-weighted means are apart
}

// Breaks reports whether what was found outside breaks the rule, which is a condition, released or
// not and whatever else is unknown. Of a mean kinetic temperature nothing is outside: its state tells.
func (f RuleFinding) Breaks(c Condition) bool {
	switch {
	case c.Kind == ConditionMKT:
		return false
	case c.Budget == nil:
		return f.Excursions > 0
	case c.Budget.Mode == BudgetCumulative:
		return f.OutsideMS >= c.Budget.Duration().Milliseconds()
	}
	return slices.ContainsFunc(f.Devices, func(d DeviceFinding) bool { return d.LongestMS >= c.Budget.Duration().Milliseconds() })
}

// OutsideOf is the time outside that a device had found, in milliseconds; 0 for one that was not there.
func (f RuleFinding) OutsideOf(device string) int64 {
	for _, d := range f.Devices {
		if d.Device == device {
			return d.OutsideMS
		}
	}
	return 0
}
