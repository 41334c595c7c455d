package telemetry

import (
	"cmp"
	"math"
	"math/big"
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
)

// tally sums up readings, one entry for each measurement, sorted by name and unit.
type tally struct{ entries []entry }

// entry is a series whose sum cannot overflow before the last reading is added.
type entry struct {
	waymark.Series
	exact *big.Int
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
	fresh := entry{waymark.Series{Name: of.Name, Unit: of.Unit, Min: of.Min, Max: of.Max}, new(big.Int)}
	i, found := slices.BinarySearchFunc(t.entries, fresh, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Unit, b.Unit))
	})
	if !found {
		t.entries = slices.Insert(t.entries, i, fresh)
	}
	e := &t.entries[i]
	e.Count += of.Count
	e.Min, e.Max = min(e.Min, of.Min), max(e.Max, of.Max)
	e.exact.Add(e.exact, big.NewInt(of.Sum))
}

// series returns the sums, each with its class by the device's owner. One that does not fit is marked, whatever the order in
// which its readings came, and stands at the bound that it passed.
func (t *tally) series(device *waymark.Device) []waymark.Series {
	all := make([]waymark.Series, 0, len(t.entries))
	for _, e := range t.entries {
		e.Class = device.Attributes.ClassOf(e.Name, e.Unit)
		e.Overflow = !e.exact.IsInt64()
		switch {
		case !e.Overflow:
			e.Sum = e.exact.Int64()
		case e.exact.Sign() > 0:
			e.Sum = math.MaxInt64
		default:
			e.Sum = math.MinInt64
		}
		all = append(all, e.Series)
	}
	return all
}
