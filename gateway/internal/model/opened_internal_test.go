package model

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	rules "github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/database"
	"github.com/waymark-ledger/waymark/gateway/internal/database/databasetest"
	"pgregory.net/rapid"
)

// begins is the begin of an hour, near which the times of the tests are.
const begins = int64(500_000) * hourMillis

// drawBlocks draws the readings of some blocks, of one measurement and three series.
func drawBlocks(t *rapid.T) (blocks [][]found) {
	sequence := int64(0)
	for range rapid.IntRange(1, 12).Draw(t, "blocks") {
		var block []found
		for range rapid.IntRange(1, 4).Draw(t, "messages") {
			sequence++
			series := rapid.Int64Range(1, 3).Draw(t, "series")
			at := begins + rapid.OneOf(rapid.Int64Range(0, 5), rapid.Int64Range(-2*hourMillis, 2*hourMillis)).Draw(t, "from")
			for n := range int64(rapid.SampledFrom([]int{1, 1, 2, 30}).Draw(t, "readings")) {
				block = append(block, found{sample{at, sequence, n, rapid.Int64Range(-50, 50).Draw(t, "value")}, series})
				at += rapid.SampledFrom([]int64{0, 1, 60_000, -1, 600_000}).Draw(t, "later")
			}
		}
		blocks = append(blocks, block)
	}
	return blocks
}

// keep writes blocks of readings of measurement 1.
func keep(ctx context.Context, s database.Statements, blocks [][]found) error {
	for _, block := range blocks {
		of := map[int64]*lined{}
		for _, f := range block {
			if of[f.series] == nil {
				of[f.series] = &lined{numbers: numbers{1, f.series}}
			}
			of[f.series].samples = append(of[f.series].samples, f.sample)
		}
		a := application{writer: writer{ctx, database.NewQueue(s)}}
		lines := slices.SortedFunc(maps.Values(of), func(x, y *lined) int { return cmp.Compare(x.series, y.series) })
		for _, l := range lines {
			slices.SortFunc(l.samples, sample.compare)
		}
		if err := a.storeReadings(lines); err != nil {
			return err
		}
		if err := a.statements.Flush(ctx); err != nil {
			return err
		}
	}
	return nil
}

// drawScope draws a time, and maybe some series.
func drawScope(t *rapid.T) scope {
	in := scope{measurement: 1, from: begins + rapid.Int64Range(-2*hourMillis, 2*hourMillis).Draw(t, "from"), to: maxMillis}
	if rapid.Bool().Draw(t, "to") {
		in.to = in.from + rapid.Int64Range(0, 3*hourMillis).Draw(t, "long")
	}
	in.series = rapid.SampledFrom([]string{"", ",1,", ",1,3,", ",7,"}).Draw(t, "of")
	return in
}

// in are readings of a scope, in their order.
func (in scope) of(all []found) (those []found) {
	for _, f := range all {
		if in.from <= f.at && f.at < in.to && (in.series == "" || strings.Contains(in.series, fmt.Sprint(",", f.series, ","))) {
			those = append(those, f)
		}
	}
	slices.SortFunc(those, func(x, y found) int { return x.compare(y.sample) })
	return those
}

// TestOpenedAsIfTheyWereRows: what is asked of rows of readings is what would be of a row for each, in their order.
func TestOpenedAsIfTheyWereRows(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		t.Run("", func(t *testing.T) {
			db, blocks := databasetest.Of(database.Model, databasetest.SQLiteConfig)(t)(), drawBlocks(rt)
			if err := db.Update(t.Context(), func(ctx context.Context, s database.Statements) error { return keep(ctx, s, blocks) }); err != nil {
				t.Fatal(err)
			}
			all := slices.Concat(blocks...)
			err := db.Snapshot(t.Context(), func(ctx context.Context, s database.Statements) error {
				v := &sharing{reading: newReading(ctx, s, rules.Tx{})}
				for range 8 {
					in := drawScope(rt)
					comparePages(t, rt, v, in, in.of(all))
					compareSums(t, rt, v, in, in.of(all))
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	})
}

// comparePages compares a list in pages.
func comparePages(t *testing.T, rt *rapid.T, v *sharing, in scope, want []found) {
	t.Helper()
	most, cursor, got := rapid.IntRange(1, 20).Draw(rt, "most"), "", []found(nil)
	for {
		page, err := v.readings(in, cursor, most)
		if err != nil || len(page) > most {
			t.Fatalf("%d of %d: %v", len(page), most, err)
		}
		if got = append(got, page...); len(page) < most {
			break
		}
		cursor = cursorAt(page[most-1])
	}
	if !slices.Equal(got, want) {
		t.Fatalf("%+v in pages of %d: %+v\nwant %+v", in, most, got, want)
	}
}

// compareSums compares what a page of buckets is made of.
func compareSums(t *testing.T, rt *rapid.T, v *sharing, in scope, all []found) {
	t.Helper()
	d := downSampling{sharing: v, in: in, millis: rapid.SampledFrom([]int64{60_000, 900_000, 1_800_000}).Draw(rt, "bucket")}
	most := rapid.Int64Range(1, 40).Draw(rt, "summed")
	looked := all[:min(most, int64(len(all)))]
	want := map[portioned]sum{}
	for _, f := range looked {
		at := portioned{f.at - f.at%d.millis, f.series}
		s := want[at]
		s.add(sumOf(f.value))
		want[at] = s
	}
	begin, is, err := d.first(in.from, in.to)
	if err != nil || is != (len(all) > 0) || is && begin != all[0].at-all[0].at%d.millis {
		t.Fatalf("%+v begins at %d, %v; want %+v", in, begin, err, all)
	}
	parts, summed, err := d.some(in.from, in.to, most)
	if err != nil || summed != int64(len(looked)) {
		t.Fatalf("%+v: %d of %d, %v", in, summed, len(looked), err)
	}
	last := int64(maxMillis) // which may not be whole
	if summed == most {
		last = looked[most-1].at - looked[most-1].at%d.millis
	}
	got := map[portioned]sum{}
	for _, p := range parts {
		if p.begin < last {
			got[portioned{p.begin, p.series}] = p.sum
		} else if p.begin > last {
			t.Fatalf("%+v: a part begins at %d, behind %d", in, p.begin, last)
		}
	}
	maps.DeleteFunc(want, func(p portioned, _ sum) bool { return p.begin >= last })
	if !reflect.DeepEqual(got, want) || len(parts) > 0 && parts[len(parts)-1].begin > last {
		t.Fatalf("%+v up to %d: %v\nwant %v", in, last, got, want)
	}
}
