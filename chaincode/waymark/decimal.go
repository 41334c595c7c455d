package waymark

import (
	"math/big"
	"regexp"
	"strings"
)

// Decimal is a number in plain decimal notation, as in "-2.5" or "8". It is
// exact: the ledger holds no floating point.
type Decimal string

// maxDecimal bounds a Decimal, in bytes.
const maxDecimal = 42

// decimalPattern bounds the digits so that no conversion can be made to run long.
var decimalPattern = regexp.MustCompile(`^-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,18})?([eE][+-]?[0-9]{1,2})?$`)

// Scaled returns the value as an integer count of 10^-scale, rounded half away
// from zero. It fails with Invalid for a text that is not a number in JSON
// notation (RFC 8259, clause 6) and for a value outside int64.
func (d Decimal) Scaled(scale int) (int64, error) {
	r, err := d.Rat()
	if err != nil {
		return 0, err
	}
	return ScaleRat(r, scale)
}

// Rat returns the exact value, or Invalid for a text that is not a number in
// JSON notation of at most 18 digits on each side of the point.
func (d Decimal) Rat() (*big.Rat, error) {
	if decimalPattern.MatchString(string(d)) {
		if r, ok := new(big.Rat).SetString(string(d)); ok {
			return r, nil
		}
	}
	return nil, Errorf(Invalid, "%.40q is not a decimal number of at most 18 digits on each side of the point", string(d))
}

// ScaleRat returns r as an integer count of 10^-scale, rounded half away from
// zero, or Invalid when that is outside int64.
func ScaleRat(r *big.Rat, scale int) (int64, error) {
	factor := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)
	// round(x) = floor((2|n|f + d) / 2d) with the sign put back.
	num := new(big.Int).Abs(r.Num())
	num.Mul(num, factor).Lsh(num, 1).Add(num, r.Denom())
	den := new(big.Int).Lsh(r.Denom(), 1)
	q := num.Quo(num, den)
	if r.Sign() < 0 {
		q.Neg(q)
	}
	if !q.IsInt64() {
		return 0, Errorf(Invalid, "the number is out of range at %d decimals", scale)
	}
	return q.Int64(), nil
}

// ScaleOf returns the fixed number of decimals that the ledger keeps for a
// SenML unit (RFC 8428, clause 12.1): centi-degrees Celsius, hundredths of a
// per cent, 10^-7 degrees of latitude. Units without an entry keep six.
func ScaleOf(unit string) int {
	switch unit {
	case "Cel", "%RH", "%EL":
		return 2
	case "lat", "lon":
		return 7
	case "lx", "V", "A", "g", "m/s2":
		return 3
	}
	return 6
}

// FormatScaled renders an integer count of 10^-scale as a Decimal without
// trailing zeros.
func FormatScaled(value int64, scale int) Decimal {
	r := new(big.Rat).SetFrac(big.NewInt(value), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil))
	text := r.FloatString(scale)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return Decimal(text)
}
