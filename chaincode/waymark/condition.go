package waymark

import (
	"slices"
	"strconv"
	"time"
)

// ConditionKind says how a condition judges readings.
type ConditionKind string

// The kinds.
const (
	ConditionRange    ConditionKind = "range"    // bounds on each reading, or on the time outside of them
	ConditionMKT      ConditionKind = "mkt"      // a limit on the mean kinetic temperature
	ConditionGeofence ConditionKind = "geofence" // where the goods may be
)

// ConditionKinds returns every kind.
func ConditionKinds() []ConditionKind {
	return []ConditionKind{ConditionRange, ConditionMKT, ConditionGeofence}
}

// Condition is one rule on the readings of one measurement. A range has a minimum, a
// maximum or both, which are included; a bound that is absent does not bound. Without a
// budget one reading outside breaks a range or a geofence.
type Condition struct {
	// ID names the rule in its shipment. One that is left out is c1, c2 and so on, by place.
	ID      string        `json:"id,omitempty" metadata:",optional" form:"id"`
	Kind    ConditionKind `json:"kind,omitempty" metadata:",optional"` // a range if it is left out
	Name    string        `json:"name" form:"measurement"`             // SenML name of the measurement, as in "temperature"; of the latitude for a geofence
	Unit    string        `json:"unit" form:"unit"`                    // SenML unit, as in "Cel"; "lat" for a geofence
	Minimum Decimal       `json:"minimum,omitempty" metadata:",optional"`
	Maximum Decimal       `json:"maximum,omitempty" metadata:",optional"`
	Budget  *Budget       `json:"budget,omitempty" metadata:",optional"`
	MKT     *MKTLimit     `json:"mkt,omitempty" metadata:",optional"`
	Fence   *Fence        `json:"fence,omitempty" metadata:",optional"`
	// IntervalSeconds is the longest time that a reading stands for, 1 to MaxInterval; what
	// is beyond is unknown time. One hour if it is left out of a rule over time; a plain range
	// has none, and then knows of no time.
	IntervalSeconds int64 `json:"interval_seconds,omitempty" metadata:",optional" form:"interval"`
	// Agreement is how far the time-weighted means of two witnesses may be apart before it is
	// shown, in the unit of a range or mkt.
	Agreement Decimal `json:"agreement,omitempty" metadata:",optional"`
	// Anchored says that the condition may be judged by what anchored messages come to, of which a sample is
	// checked; of a plain range alone. Unless every condition of a shipment says so, its witnesses anchor nothing.
	Anchored bool `json:"anchored,omitempty" metadata:",optional"`
}

// OverTime reports whether the rule needs to know how long readings stood, and not only
// what they were.
func (c Condition) OverTime() bool {
	return c.Kind == ConditionMKT || c.Kind == ConditionGeofence || c.Budget != nil || c.IntervalSeconds > 0 || c.Agreement != ""
}

// Interval is the longest time that a reading stands for.
func (c Condition) Interval() time.Duration { return time.Duration(c.IntervalSeconds) * time.Second }

// Resolve returns conditions with all that was left out. A condition of a ledger of before
// rules had ids reads as the plain range that it was.
func Resolve(conditions []Condition) []Condition {
	resolved := make([]Condition, 0, len(conditions))
	for i, c := range conditions {
		if c.ID == "" {
			c.ID = "c" + strconv.Itoa(i+1)
		}
		if c.Kind == "" {
			c.Kind = ConditionRange
		}
		if c.OverTime() && c.IntervalSeconds == 0 {
			c.IntervalSeconds = int64(DefaultInterval / time.Second)
		}
		resolved = append(resolved, c)
	}
	return resolved
}

func validateConditions(conditions []Condition) error {
	resolved := Resolve(conditions)
	for i, c := range resolved {
		at := "/conditions/" + strconv.Itoa(i)
		if err := c.validate(at); err != nil {
			return err
		}
		if slices.ContainsFunc(resolved[:i], func(o Condition) bool { return o.ID == c.ID }) {
			return InvalidField(at+"/id", "is the id of a condition before it")
		}
		if slices.ContainsFunc(resolved[:i], c.repeats) {
			return InvalidField(at, "bounds the same measurement as a condition before it")
		}
	}
	return nil
}

