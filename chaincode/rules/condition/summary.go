package condition

import (
	"math"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Summary is what readings of a run of messages add up to by one rule over time. Summaries
// of neighbours join, and however readings are split into runs and in whatever order these are joined,
// the result is the same. The zero value is the summary of no readings. Times are in milliseconds.
type Summary struct {
	Readings int64   `json:"n,omitempty"`
	First    Sample  `json:"f,omitzero"`
	Last     Sample  `json:"l,omitzero"`
	Known    int64   `json:"k,omitempty"` // time for which a reading stands
	Unknown  int64   `json:"u,omitempty"` // beyond the interval, or out of order
	Outside  Stretch `json:"o,omitzero"`
	Spans    Spans   `json:"s,omitzero"`  // of a rule with an agreement
	Kinetic  Windows `json:"m,omitempty"` // of a rule of kind mkt
}

// Stretch is the time outside along a run.
type Stretch struct {
	Total   int64 `json:"t,omitempty"`
	Head    int64 `json:"h,omitempty"` // at the very beginning
	Tail    int64 `json:"e,omitempty"` // at the very end
	Longest int64 `json:"l,omitempty"`
	Broken  bool  `json:"b,omitempty"` // some of the run was not outside
}

// then is the stretch of two neighbours.
func (s Stretch) then(o Stretch) Stretch {
	joined := Stretch{
		Total: plus(s.Total, o.Total), Head: s.Head, Tail: o.Tail,
		Longest: max(s.Longest, o.Longest, plus(s.Tail, o.Head)), Broken: s.Broken || o.Broken,
	}
	if !s.Broken {
		joined.Head = plus(s.Head, o.Head)
	}
	if !o.Broken {
		joined.Tail = plus(s.Tail, o.Tail)
	}
	return joined
}

// plus adds times, none of them negative, and stays at the largest where they do not fit: a device
// whose clock leaps back and forth must not make unknown time look short.
func plus(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

// Summarise adds up the samples of one message. origin is when the rule's windows begin to count.
func (r Rule) Summarise(origin int64, samples []Sample) Summary {
	var s Summary
	for _, sample := range samples {
		s = r.Join(origin, s, Summary{Readings: 1, First: sample, Last: sample})
	}
	return s
}

// Join is the summary of two runs of which the second follows the first without a gap.
func (r Rule) Join(origin int64, a, b Summary) Summary {
	return r.join(a, b, r.between(origin, a.Last, b.First))
}

// JoinAcross is Join over a gap: what the missing messages would say of the time is unknown.
func (r Rule) JoinAcross(a, b Summary) Summary {
	return r.join(a, b, unknown(b.First.At-a.Last.At))
}

func (r Rule) join(a, b, between Summary) Summary {
	switch {
	case a.Readings == 0:
		return b
	case b.Readings == 0:
		return a
	}
	return Summary{
		Readings: a.Readings + b.Readings, First: a.First, Last: b.Last,
		Known:   plus(plus(a.Known, between.Known), b.Known),
		Unknown: plus(plus(a.Unknown, between.Unknown), b.Unknown),
		Outside: a.Outside.then(between.Outside).then(b.Outside),
		Spans:   a.Spans.join(between.Spans).join(b.Spans),
		Kinetic: r.joinWindows(r.joinWindows(a.Kinetic, between.Kinetic), b.Kinetic),
	}
}

// between is what the time from one reading to the next adds: the first one stands, at
// most for the interval. Times that run backwards cannot be put in order.
func (r Rule) between(origin int64, from, to Sample) Summary {
	elapsed := to.At - from.At
	if elapsed <= 0 {
		return unknown(elapsed)
	}
	stands := min(elapsed, r.Interval().Milliseconds())
	s := unknown(elapsed - stands)
	s.Known = stands
	if from.Outside {
		s.Outside = Stretch{Total: stands, Head: stands, Longest: stands, Broken: s.Unknown > 0}
		if !s.Outside.Broken {
			s.Outside.Tail = stands
		}
	} else {
		s.Outside.Broken = true
	}
	if r.Agreement != "" {
		s.Spans = spansOf(from.At, from.At+stands, from.Value)
	}
	if r.Kind == waymark.ConditionMKT {
		s.Kinetic = r.windows(origin, from, stands)
	}
	return s
}

// unknown is time of which nothing is known, forwards or backwards.
func unknown(elapsed int64) Summary {
	if elapsed < 0 {
		elapsed = -elapsed
	}
	return Summary{Unknown: elapsed, Outside: Stretch{Broken: elapsed > 0}}
}
