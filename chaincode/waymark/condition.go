package waymark

import (
	"slices"
	"strconv"
)

// Condition bounds the readings of one measurement, both ends included. A bound
// that is absent does not bound.
type Condition struct {
	Name    string  `json:"name"` // SenML name of the measurement, as in "temperature"
	Unit    string  `json:"unit"` // SenML unit, as in "Cel"
	Minimum Decimal `json:"minimum,omitempty" metadata:",optional"`
	Maximum Decimal `json:"maximum,omitempty" metadata:",optional"`
}

func validateConditions(conditions []Condition) error {
	if n := len(conditions); n > MaxConditions {
		return InvalidField("/conditions", "must hold at most %d conditions, has %d", MaxConditions, n)
	}
	for i, c := range conditions {
		at := "/conditions/" + strconv.Itoa(i)
		if err := c.validate(at); err != nil {
			return err
		}
		if slices.ContainsFunc(conditions[:i], func(o Condition) bool { return o.Name == c.Name && o.Unit == c.Unit }) {
			return InvalidField(at, "bounds the same measurement as a condition before it")
		}
	}
	return nil
}

func (c Condition) validate(at string) error {
	if err := first(ValidateMeasurement(at+"/name", c.Name), ValidateUnit(at+"/unit", c.Unit)); err != nil {
		return err
	}
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

// ConditionState is the verdict on a shipment's conditions so far.
type ConditionState string

// The verdicts. Missing data is unknown, never conformant.
const (
	ConditionUnknown       ConditionState = "unknown"
	ConditionConformant    ConditionState = "conformant"
	ConditionNonConformant ConditionState = "non_conformant"
)

// ConditionStates returns every verdict.
func ConditionStates() []ConditionState {
	return []ConditionState{ConditionUnknown, ConditionConformant, ConditionNonConformant}
}
