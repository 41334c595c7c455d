package kinetic_test

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/waymark-ledger/waymark/chaincode/waymark/kinetic"
)

// step is a temperature held for a time.
type step struct {
	CentiCelsius int64 `json:"centi_celsius"`
	Milliseconds int64 `json:"milliseconds"`
}

// add adds steps up in their order.
func add(t interface{ Fatal(...any) }, steps ...step) (sum kinetic.Sum, milliseconds int64) {
	for _, s := range steps {
		var err error
		if sum, err = sum.Add(s.CentiCelsius, s.Milliseconds); err != nil {
			t.Fatal(err)
		}
		milliseconds += s.Milliseconds
	}
	return sum, milliseconds
}

func drawSteps(rt *rapid.T, name string) []step {
	return rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) step {
		return step{rapid.Int64Range(kinetic.Minimum, kinetic.Maximum).Draw(rt, "temperature"), rapid.Int64Range(1, 1<<40).Draw(rt, "time")}
	}), 1, 12).Draw(rt, name)
}

// TestOrderDoesNotMatter adds the same steps in two orders, and joined in two ways.
func TestOrderDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		steps := drawSteps(rt, "steps")
		want, _ := add(rt, steps...)
		if got, _ := add(rt, rapid.Permutation(steps).Draw(rt, "order")...); got != want {
			rt.Errorf("%s in another order, %s before", got, want)
		}
		i := rapid.IntRange(0, len(steps)).Draw(rt, "first cut")
		j := rapid.IntRange(i, len(steps)).Draw(rt, "second cut")
		a, _ := add(rt, steps[:i]...)
		b, _ := add(rt, steps[i:j]...)
		c, _ := add(rt, steps[j:]...)
		if got := a.Join(b).Join(c); got != want || a.Join(b.Join(c)) != want || c.Join(a).Join(b) != want {
			rt.Errorf("%s joined, %s added", got, want)
		}
	})
}

// TestMeanIsBetween: never outside the temperatures, and never apart from the verdict.
func TestMeanIsBetween(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		steps := drawSteps(rt, "steps")
		sum, milliseconds := add(rt, steps...)
		low, high := steps[0].CentiCelsius, steps[0].CentiCelsius
		for _, s := range steps {
			low, high = min(low, s.CentiCelsius), max(high, s.CentiCelsius)
		}
		mean, err := sum.MKT(milliseconds)
		if err != nil || mean < low || mean > high {
			rt.Fatalf("mean %d, %v of temperatures from %d to %d", mean, err, low, high)
		}
		if !sum.Within(milliseconds, high) || mean > low && sum.Within(milliseconds, mean-1) || mean < high && !sum.Within(milliseconds, mean+1) {
			rt.Errorf("the verdicts about %d contradict it", mean)
		}
	})
}

// TestWarmerIsWarmer raises one temperature.
func TestWarmerIsWarmer(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		steps := drawSteps(rt, "steps")
		sum, milliseconds := add(rt, steps...)
		before, err := sum.MKT(milliseconds)
		i := rapid.IntRange(0, len(steps)-1).Draw(rt, "which")
		steps[i].CentiCelsius = rapid.Int64Range(steps[i].CentiCelsius, kinetic.Maximum).Draw(rt, "to")
		warmer, _ := add(rt, steps...)
		after, err2 := warmer.MKT(milliseconds)
		if err != nil || err2 != nil || after < before {
			rt.Errorf("mean %d, %v became %d, %v", before, err, after, err2)
		}
		limit := rapid.Int64Range(kinetic.Minimum, kinetic.Maximum).Draw(rt, "limit")
		if warmer.Within(milliseconds, limit) && !sum.Within(milliseconds, limit) {
			rt.Errorf("within %d only when warmer", limit)
		}
	})
}

