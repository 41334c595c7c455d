package kinetic_test

import (
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/waymark-ledger/waymark/chaincode/waymark/kinetic"
)

// precision of the exact formula, in bits.
const precision = 256

func float(x int64) *big.Float { return new(big.Float).SetPrec(precision).SetInt64(x) }

// exp returns e^x for x of at most 0, by the series of x/2^10, squared ten times.
func exp(x *big.Float) *big.Float {
	const halvings = 10
	small := new(big.Float).SetMantExp(x, -halvings)
	sum, term := float(1), float(1)
	for k := int64(1); k < 40; k++ {
		term.Mul(term, small).Quo(term, float(k))
		sum.Add(sum, term)
	}
	for range halvings {
		sum.Mul(sum, sum)
	}
	return sum
}

// perKelvin is the finest step of these tests: 10^-7 K.
const perKelvin = 10_000_000

// kelvins returns a temperature in steps.
func kelvins(centiCelsius int64) int64 { return (273_15 + centiCelsius) * (perKelvin / 100) }

// exactRate returns 2^102 exp(-10000/T) for T of so many steps.
func exactRate(steps int64) *big.Float {
	x := new(big.Float).Quo(float(-10000*perKelvin), float(steps))
	return new(big.Float).SetMantExp(exp(x), 102)
}

// nearest returns the integer nearest to x, which is positive.
func nearest(x *big.Float) *big.Int {
	n, _ := new(big.Float).Add(x, big.NewFloat(0.5)).Int(nil)
	return n
}

// rateOf returns the rate that the package works with.
func rateOf(t *testing.T, centiCelsius int64) string {
	t.Helper()
	s, err := kinetic.Sum{}.Add(centiCelsius, 1)
	if err != nil {
		t.Fatal(err)
	}
	return s.String()
}

// TestEveryRateIsTheNearestInteger derives each anew.
func TestEveryRateIsTheNearestInteger(t *testing.T) {
	for c := int64(kinetic.Minimum); c <= kinetic.Maximum; c++ {
		if got, want := rateOf(t, c), nearest(exactRate(kelvins(c))).String(); got != want {
			t.Fatalf("rate at %d is %s, want %s", c, got, want)
		}
	}
}

// TestMeanRoundsHalfWay derives the rates between two centi-degrees anew: the least sum over a
// millisecond whose mean is the warmer one.
func TestMeanRoundsHalfWay(t *testing.T) {
	for c := int64(kinetic.Minimum); c < kinetic.Maximum; c++ {
		least := nearest(exactRate(kelvins(c) + perKelvin/200))
		for _, want := range []int64{c + 1, c} {
			var s kinetic.Sum
			if err := s.UnmarshalText([]byte(least.String())); err != nil {
				t.Fatal(err)
			}
			if mean, err := s.MKT(1); mean != want || err != nil {
				t.Fatalf("mean of %s over a millisecond is %d, %v, want %d", s, mean, err, want)
			}
			least.Sub(least, big.NewInt(1))
		}
	}
}

// unit is 2^-102 of the rate: half of it is the most that one integer is off.
const unit = 1

// exactMean returns the mean of the exact rates, over time.
func exactMean(steps []step) *big.Float {
	sum, time := float(0), float(0)
	for _, s := range steps {
		sum.Add(sum, new(big.Float).Mul(float(s.Milliseconds), exactRate(kelvins(s.CentiCelsius))))
		time.Add(time, float(s.Milliseconds))
	}
	return sum.Quo(sum, time)
}

// checkBound holds the verdict and the mean of a course against the exact formula: docs/adr/0021,
// "How exact". It returns how far the exact mean was from the limit, if the verdict was
// another than the exact one.
func checkBound(t interface {
	Fatal(...any)
	Errorf(string, ...any)
}, limit int64, steps ...step) (off float64) {
	sum, milliseconds := add(t, steps...)
	exact := exactMean(steps)
	above := new(big.Float).Sub(exact, exactRate(kelvins(limit)))
	even := !slices.ContainsFunc(steps, func(s step) bool { return s.CentiCelsius != limit })
	if want := above.Sign() <= 0 || even; sum.Within(milliseconds, limit) != want {
		off, _ = above.Abs(above).Float64()
		if off > unit || even {
			t.Errorf("%v within %d: %t, though off by %g", steps, limit, !want, off)
		}
	}
	mean, err := sum.MKT(milliseconds)
	low := new(big.Float).Sub(exactRate(kelvins(mean)-perKelvin/200), float(unit))
	high := new(big.Float).Add(exactRate(kelvins(mean)+perKelvin/200), float(unit))
	if err != nil || exact.Cmp(low) < 0 || exact.Cmp(high) > 0 {
		t.Errorf("%v: mean %d, %v", steps, mean, err)
	}
	return off
}

// TestBoundOnAnyCourse draws courses over all temperatures, and narrow ones.
func TestBoundOnAnyCourse(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		steps := drawSteps(rt, "steps")
		limit := rapid.Int64Range(kinetic.Minimum, kinetic.Maximum).Draw(rt, "limit")
		if rapid.Bool().Draw(rt, "narrow") {
			for i := range steps {
				steps[i].CentiCelsius = max(kinetic.Minimum, min(kinetic.Maximum, limit+rapid.Int64Range(-1, 1).Draw(rt, "off")))
			}
		}
		checkBound(rt, limit, steps...)
	})
}

// TestBoundWhereItIsClose has a centi-degree below the limit and one above it, for times whose
// ratio is that of a convergent: means as close to the limit as any of such times are.
func TestBoundWhereItIsClose(t *testing.T) {
	worst := 0.0
	for _, limit := range []int64{kinetic.Minimum + 1, -80_00, -60_00, -20_00, 0, 8_00, 25_00, 40_00, kinetic.Maximum - 1} {
		at := exactRate(kelvins(limit))
		below := new(big.Float).Sub(at, exactRate(kelvins(limit-1)))
		above := new(big.Float).Sub(exactRate(kelvins(limit+1)), at)
		// below t1 = above t2, nearly.
		ratio := new(big.Float).Quo(above, below)
		t1, t2, before1, before2 := int64(1), int64(0), int64(0), int64(1)
		for t1 < 1<<40 && t2 < 1<<40 {
			whole, _ := ratio.Int64()
			t1, t2, before1, before2 = whole*t1+before1, whole*t2+before2, t1, t2
			ratio.Quo(float(1), ratio.Sub(ratio, float(whole)))
			worst = max(worst, checkBound(t, limit, step{limit - 1, t1}, step{limit + 1, t2}))
			worst = max(worst, checkBound(t, limit, step{limit - 1, t1}, step{limit + 1, t2}, step{limit, 1}))
		}
	}
	if worst == 0 { // else the test has not come to where the integers decide
		t.Error("every verdict was the exact one")
	}
	t.Logf("a verdict was another than the exact one at %.2g of a unit", worst)
}

// TestUnitIsLittle shows what a unit of the rate is worth as temperature.
func TestUnitIsLittle(t *testing.T) {
	for _, tt := range []struct{ from, steps int64 }{
		{kinetic.Minimum, 72}, // 7.2 micro-kelvins
		{-80_00, 1},           // 0.1 micro-kelvin, and less the warmer
	} {
		for c := tt.from; c <= kinetic.Maximum; c += 10 {
			difference := new(big.Float).Sub(exactRate(kelvins(c)), exactRate(kelvins(c)-tt.steps))
			if difference.Cmp(float(unit)) < 0 {
				t.Fatalf("%d steps of 10^-7 K at %d are %.3g units", tt.steps, c, difference)
			}
		}
	}
}
