package waymark_test

import (
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"pgregory.net/rapid"
)

func obliged(t interface{ Fatal(...any) }, texts ...string) waymark.Decision {
	var d waymark.Decision
	for _, text := range texts {
		some, err := waymark.ParseObligations(waymark.Coarsen, text)
		if err != nil {
			t.Fatal(err)
		}
		d.Obligations = append(d.Obligations, some...)
	}
	return d
}

func TestDecimals(t *testing.T) {
	for _, tt := range []struct {
		give   []string
		want   int
		rounds bool
	}{
		{nil, 0, false}, {[]string{"condition:1"}, 0, false}, {[]string{"location:2"}, 2, true}, {[]string{"location:0"}, 0, true},
		{[]string{"location:7,location:3"}, 3, true}, {[]string{"location:1", "location:4,condition:0"}, 1, true}, {[]string{"location:a:0"}, 0, false},
	} {
		d := obliged(t, tt.give...)
		d.Obligations = append(d.Obligations, waymark.Obligation{Kind: waymark.Redact, Value: "zone"}, waymark.Obligation{Kind: waymark.Retain, Value: "P9D"})
		if n, rounds := d.Decimals(waymark.ClassLocation); n != tt.want || rounds != tt.rounds {
			t.Errorf("%v: %d, %v", tt.give, n, rounds)
		}
	}
}

func TestDecimalCoarse(t *testing.T) {
	for _, tt := range []struct {
		give     waymark.Decimal
		unit     string
		decimals int
		want     waymark.Decimal // empty for Invalid
	}{
		{"52.1234567", "lat", 2, "52.12"}, {"52.125", "lat", 2, "52.13"}, {"-52.125", "lat", 2, "-52.13"}, {"-52.1249999", "lat", 2, "-52.12"},
		{"52.1234567", "lat", 7, "52.1234567"}, {"0.5", "lon", 0, "1"}, {"-0.5", "lon", 0, "-1"}, {"0.4999999", "lon", 0, "0"}, {"-0.4999999", "lon", 0, "0"},
		{"9.999", "V", 2, "10"}, {"4.25", "Cel", 1, "4.3"}, {"4.25", "Cel", 7, "4.25"}, {"", "Cel", 1, ""}, {"HOT", "Cel", 1, ""},
		{"9223372036854.775807", "", 0, "9223372036854"}, // up does not fit
		{"-9223372036854.775808", "", 0, "-9223372036854"},
	} {
		got, err := tt.give.Coarse(tt.unit, tt.decimals)
		if got != tt.want || (err != nil) != (tt.want == "") || err != nil && waymark.CodeOf(err) != waymark.Invalid {
			t.Errorf("%s %s to %d: %s, %v; want %s", tt.give, tt.unit, tt.decimals, got, err, tt.want)
		}
	}
}

func TestWindowCoarse(t *testing.T) {
	w := waymark.Window{Root: []byte{1}, Digests: []byte{2}, Series: []waymark.Series{
		{Name: "t", Unit: "Cel", Class: "condition", Count: 2, Min: 401, Max: 406, Sum: 807},
		{Name: "y", Unit: "lat", Class: "location", Count: 3, Min: 521234567, Max: 521250000, Sum: 521234567 + 521240000 + 521250000},
	}}
	same := w.Coarse(nil)
	if same.Coarsened != nil || len(same.Root) != 1 || len(same.Digests) != 1 || same.Series[1] != w.Series[1] {
		t.Errorf("rounded for nothing: %+v", same)
	}
	got := w.Coarse(map[waymark.DataClass]int{"location": 2, "zone": 0})
	want := waymark.Series{Name: "y", Unit: "lat", Class: "location", Count: 3, Min: 521200000, Max: 521300000, Sum: 3 * 521200000}
	if got.Series[0] != w.Series[0] || got.Series[1] != want || !slices.Equal(got.Coarsened, []waymark.DataClass{"location", "zone"}) ||
		got.Root == nil || len(got.Root) > 0 || got.Digests == nil || len(got.Digests) > 0 {
		t.Errorf("got %+v", got)
	}
	if w.Series[1].Min != 521234567 || len(w.Root) != 1 {
		t.Errorf("the window was changed: %+v", w)
	}
}

