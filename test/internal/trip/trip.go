package trip

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
)

// Kind is what happens on a trip.
type Kind string

// The kinds.
const (
	ColdChain Kind = "cold-chain" // 2 to 8 degrees Celsius all the way
	Excursion Kind = "excursion"  // as ColdChain, but warm for a while in the second half
)

// Options say which trip.
type Options struct {
	Kind     Kind
	Samples  int           // times at which the logger measures, at least 1 and at most MaxSamples
	Interval time.Duration // between two of them, at least a millisecond
	Seed     uint64        // another seed, another trip
}

// MaxSamples bounds a trip: it is made in memory.
const MaxSamples = 1_000_000

// Sample is what the logger measures at one time, as an offset from the start.
type Sample struct {
	After    time.Duration
	Readings []senml.Reading // Time is not set
}

// Values are in the scales of waymark.ScaleOf.
const (
	coldMiddle  = 500       // centi-degrees Celsius
	coldSwing   = 150       // readings stay within coldMiddle +- coldSwing
	warmPeak    = 700       // added at the height of an excursion
	humidMiddle = 6000      // hundredths of a per cent
	startLat    = 515074000 // 10^-7 degrees: London
	startLon    = -1278000
	endLat      = 488566000 // Paris
	endLon      = 23522000
)

// Generate makes a trip. It returns Invalid for options out of bounds.
func Generate(o Options) ([]Sample, error) {
	switch {
	case o.Kind != ColdChain && o.Kind != Excursion:
		return nil, waymark.Errorf(waymark.Invalid, "trip %q is neither %s nor %s", o.Kind, ColdChain, Excursion)
	case o.Samples < 1 || o.Samples > MaxSamples:
		return nil, waymark.Errorf(waymark.Invalid, "a trip has 1 to %d samples, not %d", MaxSamples, o.Samples)
	case o.Interval < time.Millisecond:
		return nil, waymark.Errorf(waymark.Invalid, "samples are at least a millisecond apart, not %s", o.Interval)
	}
	random := rand.New(rand.NewPCG(o.Seed, 0)) //nolint:gosec // the same trip for the same seed is wanted
	samples := make([]Sample, o.Samples)
	drift := int64(0)
	for i := range samples {
		drift = clamp(drift+random.Int64N(41)-20, coldSwing)
		samples[i] = Sample{After: time.Duration(i) * o.Interval, Readings: []senml.Reading{
			{Name: "temperature", Unit: "Cel", Value: coldMiddle + drift + warmth(o, i)},
			{Name: "humidity", Unit: "%RH", Value: humidMiddle + random.Int64N(401) - 200},
			{Name: "latitude", Unit: "lat", Value: between(startLat, endLat, i, o.Samples)},
			{Name: "longitude", Unit: "lon", Value: between(startLon, endLon, i, o.Samples)},
		}}
	}
	return samples, nil
}

// warmth is what an excursion adds: a rise and a fall between 60 and 75 per cent
// of the way. At its height the temperature is above 8 degrees whatever the drift.
func warmth(o Options, i int) int64 {
	from, to := o.Samples*60/100, o.Samples*75/100
	if o.Kind != Excursion || i < from || i > to {
		return 0
	}
	half := int64(max(1, (to-from)/2))
	distance := int64(i-from) - half
	return warmPeak - (warmPeak-coldSwing)*max(distance, -distance)/half
}

func clamp(v, bound int64) int64 { return max(-bound, min(bound, v)) }

func between(from, to int64, i, n int) int64 { return from + (to-from)*int64(i)/int64(max(1, n-1)) }

// String renders a sample for people.
func (s Sample) String() string {
	text := s.After.String()
	for _, r := range s.Readings {
		text += fmt.Sprintf(" %s=%s%s", r.Name, r.Decimal(), r.Unit)
	}
	return text
}
