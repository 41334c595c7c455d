package telemetry

import (
	"cmp"
	"math"
	"math/bits"
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
)

// tally sums up readings, one entry for each measurement, sorted by name and unit.
type tally struct{ entries []entry }

// entry is a series whose sum cannot overflow before the last reading is added.
type entry struct {
	waymark.Series
	high int64 // with low the sum in 128 bits, two's complement
	low  uint64
}

// add sums up a reading, unless there is nothing to sum up: it still counts.
func (t *tally) add(r senml.Reading) {
	if !r.Kind.Measures() {
		return
	}
	t.join(waymark.Series{Name: r.Name, Unit: r.Unit, Count: 1, Min: r.Value, Max: r.Value, Sum: r.Value})
}

// join adds what some readings of one measurement came to.
func (t *tally) join(of waymark.Series) {
	fresh := entry{Series: waymark.Series{Name: of.Name, Unit: of.Unit, Min: of.Min, Max: of.Max}}
	i, found := slices.BinarySearchFunc(t.entries, fresh, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Unit, b.Unit))
	})
	if !found {
		t.entries = slices.Insert(t.entries, i, fresh)
	}
	e := &t.entries[i]
	e.Count += of.Count
	e.Min, e.Max = min(e.Min, of.Min), max(e.Max, of.Max)
	var carry uint64
	e.low, carry = bits.Add64(e.low, uint64(of.Sum), 0) //nolint:gosec // two's complement
	e.high += of.Sum>>63 + int64(carry)                 //nolint:gosec // 0 or 1
}

// series returns the sums, each with its class by the device's owner. One that does not fit is marked, whatever the order in
// which its readings came, and stands at the bound that it passed.
func (t *tally) series(device *waymark.Device) []waymark.Series {
	all := make([]waymark.Series, 0, len(t.entries))
	for _, e := range t.entries {
		e.Class = device.Attributes.ClassOf(e.Name, e.Unit)
		e.Sum = int64(e.low) //nolint:gosec // two's complement
		e.Overflow = e.high != e.Sum>>63
		switch {
		case !e.Overflow:
		case e.high >= 0:
			e.Sum = math.MaxInt64
		default:
			e.Sum = math.MinInt64
		}
		all = append(all, e.Series)
	}
	return all
}