func TestEdgesOfTheTable(t *testing.T) {
	const hour = 3_600_000
	colder, _ := add(t, step{kinetic.Minimum - 1, hour}, step{math.MinInt64, hour})
	if coldest, _ := add(t, step{kinetic.Minimum, 2 * hour}); colder != coldest {
		t.Errorf("colder than the least: %s, at its edge %s", colder, coldest)
	}
	for _, hotter := range []int64{kinetic.Maximum + 1, math.MaxInt64} {
		sum, _ := add(t, step{5_00, 1000 * hour}, step{hotter, 1})
		if _, err := sum.MKT(1000*hour + 1); !errors.Is(err, kinetic.ErrNoMean) || sum.Within(1000*hour+1, kinetic.Maximum) || sum.Join(sum) != sum {
			t.Errorf("a millisecond at %d: %s, %v", hotter, sum, err)
		}
		if sum, _ = add(t, step{hotter, 0}); sum != (kinetic.Sum{}) {
			t.Errorf("no time at %d: %s", hotter, sum)
		}
	}
	longest, _ := add(t, step{kinetic.Maximum, math.MaxInt64})
	if mean, err := longest.MKT(math.MaxInt64); mean != kinetic.Maximum || err != nil || !longest.Within(math.MaxInt64, kinetic.Maximum) {
		t.Errorf("the longest time at the hottest: %d, %v", mean, err)
	}
	twice := longest.Join(longest)
	if beyond := twice.Join(twice); beyond.Within(math.MaxInt64, kinetic.Maximum) || beyond.Join(longest) != beyond {
		t.Errorf("past 128 bits: %s", beyond)
	}
}

func TestWhatHasNoMean(t *testing.T) {
	sum, time := add(t, step{20_00, 1000})
	for _, milliseconds := range []int64{math.MinInt64, -1, 0, time << 40, 1} {
		s := sum
		if milliseconds == 1 { // more than that time has at the hottest
			s, _ = add(t, step{kinetic.Maximum, 2})
		}
		if mean, err := s.MKT(milliseconds); !errors.Is(err, kinetic.ErrNoMean) {
			t.Errorf("over %d ms: %d, %v", milliseconds, mean, err)
		}
	}
	for _, limit := range []int64{kinetic.Minimum - 1, kinetic.Maximum + 1} {
		if sum.Within(time, limit) {
			t.Errorf("within %d", limit)
		}
	}
	if sum.Within(-1, kinetic.Maximum) || !(kinetic.Sum{}).Within(0, kinetic.Minimum) {
		t.Error("a negative time is within, or none is not")
	}
	if same, err := sum.Add(20_00, -1); !errors.Is(err, kinetic.ErrNegative) || same != sum {
		t.Errorf("a negative time adds: %s, %v", same, err)
	}
}

func TestText(t *testing.T) {
	for _, text := range []string{"0", "1", "18446744073709551615", "18446744073709551616", "340282366920938463463374607431768211455"} {
		var s, again kinetic.Sum
		if err := json.Unmarshal([]byte(`"`+text+`"`), &s); err != nil || s.String() != text {
			t.Errorf("%s read as %s, %v", text, s, err)
		}
		if written, err := json.Marshal(s); err != nil || json.Unmarshal(written, &again) != nil || again != s {
			t.Errorf("%s written as %s, %v", text, written, err)
		}
	}
	for _, text := range []string{"", "-1", "+1", "01", "1.0", "1e3", " 1", "0x1", "340282366920938463463374607431768211456", strings.Repeat("9", 40)} {
		if err := new(kinetic.Sum).UnmarshalText([]byte(text)); !errors.Is(err, kinetic.ErrForm) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// FuzzText: what is read is written as it was, and nothing else is read.
func FuzzText(f *testing.F) {
	f.Add("0")
	f.Add("18446744073709551616")
	f.Add("340282366920938463463374607431768211456")
	f.Fuzz(func(t *testing.T, text string) {
		var s kinetic.Sum
		if err := s.UnmarshalText([]byte(text)); err == nil && s.String() != text || err != nil && s != (kinetic.Sum{}) {
			t.Errorf("%q read as %s, %v", text, s, err)
		}
	})
}
