package model

import (
	"bytes"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// anySamples are in their order.
func anySamples(t *rapid.T) []sample {
	all := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) sample {
		return sample{
			at: rapid.OneOf(rapid.Int64Range(1<<28*1000, 1<<28*1000+10_000), rapid.Int64Range(0, maxMillis)).Draw(t, "at"), sequence: rapid.OneOf(rapid.Int64Range(1, 3), rapid.Int64Min(1)).Draw(t, "sequence"),
			n: rapid.Int64Range(0, 999).Draw(t, "n"), value: rapid.OneOf(rapid.Int64Range(-9, 9), rapid.Int64(), rapid.SampledFrom([]int64{math.MinInt64, math.MaxInt64})).Draw(t, "value"),
		}
	}), 1, 50).Draw(t, "samples")
	slices.SortFunc(all, sample.compare)
	return all
}

func unpacked(t interface{ Fatal(...any) }, packed []byte) (all []sample) {
	if err := unpack(packed, func(s sample) { all = append(all, s) }); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestReadingsArePackedWithoutLoss(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		all := anySamples(rt)
		if got := unpacked(rt, pack(all)); !slices.Equal(got, all) {
			rt.Fatalf("packed and read: %+v\nwant %+v", got, all)
		}
	})
}

func TestPackedIsSmall(t *testing.T) {
	var all []sample
	for n := range int64(10) {
		all = append(all, sample{at: 1_800_000_000_000 + 1000*n, sequence: 70_000, n: n, value: 400 + n})
	}
	if size := len(pack(all)); size > 70 {
		t.Errorf("ten readings take %d bytes", size)
	}
}

// FuzzUnpack: what is damaged is an error, or other readings, which a check of the model finds.
func FuzzUnpack(f *testing.F) {
	f.Add(pack([]sample{{at: 1, sequence: 1, value: 5}, {at: 2, sequence: 1, n: 1, value: -5}}))
	for _, damaged := range [][]byte{nil, {2}, {1, 0x80}, {1, 2, 2}, {0, 2, 2, 0, 0}, append([]byte{1}, bytes.Repeat([]byte{0xff}, 11)...)} {
		f.Add(damaged)
	}
	f.Fuzz(func(t *testing.T, packed []byte) {
		var all []sample
		if err := unpack(packed, func(s sample) { all = append(all, s) }); err != nil {
			return
		}
		if again := unpacked(t, pack(all)); !slices.Equal(again, all) {
			t.Errorf("%x: %+v, and again %+v", packed, all, again)
		}
	})
}
