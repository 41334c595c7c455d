package model

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	rules "github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// maxSummed bounds the rows that one page sums up. It can be short, and go on; the first bucket is always whole.
const maxSummed = 20_000

// Buckets sums up readings of one measurement of a device that a caller may see. What is withheld is left out, and
// what it may have nothing of without a trace; of what is coarsened, least and most are rounded, which is what those of the rounded readings are, and there is no mean.
//
// Codes: as Readings.
func (m *Model) Buckets(ctx context.Context, by rules.Tx, q waymark.SeriesQuery) (list waymark.BucketList, err error) {
	list.Buckets = []waymark.Bucket{}
	err = m.share(ctx, by, asked{q.Device, q.Purpose, q.Shipment}, func(s *sharing) error {
		long := 1000 * int64(q.Bucket)
		from, to := millis(q.From, q.To)
		from, to = from-from%long, to+long-1
		in, err := s.scope(q.Name, from, to-to%long)
		if err == nil && in != nil {
			list.Buckets, list.Cursor, err = s.buckets(*in, q)
		}
		list.Shared = s.shared
		return err
	})
	return list, err
}

// buckets makes a page, and says where to go on.
func (s *sharing) buckets(in scope, q waymark.SeriesQuery) (all []waymark.Bucket, cursor string, err error) {
	d := downSampling{sharing: s, in: in, millis: 1000 * int64(q.Bucket)}
	from, to := in.from, in.to
	if q.Cursor != "" {
		if from, err = strconv.ParseInt(q.Cursor, 10, 64); err != nil {
			return nil, "", errCursor
		}
	}
	begin, found, err := d.first(from, to)
	if err != nil || !found {
		return []waymark.Bucket{}, "", err
	}
	end := min(to, begin+int64(waymark.Page(q.Limit))*d.millis)
	parts, end, err := d.sums(begin, end)
	if err != nil {
		return nil, "", err
	}
	if all, err = d.merge(parts); err != nil {
		return nil, "", err
	}
	next, more, err := d.first(end, to)
	if more {
		cursor = strconv.FormatInt(next, 10)
	}
	return all, cursor, err
}

// downSampling is the work on one page. Buckets shorter than an hour are made of the readings, others of the hours.
type downSampling struct {
	*sharing
	in     scope
	millis int64 // of a bucket
}

// within is the scope in some time.
func (d downSampling) within(from, to int64) scope {
	in := d.in
	in.from, in.to = from, to
	return in
}

// first is where the first bucket begins that has something that is looked at.
func (d downSampling) first(from, to int64) (begin int64, found bool, err error) {
	if d.millis >= hourMillis {
		return d.firstHour(from, to)
	}
	all, err := d.earliest(d.within(from, to), sample{at: from}, 1)
	if err != nil || len(all) == 0 {
		return 0, false, err
	}
	return all[0].at - all[0].at%d.millis, true, nil
}

func (d downSampling) firstHour(from, to int64) (begin int64, found bool, err error) {
	begin, err = d.one(`SELECT hour FROM hours WHERE measurement = $1 AND hour >= $2 AND hour < $3 AND ($4 = '' OR $4 LIKE '%,' || series || ',%') ORDER BY hour LIMIT 1`,
		d.in.measurement, from, to, d.in.series)
	return begin - begin%d.millis, begin > 0, err
}

// portion is what a bucket has of one series.
type portion struct {
	begin  int64
	series int64
	sum
}

// sums are the parts of the buckets of some time, by bucket. Where that is too much it ends earlier.
func (d downSampling) sums(from, to int64) (parts []portion, end int64, err error) {
	parts, summed, err := d.some(from, to, d.summed)
	if err != nil || summed < d.summed {
		return parts, to, err
	}
	last := parts[len(parts)-1].begin // which may not be whole
	if last == from {
		parts, _, err = d.some(from, from+d.millis, maxMillis)
		return parts, from + d.millis, err
	}
	return slices.DeleteFunc(parts, func(p portion) bool { return p.begin == last }), last, nil
}