// repeats reports whether two ranges without a budget bound the same measurement.
func (c Condition) repeats(o Condition) bool {
	plain := func(c Condition) bool { return c.Kind == ConditionRange && c.Budget == nil }
	return plain(c) && plain(o) && c.Name == o.Name && c.Unit == o.Unit
}

// validate checks a resolved condition whose members have their forms.
func (c Condition) validate(at string) error {
	kind, found := map[ConditionKind]func(string) error{
		ConditionRange: c.validateRange, ConditionMKT: c.validateMKT, ConditionGeofence: c.validateGeofence,
	}[c.Kind]
	if !found {
		return InvalidField(at+"/kind", "must be one of %v", ConditionKinds())
	}
	if err := c.validateMembers(at); err != nil {
		return err
	}
	if err := first(kind(at), c.Budget.validate(at+"/budget")); err != nil {
		return err
	}
	return first(c.validateAgreement(at+"/agreement"), c.validateAnchored(at+"/anchored"))
}

// validateAnchored checks that only a plain range is judged by anchored messages: any other rule needs every value
// with its time, and of these the ledger has none.
func (c Condition) validateAnchored(at string) error {
	if c.Anchored && (c.Kind != ConditionRange || c.OverTime()) {
		return InvalidField(at, "must be true of a plain range alone: one without budget, interval and agreement")
	}
	return nil
}

// validateMembers checks that a condition has no members of another kind.
func (c Condition) validateMembers(at string) error {
	isRange, isMKT := c.Kind == ConditionRange, c.Kind == ConditionMKT
	switch {
	case !isRange && (c.Minimum != "" || c.Maximum != ""):
		return InvalidField(at, "is of kind %s, which has no bounds", c.Kind)
	case isMKT != (c.MKT != nil):
		return InvalidField(at+"/mkt", "must be there for kind %s alone", ConditionMKT)
	case (c.Kind == ConditionGeofence) != (c.Fence != nil):
		return InvalidField(at+"/fence", "must be there for kind %s alone", ConditionGeofence)
	case isMKT && c.Budget != nil:
		return InvalidField(at+"/budget", "must not be there for kind %s", ConditionMKT)
	}
	return nil
}

func (c Condition) validateRange(at string) error {
	if c.Minimum == "" && c.Maximum == "" {
		return InvalidField(at, "must have a minimum, a maximum or both")
	}
	low, high, err := c.Bounds()
	if err != nil {
		return InvalidField(at, "%s", AsError(err).Message)
	}
	if finer(c.Minimum, c.Unit) || finer(c.Maximum, c.Unit) {
		return InvalidField(at, "has a bound of more decimals than the %d that the ledger keeps of %s", ScaleOf(c.Unit), c.Unit)
	}
	if low != nil && high != nil && *low > *high {
		return InvalidField(at, "has a minimum above its maximum")
	}
	return nil
}

func (c Condition) validateAgreement(at string) error {
	if c.Agreement == "" {
		return nil
	}
	v, err := c.Agreement.Scaled(ScaleOf(c.Unit))
	if err != nil || v <= 0 || finer(c.Agreement, c.Unit) || c.Kind == ConditionGeofence {
		return InvalidField(at, "must be a positive number of at most %d decimals, of a range or mkt", ScaleOf(c.Unit))
	}
	return nil
}

// Bounds returns the limits as integers in the scale of the unit; nil for a
// bound that is absent. It fails with Invalid for a bound that is not a number.
func (c Condition) Bounds() (low, high *int64, err error) {
	if low, err = scaled(c.Minimum, c.Unit); err != nil {
		return nil, nil, err
	}
	if high, err = scaled(c.Maximum, c.Unit); err != nil {
		return nil, nil, err
	}
	return low, high, nil
}

// finer reports whether a bound would be rounded in the scale of its unit.
func finer(d Decimal, unit string) bool {
	if d == "" {
		return false
	}
	exact, err := d.Rat()
	if err != nil {
		return true
	}
	kept, err := d.Scaled(ScaleOf(unit))
	if err != nil {
		return true
	}
	back, err := FormatScaled(kept, ScaleOf(unit)).Rat()
	return err != nil || back.Cmp(exact) != 0
}

func scaled(d Decimal, unit string) (*int64, error) {
	if d == "" {
		return nil, nil
	}
	v, err := d.Scaled(ScaleOf(unit))
	if err != nil {
		return nil, err
	}
	return &v, nil
}
