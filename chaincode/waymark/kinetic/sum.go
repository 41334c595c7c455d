package kinetic

import (
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"sort"
)

// Errors of the package.
var (
	// ErrNegative: a length of time below zero.
	ErrNegative = errors.New("a time must not be negative")
	// ErrNoMean: no time, a sum over another time, or one that no temperature up to Maximum makes.
	ErrNoMean = errors.New("there is no mean kinetic temperature in bounds")
	// ErrForm: a text that is not a sum.
	ErrForm = errors.New("a kinetic sum must be a whole number below 2^128 in decimal digits")
)

// Sum is what temperatures add up to over time: milliseconds times rates, an exact
// integer of 128 bits. The zero value is the sum of nothing. Sums of the same readings are
// equal (==) whatever the order they were added and joined in.
//
// A sum saturates at 2^128-1. Saturated, it is beyond every limit and stays so: that is what
// any time above Maximum makes of it.
//
// In JSON it is a text of decimal digits.
type Sum struct{ total uint128 }

// Add returns the sum with one temperature held for some time. A temperature below Minimum
// counts as Minimum; any time above Maximum saturates the sum. It returns ErrNegative for a
// negative time, and the sum as it was.
func (s Sum) Add(centiCelsius, milliseconds int64) (Sum, error) {
	switch {
	case milliseconds < 0:
		return s, ErrNegative
	case milliseconds == 0:
		return s, nil
	case centiCelsius > Maximum:
		return Sum{largest}, nil
	}
	e := rate(halfStep(max(centiCelsius, Minimum)))
	return s.Join(Sum{product(uint64(milliseconds), e)}), nil
}

// Join returns the sum of both.
func (s Sum) Join(o Sum) Sum {
	total, fits := s.total.add(o.total)
	if !fits {
		return Sum{largest}
	}
	return Sum{total}
}

// Within reports whether the mean kinetic temperature over the time that the sum adds up is at
// most the limit: sum(t E[T]) <= sum(t) E[limit]. It is false for a negative time and for a limit
// outside Minimum to Maximum. Of no time it is true: whether missing data may pass is for the
// caller to say.
func (s Sum) Within(milliseconds, limitCentiCelsius int64) bool {
	if milliseconds < 0 || limitCentiCelsius < Minimum || limitCentiCelsius > Maximum {
		return false
	}
	return !s.total.exceeds(product(uint64(milliseconds), rate(halfStep(limitCentiCelsius))))
}

// MKT returns the mean kinetic temperature over the time that the sum adds up, to the nearest
// centi-degree Celsius. It is never outside the temperatures that were added, but for those
// below Minimum. It returns ErrNoMean when there is no time, or the sum is not
// one over that time at temperatures up to Maximum.
func (s Sum) MKT(milliseconds int64) (centiCelsius int64, err error) {
	if milliseconds <= 0 {
		return 0, ErrNoMean
	}
	time := uint64(milliseconds)
	reaches := func(halfCentiKelvins uint64) bool {
		return !product(time, rate(halfCentiKelvins)).exceeds(s.total)
	}
	if !reaches(halfStep(Minimum)) || !s.Within(milliseconds, Maximum) {
		return 0, ErrNoMean
	}
	// How many of the steps half-way between two centi-degrees the mean has reached.
	steps := sort.Search(Maximum-Minimum, func(i int) bool { return !reaches(halfStep(Minimum+int64(i)) + 1) })
	return Minimum + int64(steps), nil
}

// String returns the sum in decimal digits.
func (s Sum) String() string {
	n := new(big.Int).SetUint64(s.total.hi)
	return n.Lsh(n, 64).Or(n, new(big.Int).SetUint64(s.total.lo)).String()
}

// MarshalText implements encoding.TextMarshaler: decimal digits.
func (s Sum) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

var digits = regexp.MustCompile(`^(0|[1-9][0-9]{0,38})$`)

// UnmarshalText implements encoding.TextUnmarshaler. It takes only what MarshalText writes, and
// returns ErrForm for anything else.
func (s *Sum) UnmarshalText(text []byte) error {
	if !digits.Match(text) {
		return fmt.Errorf("%.40q: %w", text, ErrForm)
	}
	n, _ := new(big.Int).SetString(string(text), 10)
	if n.BitLen() > 128 {
		return fmt.Errorf("%.40q: %w", text, ErrForm)
	}
	s.total.lo = new(big.Int).And(n, new(big.Int).SetUint64(1<<64-1)).Uint64()
	s.total.hi = n.Rsh(n, 64).Uint64()
	return nil
}
