package sparkplug

import "slices"

// birth is what the birth of a node, or of a device, says of its metrics.
type birth struct {
	metrics map[string]metric // those that are wanted, by name
	aliases map[uint64]string // their names; empty for an alias that another metric has, too
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
			b.alias(m)
		case m.Alias != nil:
			others = append(others, *m.Alias)
		}
	}
	slices.Sort(others)
	b.others = slices.Clone(others) // without the room to grow
	for alias := range b.aliases {
		if b.isOther(alias) {
			b.aliases[alias] = ""
		}
	}
	return b
}

// alias notes the alias of a metric that is wanted.
func (b *birth) alias(m Metric) {
	if m.Alias == nil {
		return
	}
	name, taken := b.aliases[*m.Alias]
	if taken && name != m.Name {
		b.aliases[*m.Alias] = ""
		return
	}
	b.aliases[*m.Alias] = m.Name
}

func (b *birth) isOther(alias uint64) bool {
	_, found := slices.BinarySearch(b.others, alias)
	return found
}

// called returns the metric of an alias, one without a name if it is not wanted, or why it is not known.
func (b *birth) called(alias uint64) (metric, Refusal) {
	name, found := b.aliases[alias]
	switch {
	case found && name == "":
		return metric{}, Ambiguous
	case found || b.isOther(alias):
		return b.metrics[name], ""
	}
	return metric{}, Unborn
}
