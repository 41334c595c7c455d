package kinetic_test

import (
	"math/big"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark/kinetic"
)

// precision of the exact formula, in bits.
const precision = 320

func float(x int64) *big.Float { return new(big.Float).SetPrec(precision).SetInt64(x) }

// exp returns e^x for x of at most 0, by the series of x/2^10, squared ten times.
func exp(x *big.Float) *big.Float {
	const halvings = 10
	small := new(big.Float).SetMantExp(x, -halvings)
	sum, term := float(1), float(1)
	for k := int64(1); k < 60; k++ {
		term.Mul(term, small).Quo(term, float(k))
		sum.Add(sum, term)
	}
	for range halvings {
		sum.Mul(sum, sum)
	}
	return sum
}

// ln returns the natural logarithm of y, by Newton's method from a first guess.
func ln(y *big.Float) *big.Float {
	exponent := y.MantExp(nil)
	x := new(big.Float).Mul(float(int64(exponent)), new(big.Float).SetPrec(precision).SetFloat64(0.6931471805599453))
	for range 12 { // x += y e^-x - 1, which is quadratic near the root
		step := new(big.Float).Mul(y, exp(new(big.Float).Neg(x)))
		x.Add(x, step.Sub(step, float(1)))
	}
	return x
}

// exactRate returns 2^102 exp(-10000/T) for T of so many centi-kelvins over scale.
func exactRate(kelvins, scale int64) *big.Float {
	x := new(big.Float).Quo(float(-10000*scale), float(kelvins))
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
		if got, want := rateOf(t, c), nearest(exactRate(273_15+c, 100)).String(); got != want {
			t.Fatalf("rate at %d is %s, want %s", c, got, want)
		}
	}
}
