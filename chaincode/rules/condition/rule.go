package condition

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/geofence"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
)

// Rule is a resolved condition with its numbers as integers.
type Rule struct {
	waymark.Condition
	low, high *int64 // in the scale of the unit; nil does not bound
	limit     int64  // of mkt, in centi-degrees
	area      geofence.Area
}

// NewRules reads all conditions of a shipment, resolved or not. It returns Invalid, pointing at
// the first that cannot be judged.
func NewRules(conditions []waymark.Condition) ([]Rule, error) {
	rules := make([]Rule, 0, len(conditions))
	for i, c := range waymark.Resolve(conditions) {
		r, err := newRule("/conditions/"+strconv.Itoa(i), c)
		if err != nil {
			return nil, err
		}
		rules = append(rules, r)
	}
	return rules, nil
}

func newRule(at string, c waymark.Condition) (Rule, error) {
	r := Rule{Condition: c}
	var err error
	switch c.Kind {
	case waymark.ConditionMKT:
		r.limit, err = c.MKT.Limit.Scaled(waymark.ScaleOf(c.Unit))
	case waymark.ConditionGeofence:
		r.area, err = areaOf(at+"/fence", *c.Fence)
	default:
		r.low, r.high, err = c.Bounds()
	}
	return r, err
}

// Sample is what one reading means to a rule.
type Sample struct {
	At      int64 `json:"t"`           // milliseconds since 1970
	Value   int64 `json:"v,omitempty"` // in the scale of the unit
	Outside bool  `json:"o,omitempty"`
}

// Time returns when it was measured.
func (s Sample) Time() time.Time { return time.UnixMilli(s.At).UTC() }

// Samples are the readings that a rule judges, in the order of their times. Readings in
// another unit, and those that are not numbers or booleans, are not judged here. A sum
// has the name and the unit of what it integrates, and is another quantity.
func (r Rule) Samples(readings []senml.Reading) []Sample {
	samples := []Sample{}
	for i, reading := range readings {
		if !r.judges(reading, r.Name, r.Unit) {
			continue
		}
		outside, known := r.outside(reading, readings, i)
		if known {
			samples = append(samples, Sample{At: reading.Time.UnixMilli(), Value: reading.Value, Outside: outside})
		}
	}
	slices.SortStableFunc(samples, func(a, b Sample) int { return cmp.Compare(a.At, b.At) })
	return samples
}

func (r Rule) judges(reading senml.Reading, name, unit string) bool {
	return reading.Kind.Measures() && reading.Name == name && reading.Unit == unit
}

// outside judges a reading; known is false for a latitude without a longitude.
func (r Rule) outside(reading senml.Reading, all []senml.Reading, at int) (outside, known bool) {
	switch r.Kind {
	case waymark.ConditionMKT:
		return false, true
	case waymark.ConditionGeofence:
		longitude, found := r.longitude(all, at)
		return found && !r.area.Contains(geofence.Point{LatitudeE7: reading.Value, LongitudeE7: longitude}), found
	default:
		return r.beyond(reading.Value), true
	}
}

// longitude is the one that was measured with a latitude: the nearest in the message of the
// same time, of two as near the one after it.
func (r Rule) longitude(all []senml.Reading, at int) (value int64, found bool) {
	fits := func(i int) bool {
		return i >= 0 && i < len(all) && all[i].Time.Equal(all[at].Time) && r.judges(all[i], r.Fence.LongitudeName, waymark.UnitLongitude)
	}
	for away := 1; away < len(all); away++ {
		for _, i := range []int{at + away, at - away} {
			if fits(i) {
				return all[i].Value, true
			}
		}
	}
	return 0, false
}
