package stream

import (
	"cmp"
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
)

// Measure notes what the readings measured, in a copy, sorted by name and unit. A
// sum, text or data is noted without a unit: what is reported under a name as
// something else than a value cannot be judged by a condition on that name.
func Measure(known []waymark.Measured, sequence uint64, readings []senml.Reading) ([]waymark.Measured, error) {
	known = slices.Clone(known)
	for _, r := range readings {
		m := waymark.Measured{Name: r.Name, Last: sequence, Latest: r.Time}
		if r.Kind.Measures() {
			m.Unit = r.Unit
		}
		i, found := find(known, m.Name, m.Unit)
		if found {
			known[i].Last = max(known[i].Last, sequence)
			if r.Time.After(known[i].Latest) {
				known[i].Latest = r.Time
			}
			continue
		}
		if len(known) == waymark.MaxMeasured {
			return nil, waymark.Errorf(waymark.Invalid, "the device reports more than %d different measurements", waymark.MaxMeasured).Because(waymark.ReasonMeasurements)
		}
		known = slices.Insert(known, i, m)
	}
	return known, nil
}

// Measures reports whether the device has reported values of a name in a unit.
func Measures(s *waymark.Stream, name, unit string) bool {
	_, found := find(s.Measured, name, unit)
	return found
}

// find returns where a measurement is among those that are known, or would be.
func find(known []waymark.Measured, name, unit string) (at int, found bool) {
	return slices.BinarySearchFunc(known, waymark.Measured{Name: name, Unit: unit}, func(a, b waymark.Measured) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Unit, b.Unit))
	})
}
