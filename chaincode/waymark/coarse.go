package waymark

import (
	"maps"
	"math"
	"math/big"
	"slices"
)

// Decimals returns to how many decimals a decision obliges to round a data class, the
// fewest that any of its obligations has, and whether it does.
func (d Decision) Decimals(class DataClass) (decimals int, rounds bool) {
	for _, o := range d.Obligations {
		parts := coarsenPattern.FindStringSubmatch(o.Value)
		if o.Kind != Coarsen || parts == nil || DataClass(parts[1]) != class {
			continue
		}
		if n := int(parts[2][0] - '0'); !rounds || n < decimals {
			decimals, rounds = n, true
		}
	}
	return decimals, rounds
}

// stepOf is what values of a unit are multiples of once they are rounded to some decimals,
// in the scale of the unit: 1 if that scale has no more.
func stepOf(unit string, decimals int) int64 {
	step := int64(1)
	for range ScaleOf(unit) - decimals {
		step *= 10
	}
	return step
}

// roundTo returns the multiple of step that is nearest to v, half away from zero; towards
// zero where that is outside int64.
func roundTo(v, step int64) int64 {
	rest := v % step
	v -= rest
	switch {
	case rest >= step-rest && v <= math.MaxInt64-step:
		return v + step
	case -rest >= step+rest && v >= math.MinInt64+step:
		return v - step
	}
	return v
}

// RoundScaled returns a value in the scale of its unit, rounded to some decimals, half away from zero;
// towards zero where that is outside int64.
func RoundScaled(value int64, unit string, decimals int) int64 {
	return roundTo(value, stepOf(unit, decimals))
}

// Coarse returns a value of a unit rounded to some decimals, half away from zero, or
// Invalid for one that is no number in the scale of the unit.
func (d Decimal) Coarse(unit string, decimals int) (Decimal, error) {
	scale := ScaleOf(unit)
	v, err := d.Scaled(scale)
	if err != nil {
		return "", err
	}
	return FormatScaled(roundTo(v, stepOf(unit, decimals)), scale), nil
}

// coarse returns the series rounded to some decimals. A sum of many readings would tell their
// mean to more decimals than any of them: it becomes that of the rounded mean.
func (s Series) coarse(decimals int) Series {
	step := stepOf(s.Unit, decimals)
	s.Min, s.Max = roundTo(s.Min, step), roundTo(s.Max, step)
	if s.Overflow || s.Count < 1 {
		return s
	}
	whole := new(big.Int).Mul(big.NewInt(s.Count), big.NewInt(step))
	mean, err := ScaleRat(new(big.Rat).SetFrac(big.NewInt(s.Sum), whole), 0)
	if err != nil { // it is no larger than the sum
		panic("waymark: round a mean: " + err.Error())
	}
	sum := whole.Mul(whole, big.NewInt(mean))
	if s.Overflow = !sum.IsInt64(); s.Overflow {
		s.Sum = math.MaxInt64
		if sum.Sign() < 0 {
			s.Sum = math.MinInt64
		}
		return s
	}
	s.Sum = sum.Int64()
	return s
}

// Coarse returns the window with the series of some classes rounded, each to its decimals,
// which it names as coarsened. The receiver is not changed.
func (w Window) Coarse(decimals map[DataClass]int) Window {
	if len(decimals) == 0 {
		return w
	}
	w.Coarsened = slices.Sorted(maps.Keys(decimals))
	w.Series = slices.Clone(w.Series)
	for i, s := range w.Series {
		if n, ok := decimals[s.Class]; ok {
			w.Series[i] = s.coarse(n)
		}
	}
	return w.uncommitted()
}

// uncommitted returns the window without what commits to its readings: root and digests are
// not salted, so whoever has some of a window could guess the rest of it until they agree.
func (w Window) uncommitted() Window {
	w.Root, w.Digests = []byte{}, []byte{}
	return w
}

// Coarse returns the reading rounded to some decimals, without the disclosure, which tells
// it exactly, and whether it can be: no text and no data can.
func (r DisclosedReading) Coarse(decimals int) (DisclosedReading, bool) {
	value, err := r.Value.Coarse(r.Unit, decimals)
	r.Value, r.Disclosure = value, nil
	return r, err == nil
}
