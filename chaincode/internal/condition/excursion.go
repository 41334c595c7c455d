package condition

import (
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
)

// Excursion sums up the readings of one device, in the order they were measured,
// that were outside a condition; none reports that there were no such readings.
// However often the readings cross a bound it is one record, so that no device can
// make a transaction too large. Readings in another unit, and those that are not
// numbers or booleans, are not judged here.
func Excursion(c waymark.Condition, readings []senml.Reading) (e waymark.Excursion, none bool, err error) {
	low, high, err := c.Bounds()
	if err != nil {
		return e, false, err
	}
	var lowest, highest int64
	for _, r := range readings {
		if !judged(c, r) || !outside(r.Value, low, high) {
			continue
		}
		if e.Readings == 0 {
			e = waymark.Excursion{Name: r.Name, Unit: r.Unit, From: r.Time}
			lowest, highest = r.Value, r.Value
		}
		e.To = r.Time
		e.Readings++
		lowest, highest = min(lowest, r.Value), max(highest, r.Value)
	}
	scale := waymark.ScaleOf(c.Unit)
	e.Min, e.Max = waymark.FormatScaled(lowest, scale), waymark.FormatScaled(highest, scale)
	return e, e.Readings == 0, nil
}

// judged reports whether a condition bounds a reading. A sum has the name and the
// unit of what it integrates, and is another quantity.
func judged(c waymark.Condition, r senml.Reading) bool {
	return r.Kind.Measures() && r.Name == c.Name && r.Unit == c.Unit
}

// outside reports whether a value is below low or above high; nil does not bound.
func outside(value int64, low, high *int64) bool {
	return (low != nil && value < *low) || (high != nil && value > *high)
}
