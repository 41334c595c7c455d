package model

import (
	"cmp"
	"slices"
)

// Rows of readings are read so many at a time: few first, since often they are enough.
const (
	firstRows = 32
	mostRows  = 512
)

// opened gives each reading of a scope to visit, row after row in the order of their first ones, until enough says of a row's first time that no
// more are wanted: all others are of then or later. Readings of one row and the next can overlap, for an hour at most.
func (s *sharing) opened(in scope, enough func(first int64) bool, visit func(found)) error {
	behind := sample{at: in.from - in.from%hourMillis} // before the first message; no row is of two hours
	for most := firstRows; ; most = min(4*most, mostRows) {
		last, read, err := s.openSome(in, behind, most, enough, visit)
		if err != nil || read < most {
			return err
		}
		behind = last
	}
}

// openSome opens some rows behind one that began with a reading, and returns with which the last of them began. It has read fewer than it may if there
// are no more, or enough.
func (s *sharing) openSome(in scope, behind sample, most int, enough func(first int64) bool, visit func(found)) (last sample, read int, err error) {
	rows, err := s.statements.QueryContext(s.ctx, `SELECT at, sequence, n, series, packed FROM readings
		WHERE measurement = $1 AND at >= $2 AND at < $3 AND (at, sequence, n) > ($2, $4, $5) AND last >= $6 AND ($7 = '' OR $7 LIKE '%,' || series || ',%')
		ORDER BY at, sequence, n LIMIT $8`,
		in.measurement, behind.at, in.to, behind.sequence, behind.n, in.from, in.series, most)
	if err != nil {
		return last, 0, err
	}
	defer func() { _ = rows.Close() }() // rows.Err has said what there is to say
	for ; rows.Next(); read++ {
		var series int64
		var packed []byte
		if err := rows.Scan(&last.at, &last.sequence, &last.n, &series, &packed); err != nil {
			return last, 0, err
		}
		if enough(last.at) {
			return last, 0, nil
		}
		err := unpack(packed, func(r sample) {
			if in.from <= r.at && r.at < in.to {
				visit(found{sample: r, series: series})
			}
		})
		if err != nil {
			return last, 0, err
		}
	}
	return last, read, rows.Err()
}

// earliest keeps the earliest of the readings that it is given.
type earliest struct {
	most     int // that are kept
	all      []found
	unsorted bool
	full     bool
	bound    sample // once it is full: what is not before it is not kept
}

func (e *earliest) add(f found) {
	if e.full && f.compare(e.bound) >= 0 {
		return
	}
	if n := len(e.all); n > 0 && f.compare(e.all[n-1].sample) < 0 {
		e.unsorted = true
	}
	if e.all = append(e.all, f); len(e.all) == e.most && !e.unsorted || len(e.all) == 2*e.most {
		e.trim()
	}
}

// trim leaves as many as are kept, in their order.
func (e *earliest) trim() {
	if e.unsorted {
		slices.SortFunc(e.all, func(x, y found) int { return x.compare(y.sample) })
		e.unsorted = false
	}
	if e.all = e.all[:min(len(e.all), e.most)]; len(e.all) == e.most {
		e.full, e.bound = true, e.all[e.most-1].sample
	}
}

// enough reports whether none of a time or later is among those that are kept.
func (e *earliest) enough(first int64) bool { return e.full && e.bound.at < first }

// earliest are the earliest readings of a scope behind one.
func (s *sharing) earliest(in scope, behind sample, most int) ([]found, error) {
	e := earliest{most: most}
	err := s.opened(in, e.enough, func(f found) {
		if f.compare(behind) > 0 {
			e.add(f)
		}
	})
	e.trim()
	return e.all, err
}

// bucketed is what the readings of a scope come to, by bucket and series.
type bucketed struct {
	millis int64 // of a bucket
	most   int64 // when there are so many in the buckets that are whole, there are enough

	total  int64
	until  int64           // the end of the last bucket that is looked at, once there is one
	counts map[int64]int64 // of the buckets, by their begins
	sums   map[portioned]*sum
}

// portioned is a series in a bucket.
type portioned struct{ begin, series int64 }

func (b *bucketed) add(f found) {
	at := portioned{f.at - f.at%b.millis, f.series}
	if b.sums[at] == nil {
		b.sums[at] = &sum{}
	}
	b.sums[at].add(sumOf(f.value))
	b.counts[at.begin]++
	b.total++
}

// enough can be told a little late: with more readings the last bucket that is looked at becomes an earlier one.
func (b *bucketed) enough(first int64) bool {
	if b.total < b.most {
		return false
	}
	if b.until == 0 {
		last, _ := b.last()
		b.until = last + b.millis
	}
	return b.until <= first
}

// last is the bucket of the last reading that is looked at, and whether there are so many.
func (b *bucketed) last() (begin int64, enough bool) {
	looked := int64(0)
	for _, begin := range b.begins() {
		if looked += b.counts[begin]; looked >= b.most {
			return begin, true
		}
	}
	return 0, false
}

func (b *bucketed) begins() []int64 {
	all := make([]int64, 0, len(b.counts))
	for begin := range b.counts {
		all = append(all, begin)
	}
	slices.Sort(all)
	return all
}

// parts are those of the buckets up to the last that is looked at, which may not be whole, and how many readings that was.
func (b *bucketed) parts() (parts []portion, looked int64) {
	last, enough := b.last()
	looked = b.total
	if enough {
		looked = b.most
	}
	for at, s := range b.sums {
		if !enough || at.begin <= last {
			parts = append(parts, portion{at.begin, at.series, *s})
		}
	}
	slices.SortFunc(parts, func(x, y portion) int { return cmp.Or(cmp.Compare(x.begin, y.begin), cmp.Compare(x.series, y.series)) })
	return parts, looked
}
