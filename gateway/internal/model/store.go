package model

import (
	"cmp"
	"slices"
)

// hourMillis is as long as what the table hours sums up.
const hourMillis = 3600 * 1000

// store writes what the block recorded.
func (a *application) store(k *numbering) error {
	if len(a.measured.order) == 0 {
		return nil
	}
	if err := a.number(k); err != nil {
		return err
	}
	lines := slices.SortedFunc(slices.Values(a.measured.order), func(x, y *lined) int {
		return cmp.Or(cmp.Compare(x.measurement, y.measurement), cmp.Compare(x.series, y.series))
	})
	for _, l := range lines {
		if !slices.IsSortedFunc(l.samples, sample.compare) { // some are late
			slices.SortFunc(l.samples, sample.compare)
		}
	}
	if err := a.storeReadings(lines); err != nil {
		return err
	}
	return a.storeSeries()
}

// storeReadings writes what each line has of each hour, and adds to the sums of the hours, which may be long ago.
func (a *application) storeReadings(lines []*lined) error {
	var rows, hours []any
	for _, l := range lines {
		for rest := l.samples; len(rest) > 0; {
			hour := rest[0].at - rest[0].at%hourMillis
			var s sum
			n := 0
			for ; n < len(rest) && rest[n].at < hour+hourMillis; n++ {
				s.add(sumOf(rest[n].value))
			}
			first, last := rest[0], rest[n-1]
			rows = append(rows, l.measurement, first.at, first.sequence, first.n, l.series, last.at, pack(rest[:n]))
			hours = append(hours, l.measurement, hour, l.series, s.count, s.least, s.greatest, s.high, s.low)
			rest = rest[n:]
		}
	}
	if err := a.rows(`INSERT INTO readings (measurement, at, sequence, n, series, last, packed)`, 7, "", rows); err != nil {
		return err
	}
	return a.rows(`INSERT INTO hours (measurement, hour, series, count, lowest, highest, high, low)`, 8,
		` ON CONFLICT (measurement, hour, series) DO UPDATE SET count = hours.count + excluded.count,
		lowest = CASE WHEN excluded.lowest < hours.lowest THEN excluded.lowest ELSE hours.lowest END,
		highest = CASE WHEN excluded.highest > hours.highest THEN excluded.highest ELSE hours.highest END,
		high = hours.high + excluded.high, low = hours.low + excluded.low`, hours)
}

// storeSeries writes which reading is the latest. One that came late is not.
func (a *application) storeSeries() error {
	var added []any
	for _, l := range a.measured.order {
		latest := l.samples[len(l.samples)-1]
		if l.added {
			added = append(added, l.series, l.measurement, l.unit, l.class, l.classes, l.owner, l.shipment, l.edge, latest.at, latest.sequence, latest.n, latest.value)
			continue
		}
		if err := a.exec(`UPDATE series SET at = $2, sequence = $3, n = $4, value = $5 WHERE id = $1 AND (at, sequence, n) < ($2, $3, $4)`,
			l.series, latest.at, latest.sequence, latest.n, latest.value); err != nil {
			return err
		}
	}
	return a.rows(`INSERT INTO series (id, measurement, unit, class, classes, owner, shipment, edge, at, sequence, n, value)`, 12, "", added)
}
