package sparkplug

import "slices"

// birth is what the birth of a node, or of a device, says of its metrics.
type birth struct {
	metrics map[string]metric // those that are wanted, by name
	aliases map[uint64]string // their names
	others  []uint64          // the aliases of all else, ascending
}

// metric is what a birth says of one.
type metric struct {
	name, unit string
	typ        DataType
}

func bear(metrics []Metric, wanted func(metric string) bool) *birth {
	b := &birth{metrics: make(map[string]metric), aliases: make(map[uint64]string)}
	var others []uint64
	for _, m := range metrics {
		switch {
		case m.Name == "":
		case wanted(m.Name):
			b.metrics[m.Name] = metric{name: m.Name, unit: m.Unit, typ: m.Type}
			if m.Alias != nil {
				b.aliases[*m.Alias] = m.Name
			}
		case m.Alias != nil:
			others = append(others, *m.Alias)
		}
	}
	slices.Sort(others)
	b.others = slices.Clone(others) // without the room to grow
	return b
}

// called returns the metric of an alias, one without a name if it is not wanted; false if no metric has the alias.
func (b *birth) called(alias uint64) (metric, bool) {
	if name, found := b.aliases[alias]; found {
		return b.metrics[name], true
	}
	_, other := slices.BinarySearch(b.others, alias)
	return metric{}, other
}