// some are the parts of so many readings or hours, and how many there were.
func (d downSampling) some(from, to, most int64) (parts []portion, summed int64, err error) {
	if d.millis >= hourMillis {
		return d.someHours(from, to, most)
	}
	b := bucketed{millis: d.millis, most: most, counts: map[int64]int64{}, sums: map[portioned]*sum{}}
	if err := d.opened(d.within(from, to), b.enough, b.add); err != nil {
		return nil, 0, fmt.Errorf("sums: %w", err)
	}
	parts, summed = b.parts()
	return parts, summed, nil
}

func (d downSampling) someHours(from, to, most int64) (parts []portion, summed int64, err error) {
	rows, err := d.statements.QueryContext(d.ctx, `SELECT hour / $4 AS bucket, series, COUNT(*), CAST(SUM(count) AS BIGINT), MIN(lowest), MAX(highest), CAST(SUM(high) AS BIGINT), CAST(SUM(low) AS BIGINT)
		FROM (SELECT * FROM hours WHERE measurement = $1 AND hour >= $2 AND hour < $3 AND ($6 = '' OR $6 LIKE '%,' || series || ',%')
			ORDER BY hour LIMIT $5) AS looked
		GROUP BY 1, 2 ORDER BY 1, 2`, d.in.measurement, from, to, d.millis, most, d.in.series)
	if err != nil {
		return nil, 0, fmt.Errorf("sums: %w", err)
	}
	defer func() { _ = rows.Close() }() // rows.Err has said what there is to say
	for rows.Next() {
		var p portion
		var n int64
		if err := rows.Scan(&p.begin, &p.series, &n, &p.count, &p.least, &p.greatest, &p.high, &p.low); err != nil {
			return nil, 0, fmt.Errorf("sums: %w", err)
		}
		p.begin *= d.millis
		parts, summed = append(parts, p), summed+n
	}
	return parts, summed, rows.Err()
}

// merged is a bucket of one unit.
type merged struct {
	begin     int64
	of        *source // any, for the unit
	coarsened bool
	sum
}

// merge puts together what the caller may see.
func (d downSampling) merge(parts []portion) ([]waymark.Bucket, error) {
	type key struct {
		begin int64
		unit  string
	}
	buckets := make(map[key]*merged)
	for _, p := range parts {
		of, err := d.source(p.series)
		if err != nil {
			return nil, err
		}
		if !of.visible {
			continue
		}
		b := buckets[key{p.begin, of.unit}]
		if b == nil {
			b = &merged{begin: p.begin, of: of}
			buckets[key{p.begin, of.unit}] = b
		}
		p.least, p.greatest = of.rounded(p.least), of.rounded(p.greatest)
		b.add(p.sum)
		b.coarsened = b.coarsened || of.decimals >= 0
	}
	sorted := slices.SortedFunc(maps.Values(buckets), func(x, y *merged) int {
		return cmp.Or(cmp.Compare(x.begin, y.begin), cmp.Compare(x.of.unit, y.of.unit))
	})
	all := make([]waymark.Bucket, 0, len(sorted))
	for _, b := range sorted {
		shown, err := b.shown()
		if err != nil {
			return nil, err
		}
		all = append(all, shown)
	}
	return all, nil
}

func (b *merged) shown() (waymark.Bucket, error) {
	shown := waymark.Bucket{
		Start: time.UnixMilli(b.begin).UTC(), Unit: b.of.unit, Count: b.count, Min: b.of.decimal(b.least), Max: b.of.decimal(b.greatest),
	}
	if b.coarsened {
		return shown, nil
	}
	mean, err := b.mean()
	if err != nil {
		return shown, fmt.Errorf("mean: %w", err)
	}
	shown.Mean = b.of.decimal(mean)
	return shown, nil
}