func TestSumsThatDoNotFit(t *testing.T) {
	const half = math.MaxInt64/2 - 1_000_000 // up to the next degree twice it does not fit
	for _, tt := range []struct {
		give     waymark.Series
		sum      int64
		overflow bool
	}{
		{waymark.Series{Count: 9, Sum: math.MaxInt64, Overflow: true}, math.MaxInt64, true},
		{waymark.Series{Count: 9, Sum: math.MinInt64, Overflow: true}, math.MinInt64, true},
		{waymark.Series{Count: 2, Sum: 2 * half}, math.MaxInt64, true},
		{waymark.Series{Count: 2, Sum: -2 * half}, math.MinInt64, true},
		{waymark.Series{Count: 2, Sum: half}, 4611686018420000000, false},
		{waymark.Series{}, 0, false},
	} {
		tt.give.Unit = "lat"
		got := waymark.Window{Series: []waymark.Series{tt.give}}.Coarse(map[waymark.DataClass]int{"": 0}).Series[0]
		if got.Sum != tt.sum || got.Overflow != tt.overflow {
			t.Errorf("%+v became %d, overflow %v", tt.give, got.Sum, got.Overflow)
		}
	}
}

// TestCoarseTellsNoMore: no number has more decimals than it may, none is farther off than
// half a step, and readings that were what is shown would show the same, the sum included.
func TestCoarseTellsNoMore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		unit := rapid.SampledFrom([]string{"lat", "Cel", "V", "kg"}).Draw(t, "unit")
		decimals := rapid.IntRange(0, 7).Draw(t, "decimals")
		values := rapid.SliceOfN(rapid.Int64Range(-1_800_000_000, 1_800_000_000), 1, 20).Draw(t, "values")
		s := waymark.Series{Unit: unit, Class: "c", Count: int64(len(values)), Min: slices.Min(values), Max: slices.Max(values)}
		for _, v := range values {
			s.Sum += v
		}
		got := waymark.Window{Series: []waymark.Series{s}}.Coarse(map[waymark.DataClass]int{"c": decimals}).Series[0]
		step := int64(math.Pow10(max(0, waymark.ScaleOf(unit)-decimals)))
		for what, pair := range map[string][2]int64{"min": {s.Min, got.Min}, "max": {s.Max, got.Max}} {
			if off := pair[0] - pair[1]; pair[1]%step != 0 || max(off, -off)*2 > step {
				t.Fatalf("%s %d became %d, by steps of %d", what, pair[0], pair[1], step)
			}
			shown, err := waymark.FormatScaled(pair[0], waymark.ScaleOf(unit)).Coarse(unit, decimals)
			if err != nil || shown != waymark.FormatScaled(pair[1], waymark.ScaleOf(unit)) {
				t.Fatalf("%s is %s as a decimal (%v)", what, shown, err)
			}
			if _, digits, _ := strings.Cut(string(shown), "."); len(digits) > decimals {
				t.Fatalf("%s has more than %d decimals", shown, decimals)
			}
		}
		mean := got.Sum / got.Count
		if got.Overflow || got.Sum%got.Count != 0 || mean%step != 0 || mean < got.Min || mean > got.Max {
			t.Fatalf("the sum of %d is %d: more than a mean by steps of %d between %d and %d", got.Count, got.Sum, step, got.Min, got.Max)
		}
		if again := (waymark.Window{Series: []waymark.Series{got}}).Coarse(map[waymark.DataClass]int{"c": decimals}).Series[0]; again != got {
			t.Fatalf("%+v became %+v", got, again)
		}
		off := new(big.Int).Sub(big.NewInt(s.Sum), big.NewInt(got.Sum))
		if off.Abs(off).Cmp(big.NewInt(step*got.Count)) > 0 {
			t.Fatalf("the sum %d became %d", s.Sum, got.Sum)
		}
	})
}

func TestReadingCoarse(t *testing.T) {
	for _, tt := range []struct {
		give waymark.DisclosedReading
		want waymark.Decimal // empty for one that cannot be rounded
	}{
		{waymark.DisclosedReading{Kind: "number", Unit: "lat", Value: "52.1234567"}, "52.12"},
		{waymark.DisclosedReading{Kind: "sum", Unit: "Cel", Value: "-4.255"}, "-4.26"},
		{waymark.DisclosedReading{Kind: "boolean", Unit: "/", Value: "1"}, "1"},
		{waymark.DisclosedReading{Kind: "text", Text: "52.1234567"}, ""},
		{waymark.DisclosedReading{Kind: "data", Data: []byte{52}}, ""},
	} {
		tt.give.Disclosure = []byte("exactly")
		if got, can := tt.give.Coarse(2); can != (tt.want != "") || got.Value != tt.want || got.Disclosure != nil {
			t.Errorf("%+v became %+v, %v", tt.give, got, can)
		}
	}
}
