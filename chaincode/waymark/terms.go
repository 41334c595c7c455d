package waymark

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"time"
)

// TransientTerms is the field of the transient data in which Terms travel, as JSON.
const TransientTerms = "terms"

// Bounds of terms.
const (
	MaxUnits           = 1_000_000_000
	MaxTermsConditions = 32
	MaxTermsBytes      = 16 << 10
	// SaltDigits is how many hexadecimal digits a salt has: 32 bytes.
	SaltDigits = 64
	// maxReasonPenalties is how many reasons of exceptions can cost something.
	maxReasonPenalties = 4
)

// Terms are what the parties of a shipment agreed on about its price. They are private: no
// text of a fault repeats a value of them. All amounts are minor units of the currency.
type Terms struct {
	Shipment string `json:"shipment" form:"id"`
	// Salt is 32 random bytes in lower-case hex, so that the public hash of the terms tells
	// nothing to who guesses.
	Salt     string `json:"salt" form:"sha256"`
	Issuer   string `json:"issuer" form:"id"`
	Currency string `json:"currency" form:"currency"`
	Digits   int    `json:"digits,omitempty" metadata:",optional" form:"digits"` // of the currency's minor unit
	Units    int64  `json:"units" form:"units"`                                  // of goods, 1 to MaxUnits
	Price    int64  `json:"price" form:"amount"`                                 // of one unit; of all at most MaxAmount
	// Conditions are what excursions cost: the penalties of each class, which is a condition
	// and a side of it.
	Conditions []ConditionPenalty `json:"conditions,omitempty" metadata:",optional" form:"penalties"`
	// Exceptions are what exceptions at acceptance cost.
	Exceptions []ExceptionPenalty `json:"exceptions,omitempty" metadata:",optional" form:"reason_penalties"`
	Late       *LatePenalty       `json:"late,omitempty" metadata:",optional"`
}

// Side is the side of a condition on which readings were.
type Side string

// The sides.
const (
	Below Side = "below" // the minimum
	Above Side = "above" // the maximum
)

// Sides returns both sides.
func Sides() []Side { return []Side{Below, Above} }

// ConditionPenalty is what excursions of a class cost: exactly one of the two amounts.
type ConditionPenalty struct {
	Condition string `json:"condition" form:"id"` // its id in the shipment
	// Side is of a range; a limit on the mean kinetic temperature and a geofence have none, and
	// a fixed amount.
	Side Side `json:"side,omitempty" metadata:",optional"`
	// PerUnitDegree is for each unit of goods, and each degree (or other unit in which the
	// condition is) of the greatest deviation.
	PerUnitDegree int64 `json:"per_unit_degree,omitempty" metadata:",optional" form:"share"`
	Fixed         int64 `json:"fixed,omitempty" metadata:",optional" form:"share"` // once, however many there are
}

// ExceptionPenalty is what each exception costs: a thing that is not as it should be, or of a lot whatever
// quantity of it is not.
type ExceptionPenalty struct {
	Reason ExceptionReason `json:"reason"` // any but over
	Each   int64           `json:"each" form:"amount"`
}

// LatePenalty is what it costs if the goods are delivered later than due: if the offer to the
// consignee that it accepted was made later. Exactly one of both.
type LatePenalty struct {
	Due time.Time `json:"due"`
	// PerHour is for each hour begun.
	PerHour  int64 `json:"per_hour,omitempty" metadata:",optional" form:"share"`
	Forfeits bool  `json:"forfeits,omitempty" metadata:",optional"` // nothing is due at all
}

// ParseTerms reads terms from JSON: one object without unknown members, none twice. It
// returns them with their one canonical form, whose SHA-256 hash the parties agree on.
func ParseTerms(text []byte) (t Terms, canonical []byte, err error) {
	if err := validateObject("", string(text), MaxTermsBytes); err != nil {
		return t, nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&t); err != nil {
		return t, nil, Errorf(Invalid, "the terms are not a JSON object of their form")
	}
	if err := t.Validate(); err != nil {
		return t, nil, err
	}
	if t.Late != nil {
		t.Late.Due = t.Late.Due.UTC().Truncate(time.Millisecond)
	}
	canonical, err = json.Marshal(t)
	return t, canonical, err
}

// Validate checks the form of the terms.
func (t Terms) Validate() error {
	if err := CheckForms(t); err != nil {
		return err
	}
	if t.Price > MaxAmount/t.Units {
		return InvalidField("/price", "must be at least 1, and of all units at most %d", int64(MaxAmount))
	}
	return first(t.validateConditions(), t.validateExceptions(), t.Late.validate())
}

func (t Terms) validateConditions() error {
	for i, p := range t.Conditions {
		at := "/conditions/" + strconv.Itoa(i)
		switch {
		case !slices.Contains(Sides(), p.Side) && (p.Side != "" || p.PerUnitDegree > 0):
			return InvalidField(at+"/side", "must be one of %v, or left out with a fixed amount", Sides())
		case (p.PerUnitDegree == 0) == (p.Fixed == 0):
			return InvalidField(at, "must have per_unit_degree or fixed, and not both")
		case slices.ContainsFunc(t.Conditions[:i], func(o ConditionPenalty) bool { return o.Condition == p.Condition && o.Side == p.Side }):
			return InvalidField(at, "is of the same class as one before it")
		}
	}
	return nil
}

func (t Terms) validateExceptions() error {
	// What is over costs nothing: it is not of the shipment.
	chargeable := []ExceptionReason{ExceptionMissing, ExceptionDamaged, ExceptionWrongItem, ExceptionWrongLot}
	for i, p := range t.Exceptions {
		at := "/exceptions/" + strconv.Itoa(i)
		switch {
		case !slices.Contains(chargeable, p.Reason):
			return InvalidField(at+"/reason", "must be one of %v", chargeable)
		case slices.ContainsFunc(t.Exceptions[:i], func(o ExceptionPenalty) bool { return o.Reason == p.Reason }):
			return InvalidField(at, "is of the same reason as one before it")
		}
	}
	return nil
}

func (p *LatePenalty) validate() error {
	switch {
	case p == nil:
		return nil
	case (p.PerHour == 0) == !p.Forfeits:
		return InvalidField("/late", "must have per_hour or forfeits, and not both")
	}
	return validateTime("/late/due", p.Due)
}

// validateTime checks a time that a record keeps: JSON has no other years.
func validateTime(pointer string, t time.Time) error {
	if year := t.UTC().Year(); t.IsZero() || year < 1 || year > 9999 {
		return InvalidField(pointer, "must be a time (RFC 3339)")
	}
	return nil
}
