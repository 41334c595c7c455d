package model

import (
	"cmp"
	"slices"
)

// hourMillis is as long as what the table hours sums up.
const hourMillis = 3600 * 1000

// store writes what the block recorded.
func (a *application) store(k *numbering) error {
	if len(a.measured.rows) == 0 {
		return nil
	}
	if err := a.number(k); err != nil {
		return err
	}
	slices.SortFunc(a.measured.rows, row.compare)
	if err := a.storeReadings(); err != nil {
		return err
	}
	if err := a.storeSeries(); err != nil {
		return err
	}
	return a.storeHours()
}

func (a *application) storeReadings() error {
	values := make([]any, 0, 6*len(a.measured.rows))
	for _, r := range a.measured.rows {
		values = append(values, r.of.measurement, r.at, r.sequence, r.n, r.of.series, r.value)
	}
	return a.rows(`INSERT INTO readings (measurement, at, sequence, n, series, value)`, 6, "", values)
}

// storeSeries writes which reading is the latest. One that came late is not.
func (a *application) storeSeries() error {
	values := make([]any, 0, 12*len(a.measured.order))
	for _, l := range a.measured.order {
		r := l.latest
		values = append(values, l.series, l.measurement, l.unit, l.class, l.classes, l.owner, l.shipment, l.edge, r.at, r.sequence, r.n, r.value)
	}
	return a.rows(`INSERT INTO series (id, measurement, unit, class, classes, owner, shipment, edge, at, sequence, n, value)`, 12,
		` ON CONFLICT (id) DO UPDATE SET at = excluded.at, sequence = excluded.sequence, n = excluded.n, value = excluded.value
		WHERE (series.at, series.sequence, series.n) < (excluded.at, excluded.sequence, excluded.n)`, values)
}

// hour is one of a series.
type hour struct{ measurement, begin, series int64 }

// storeHours adds to the sums of the hours, which may be long ago.
func (a *application) storeHours() error {
	sums := make(map[hour]*sum)
	var order []hour
	for _, r := range a.measured.rows {
		h := hour{r.of.measurement, r.at - r.at%hourMillis, r.of.series}
		if sums[h] == nil {
			sums[h] = &sum{}
			order = append(order, h)
		}
		sums[h].add(sum{count: 1, least: r.value, greatest: r.value, high: r.value >> 32, low: r.value & (1<<32 - 1)})
	}
	slices.SortFunc(order, func(x, y hour) int {
		return cmp.Or(cmp.Compare(x.measurement, y.measurement), cmp.Compare(x.begin, y.begin), cmp.Compare(x.series, y.series))
	})
	values := make([]any, 0, 8*len(order))
	for _, h := range order {
		s := sums[h]
		values = append(values, h.measurement, h.begin, h.series, s.count, s.least, s.greatest, s.high, s.low)
	}
	return a.rows(`INSERT INTO hours (measurement, hour, series, count, lowest, highest, high, low)`, 8,
		` ON CONFLICT (measurement, hour, series) DO UPDATE SET count = hours.count + excluded.count,
		lowest = CASE WHEN excluded.lowest < hours.lowest THEN excluded.lowest ELSE hours.lowest END,
		highest = CASE WHEN excluded.highest > hours.highest THEN excluded.highest ELSE hours.highest END,
		high = hours.high + excluded.high, low = hours.low + excluded.low`, values)
}
