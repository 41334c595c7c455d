package timing

import (
	"slices"
	"time"
)

// Summary is a cell in a few numbers. Latencies and throughput are of the calls that
// did what they should; where there is none, they are 0.
type Summary struct {
	Done      int
	Failed    int
	Median    time.Duration
	P95       time.Duration
	P99       time.Duration
	PerSecond float64
}

// Summary works the numbers out.
func (c Cell) Summary() Summary {
	s := Summary{
		Done: len(c.Latencies), Median: Quantile(c.Latencies, 50), P95: Quantile(c.Latencies, 95), P99: Quantile(c.Latencies, 99),
	}
	for _, n := range c.Failures {
		s.Failed += n
	}
	if c.Elapsed > 0 {
		s.PerSecond = float64(s.Done) / c.Elapsed.Seconds()
	}
	return s
}

// Add adds what was measured in another round: elapsed times add up.
func (c *Cell) Add(round Cell) {
	c.Latencies = append(c.Latencies, round.Latencies...)
	c.Elapsed += round.Elapsed
	if c.Failures == nil {
		c.Failures = map[string]int{}
	}
	for name, n := range round.Failures {
		c.Failures[name] += n
	}
}

// Quantile is the smallest of the values that at least percent of a hundred of them do
// not exceed (nearest rank); 0 of no values.
func Quantile(values []time.Duration, percent int) time.Duration {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	rank := (len(sorted)*percent + 99) / 100
	return sorted[max(rank, 1)-1]
}
