package senml

import (
	"math"
	"math/big"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// number is an exact number: mantissa * 10^-decimals as long as that fits, which is quick,
// and rat if that is not nil. The zero value is an absent one.
type number struct {
	set      bool
	mantissa int64
	decimals int // 0 to maxDecimals
	rat      *big.Rat
}

// maxDecimals is the largest power of ten in an int64.
const maxDecimals = 18

func whole(n int64) number { return number{set: true, mantissa: n} }

func fromRat(r *big.Rat) number { return number{set: true, rat: r} }

// decimal is mantissa * 10^exponent; the exponent is bounded by maxExponent.
func decimal(mantissa, exponent int64) number {
	if -maxDecimals <= exponent && exponent <= 0 {
		return number{set: true, mantissa: mantissa, decimals: int(-exponent)}
	}
	if m, ok := shifted(mantissa, exponent); ok {
		return whole(m)
	}
	power := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(max(exponent, -exponent)), nil))
	r := new(big.Rat).SetInt64(mantissa)
	if exponent < 0 {
		return fromRat(r.Quo(r, power))
	}
	return fromRat(r.Mul(r, power))
}

// float is the exact value of a finite one.
func float(f float64) number {
	if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return whole(int64(f))
	}
	return fromRat(new(big.Rat).SetFloat64(f))
}

// powerOfTen is 10^n for n of 0 to maxDecimals.
func powerOfTen(n int) int64 {
	p := int64(1)
	for range n {
		p *= 10
	}
	return p
}

// shifted is m * 10^by, if that fits.
func shifted(m, by int64) (int64, bool) {
	if by < 0 || by > maxDecimals {
		return 0, false
	}
	p := powerOfTen(int(by))
	if m > math.MaxInt64/p || m < math.MinInt64/p {
		return 0, false
	}
	return m * p, true
}

// exact is the number as a fraction.
func (n number) exact() *big.Rat {
	if n.rat != nil {
		return n.rat
	}
	return new(big.Rat).SetFrac(big.NewInt(n.mantissa), big.NewInt(powerOfTen(n.decimals)))
}

// plus adds a number, of which an absent one is 0.
func (n number) plus(other number) number {
	if n.rat == nil && other.rat == nil {
		decimals := max(n.decimals, other.decimals)
		a, fits := shifted(n.mantissa, int64(decimals-n.decimals))
		b, fits2 := shifted(other.mantissa, int64(decimals-other.decimals))
		if sum := a + b; fits && fits2 && (sum > a) == (b > 0) {
			return number{set: true, mantissa: sum, decimals: decimals}
		}
	}
	return fromRat(new(big.Rat).Add(n.exact(), other.exact()))
}

// compare is -1, 0 or 1 as the number is less than, equal to or more than a whole one.
func (n number) compare(other int64) int {
	if n.rat == nil {
		if m, fits := shifted(other, int64(n.decimals)); fits {
			return compare(n.mantissa, m)
		}
	}
	return n.exact().Cmp(new(big.Rat).SetInt64(other))
}

func compare(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// isWhole reports whether the number has no part behind the point.
func (n number) isWhole() bool {
	if n.rat != nil {
		return n.rat.IsInt()
	}
	return n.mantissa%powerOfTen(n.decimals) == 0
}

// scaled is the number as a count of 10^-scale, rounded half away from zero, or Invalid if
// that is outside of int64.
func (n number) scaled(scale int) (int64, error) {
	if n.rat == nil {
		if n.decimals > scale {
			return rounded(n.mantissa, powerOfTen(n.decimals-scale)), nil
		}
		if m, fits := shifted(n.mantissa, int64(scale-n.decimals)); fits {
			return m, nil
		}
	}
	return waymark.ScaleRat(n.exact(), scale)
}

// rounded is m / by, half away from zero.
func rounded(m, by int64) int64 {
	quotient, rest := m/by, m%by
	switch {
	case rest >= by-rest:
		return quotient + 1
	case -rest >= by+rest:
		return quotient - 1
	}
	return quotient
}
