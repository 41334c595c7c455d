package condition

import (
	"cmp"
	"math/big"
	"slices"
)

// Bounds of what is kept of a course for comparison.
const (
	maxSpans    = 32
	shortestMS  = 1_000
	spanGrowing = 2
)

// Spans are the known values of a course, summed up over spans of one length, counted from
// 1970 on. The length is the shortest of one second, two, four and so on of which there are no
// more than maxSpans, so that it depends on what is known and not on the order in which it came.
// Those of two devices can be compared span by span.
type Spans struct {
	LengthMS int64  `json:"w,omitempty"`
	Sums     []Span `json:"s,omitempty"` // those with known time, earliest first
}

// Span is the sum over one of them.
type Span struct {
	N    int64    `json:"n"` // it begins at N lengths
	MS   int64    `json:"t"` // the known time in it
	Area *big.Int `json:"a"` // the sum of values times known time
}

// IsZero reports whether there is nothing.
func (s Spans) IsZero() bool { return len(s.Sums) == 0 }

// spansOf are those of a value that stands from one time to another, in milliseconds.
func spansOf(from, to, value int64) Spans {
	s := Spans{LengthMS: shortestMS}
	for floor(to-1, s.LengthMS)-floor(from, s.LengthMS) >= maxSpans {
		s.LengthMS *= spanGrowing
	}
	for at := from; at < to; {
		n := floor(at, s.LengthMS)
		next := min(to, (n+1)*s.LengthMS)
		s.Sums = append(s.Sums, Span{N: n, MS: next - at, Area: new(big.Int).Mul(big.NewInt(value), big.NewInt(next-at))})
		at = next
	}
	return s
}

// join adds up two courses.
func (s Spans) join(o Spans) Spans {
	switch {
	case s.IsZero():
		return o
	case o.IsZero():
		return s
	}
	length := max(s.LengthMS, o.LengthMS)
	sums := slices.Concat(s.of(length).Sums, o.of(length).Sums)
	slices.SortStableFunc(sums, func(a, b Span) int { return cmp.Compare(a.N, b.N) })
	joined := Spans{LengthMS: length, Sums: merged(sums)}
	for len(joined.Sums) > maxSpans {
		joined = joined.of(joined.LengthMS * spanGrowing)
	}
	return joined
}

// of are the spans of a length that is a multiple of theirs by a power of two.
func (s Spans) of(length int64) Spans {
	times := length / s.LengthMS
	sums := slices.Clone(s.Sums)
	for i := range sums {
		sums[i].N = floor(sums[i].N, times)
	}
	return Spans{LengthMS: length, Sums: merged(sums)}
}

// merged adds up neighbours that are one span.
func merged(sums []Span) []Span {
	var all []Span
	for _, s := range sums {
		if last := len(all) - 1; last >= 0 && all[last].N == s.N {
			all[last].MS, all[last].Area = plus(all[last].MS, s.MS), new(big.Int).Add(all[last].Area, s.Area)
			continue
		}
		all = append(all, s)
	}
	return all
}

// mean is the time-weighted mean of all that is known, nil if nothing is.
func (s Spans) mean() *big.Rat {
	area, ms := new(big.Int), new(big.Int)
	for _, span := range s.Sums {
		area.Add(area, span.Area)
		ms.Add(ms, big.NewInt(span.MS))
	}
	if ms.Sign() == 0 {
		return nil
	}
	return new(big.Rat).SetFrac(area, ms)
}

// apart is how far the means of two courses are apart over the spans that both know whole, nil
// if there is none.
func (s Spans) apart(o Spans) *big.Rat {
	if s.IsZero() || o.IsZero() {
		return nil
	}
	length := max(s.LengthMS, o.LengthMS)
	s, o = s.of(length), o.of(length)
	area, ms := new(big.Int), new(big.Int)
	for _, a := range s.Sums {
		i, found := slices.BinarySearchFunc(o.Sums, a.N, func(b Span, n int64) int { return cmp.Compare(b.N, n) })
		if !found || a.MS != length || o.Sums[i].MS != length {
			continue
		}
		area.Add(area, a.Area).Sub(area, o.Sums[i].Area)
		ms.Add(ms, big.NewInt(length))
	}
	if ms.Sign() == 0 {
		return nil
	}
	return new(big.Rat).SetFrac(area.Abs(area), ms)
}
